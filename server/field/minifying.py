"""Makes the phone's scripts short: without what nobody uses, and through tdewolff's minifier, kept from the one thing it gets wrong.

That minifier joins `const a = 1; const { b } = f({ a });` into one declaration and, to save a space, puts the `{ b }` first when it sees no
use of `a` in it; it does not look into object literals and defaults, and never asks whether the order matters. So a statement that does
nothing stands before each such declaration (`separated`), and two habits of our scripts are insisted on, without which it would not
do: a declaration that takes something apart begins a line or stands in the head of a `for`, and there is no `var`.
"""

import re

import minify

ROOM = "\n" * 100
"""The binding gives what comes out no more room than what went in had, which is too little for a line of code."""

TAKING_APART = re.compile(r"^([ \t]*)(?=(?:const|let) ?[\[{])", re.MULTILINE)
ELSEWHERE = re.compile(r"\s*\S.*\b(?:const|let) ?[\[{]|(?:.*\W)?var [\w\[{]")
FOR = re.compile(r"\bfor (?:await )?\((?:const|let) ?[\[{]")
COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
STATEMENT = re.compile(r"^(?=[^\s})\]/])", re.MULTILINE)
"""Where a statement of a module's top level begins: our scripts are indented."""

DECLARATION = re.compile(r"(?:(?:async )?function\*?|const) (\w+)")


def minified(script: str) -> str:
    """Return `script`, whose declarations are `separated`, with short names and without white space."""
    return str(minify.string("application/javascript", script + ROOM))


def separated(module: str) -> str:
    """Return `module` with a statement that does nothing before each declaration that takes something apart; raise ValueError."""
    for line in module.split("\n"):
        code = "" if line.lstrip().startswith("//") else FOR.sub("for (", line)
        if ELSEWHERE.match(code):
            raise ValueError(f"put this on a line of its own, without var: {line.strip()}")
    return TAKING_APART.sub(r"\g<1>0;", module)


def left_out(module: str, unused: set[str], used: set[str]) -> str:
    """Return `module` without the functions and constants `unused`, and without what only they mentioned. Making a constant has no effect."""
    if not unused or any(
        line.count("`") % 2 for line in module.split("\n")
    ):  # a text over several lines is no statement
        return module
    statements = [part for part in STATEMENT.split(COMMENT.sub("", module)) if part.strip()]
    names = {part: found[1] for part in statements if (found := DECLARATION.match(part))}
    doomed = set(unused)
    while gone := [
        part
        for part in statements
        if names.get(part) in doomed and not any(mentions(other, names[part]) for other in statements if other != part)
    ]:
        statements = [part for part in statements if part not in gone]
        doomed |= {name for name in names.values() if name not in used and any(mentions(part, name) for part in gone)}
    return "".join(statements)


def mentions(code: str, name: str) -> bool:
    """Whether `code` may use the variable `name`: the word is there, and not as the name of a property.

    >>> mentions("xs.join(',')", "join"), mentions("[...join(xs)]", "join")
    (False, True)
    """
    return re.search(rf"(?<![\w$#])(?<!(?<!\.\.)\.){re.escape(name)}\b", code) is not None
