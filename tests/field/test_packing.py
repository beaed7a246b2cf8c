"""All field scripts as one file: nothing in it that nobody uses, minified without a change of what it does, the same each time."""

import os
import subprocess
import sys

import pytest

from server.field.minifying import left_out, mentions, minified, separated
from server.field.packing import scripts_js

DEPENDENT = """
export function parts(photo, from) {
  const piece = photo.slice(from, from + 2);
  const last = from + piece.length >= photo.length;
  const { status, headers: heard } = answer({ body: piece, last });
  const { at = piece } = heard;
  return [status, heard.body, at, last];
}
const answer = ({ body, last }) => ({ status: last ? 1 : 0, headers: { body } });
export function order(log) {
  const first = log("first");
  const { second } = { second: log("second") };
  let third = log("third");
  let [fourth] = [log("fourth")];
  return [first, second, third, fourth];
}
export const total = (pairs) => {
  let sum = 0;
  for (const [, n] of pairs) sum += n;
  return sum;
};
"""

RUN = """async () => {
  const { parts, order, total } = await import("/dependent.js");
  const log = [];
  order((word) => log.push(word));
  return [parts("abcd", 2), log, total([["a", 1], ["b", 2]])];
}"""


def test_what_a_declaration_takes_apart_is_made_after_what_stands_before_it(javascript):
    javascript.files["/dependent.js"] = DEPENDENT
    assert javascript.run(RUN) == [[1, "cd", "cd", True], ["first", "second", "third", "fourth"], 3]


@pytest.mark.parametrize(
    "line",
    [
        "if (a) { const { b } = a; }",
        "const a = 1; const [b] = a;",
        "f(() => { let {a} = b; });",
        "var a = 1;",
        "  var [a] = b;",
    ],
)
def test_what_the_minifier_would_move_is_refused(line):
    with pytest.raises(ValueError, match="on a line of its own"):
        separated(f"function f() {{\n{line}\n}}")


def test_words_that_only_look_alike_are_let_be():
    kept = "// const { a } = b; var c\nfor (const [a, b] of c) d(a);\nfor await (const { a } of b) d(a);\nconst covar = x.var;\n"
    assert separated(kept) == kept


def test_what_nobody_uses_is_left_out_with_what_only_it_used():
    module = (
        "// about one\nfunction one() {\n  return two();\n}\nconst two = () => three.join(four);\nconst three = [];\n"
        "const five = (x) => x.two;\nconst join = () => six;\nconst six = 6;\ncustomElements.define(six);\n"
    )
    found = left_out(module, {"one", "join"}, {"five"})
    assert found == "const five = (x) => x.two;\nconst six = 6;\ncustomElements.define(six);\n"


def test_a_name_is_used_unless_it_is_a_property():
    assert mentions("f(...join)", "join")
    assert mentions("({ join })", "join")
    assert not mentions("xs.join()", "join")
    assert not mentions("this.#join()", "join")
    assert not mentions("rejoin()", "join")


def test_names_are_short_and_texts_are_whole():
    assert (
        minified("(() => { const long = '共 %(n)s 项'; f(long, `a  b`); })();")
        == '(()=>{const e="共 %(n)s 项";f(e,`a  b`)})()'
    )


def test_the_scripts_are_the_same_in_every_process():
    make = "import sys; from server.field.packing import scripts_js; sys.stdout.buffer.write(scripts_js())"
    for seed in ("1", "2"):
        made = subprocess.run(
            [sys.executable, "-c", make], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        assert made.stdout == scripts_js()


def test_the_scripts_leave_out_what_no_page_needs():
    made = scripts_js().decode()
    assert "grouper" in made
    assert "divided by zero" in made
    assert "encodeURIComponent" not in made
