"""The phone renders, formats and reduces exactly as the server does: both are asked the same, on generated cases."""

import copy
import json
from itertools import count
from typing import Any

import jinja2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import server.field.features
import server.field.release
from server.config import ROOT
from server.field.compiler import CannotCompile, Compiler
from server.field.reducers import Refusal, on_phones, reducers
from server.field.release import english, script_texts
from server.lib import formats
from server.lib.assets import asset_url, build
from server.lib.folding import Folding
from server.lib.i18n import LOCALES, speaking
from server.lib.templating import environment
from tests.field.snippets import PAGE, PARTS, SNIPPETS, given_documents
from tests.support.javascript import FOLDER, JavaScript, Raised
from tests.support.parity import EVERY_PAGE, NOON, cases, collected, counts, decimals, share, small, texts

RAISES = "raises"
numbers = count()


def environment_of(templates: dict[str, str], locale: str = "zh-CN") -> jinja2.Environment:
    """Return an environment like the product's with other templates."""
    made = environment().overlay(loader=jinja2.DictLoader(PARTS | templates))
    assert isinstance(made, Folding)
    made.locale = locale
    return made


def compiled(templates: dict[str, str]) -> str:
    """Return the module of `templates`."""
    return Compiler(environment_of(templates), asset_url, build(), FOLDER).module(templates)


def by_python(env: jinja2.Environment, name: str, context: dict[str, Any]) -> str:
    """Return what Jinja2 makes of the template, or RAISES."""
    try:
        return env.get_template(name).render(**copy.deepcopy(context))
    except (jinja2.TemplateError, TypeError, ValueError, ZeroDivisionError, ArithmeticError):
        return RAISES


RENDER_ALL = """async ({address, names, given, catalogue}) => {
  const { render } = await import(address);
  return names.map((name) => {
    try { return render(name, given, catalogue); } catch (error) { if (error instanceof TypeError) return "raises"; throw error; }
  });
}"""


@pytest.mark.parametrize("locale", LOCALES)
def test_pieces_of_templates_print_the_same(javascript: JavaScript, locale: str):
    templates = {f"{n}.html": source for n, source in enumerate(SNIPPETS)}
    compiler = Compiler(environment_of(templates), asset_url, build(), FOLDER)
    javascript.files["/snippets.js"] = compiler.module(templates)
    env = environment_of(templates, locale)
    catalogue = english({*compiler.messages, *script_texts()}) if locale == "en" else None

    @cases(100)
    @given(given_documents)
    def check(context: dict[str, Any]) -> None:
        theirs = javascript.run(
            RENDER_ALL, address="/snippets.js", names=list(templates), given=context, catalogue=catalogue
        )
        with speaking(locale):
            ours = [by_python(env, name, context) for name in templates]
        for source, mine, other in zip(SNIPPETS, ours, theirs, strict=True):
            assert (source, other) == (source, mine)
        counts["snippets"] += len(SNIPPETS)

    check()


leaves = st.sampled_from(
    [
        "a",
        "b",
        "s",
        "t",
        "xs",
        "d",
        "flag",
        "nothing",
        "rows",
        "perhaps",
        "0",
        "1",
        "-3",
        "'x'",
        "''",
        "'<'",
        "true",
        "none",
        "(s|e)",
        "[]",
        "[a, 's']",
    ]
)
binary = st.sampled_from(["+", "-", "*", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"])
endings = st.sampled_from(["|length", "|upper", "|trim", "|string", "|int", "|default('d')", "|default(a, true)", "|join('-')", "|first", "|last", "|list|length", "|sort|join", "|sum", "|abs", "|tojson", "[0]", "[1:]", "[:-1]", ".k", "['k']", "[a]", " is none", " is string", " is defined", " is odd", ".get('k', 1)", "|e", "|num"])  # fmt: skip
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(inner, binary, inner).map(lambda parts: f"({' '.join(parts)})")
        | st.tuples(inner, endings).map(lambda parts: f"({''.join(parts)})")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
    ),
    max_leaves=5,
)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_generated_expressions_never_differ_in_silence(javascript: JavaScript):
    """The phone may refuse what Python would do (a text times a number), never print something else."""

    @cases(180)
    @given(st.lists(expressions, min_size=1, max_size=4), given_documents)
    def check(sources: list[str], context: dict[str, Any]) -> None:
        templates = {f"{n}.html": f"{{{{ {source} }}}}" for n, source in enumerate(sources)}
        address = f"/expression/{next(numbers)}.js"
        try:
            javascript.files[address] = compiled(templates)
        except CannotCompile:
            assume(False)
        theirs = javascript.run(RENDER_ALL, address=address, names=list(templates), given=context, catalogue=None)
        env = environment_of(templates)
        for name, other in zip(templates, theirs, strict=True):
            assert other in (by_python(env, name, context), RAISES), templates[name]
        counts["expressions"] += len(sources)

    check()


FORMATS: dict[str, tuple[Any, st.SearchStrategy[tuple[Any, ...]]]] = {}
whole = small | st.integers(-(2**53) + 1, 2**53 - 1)
moment = st.none() | st.integers(-(10**9), 253402300800000) | st.integers(NOON - 10**9, NOON + 10**8)
present = st.just(NOON) | st.integers(0, 2 * 10**12)
any_decimal = whole | decimals | st.from_regex(r"[+-]?[0-9]{1,30}(\.[0-9]{1,20})?", fullmatch=True) | texts
FORMATS["num"] = (formats.num, st.tuples(st.none() | any_decimal))
FORMATS["yuan"] = (formats.yuan, st.tuples(whole))
FORMATS["day"] = (formats.day, st.tuples(moment))
FORMATS["clock"] = (formats.clock, st.tuples(moment))
FORMATS["daytime"] = (formats.daytime, st.tuples(moment, present))
FORMATS["ago"] = (formats.ago, st.tuples(moment, present))
FORMATS["minutes"] = (formats.minutes, st.tuples(st.none() | whole))
spelt = st.sampled_from(
    ["0", "-0", "0.0", "00.50", "0.5", "+0.5", ".5", "-0.50", "1", "1.0", "01.00", "-1.00", "10", "9.99", "1e3", ""]
)
FORMATS["cmpDecimal"] = (formats.cmp_decimal, st.tuples(spelt, spelt) | st.tuples(any_decimal, any_decimal))

CALL_ALL = """async ({folder, name, calls, english}) => {
  const [{ speak }, formats] = [await import(`${folder}/texts.js`), await import(`${folder}/formats.js`)];
  speak(english ? await (await fetch(`${folder}/catalogue.en.json`)).json() : null);
  return calls.map((given) => { try { return formats[name](...given); } catch (error) { if (error instanceof TypeError) return "raises"; throw error; } });
}"""


@pytest.mark.parametrize("name", FORMATS)
def test_formats_write_the_same(javascript: JavaScript, name: str):
    function, strategy = FORMATS[name]

    @cases(60)
    @given(st.lists(strategy, min_size=1, max_size=12), st.sampled_from(list(LOCALES)))
    def check(calls: list[tuple[Any, ...]], locale: str) -> None:
        theirs = javascript.run(CALL_ALL, folder=FOLDER, name=name, calls=calls, english=locale == "en")
        for given_values, other in zip(calls, theirs, strict=True):
            with speaking(locale):
                try:
                    mine = function(*given_values)
                except ValueError:
                    mine = RAISES
            assert (given_values, other) == (given_values, mine)
        counts["formats"] += len(calls)

    check()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_with_all_macros_is_the_same(javascript: JavaScript, locale: str):
    product = environment().loader
    assert product is not None
    env = environment_of({}, locale).overlay(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader({"field/page.html": PAGE}), product])
    )
    compiler = Compiler(env, asset_url, build(), FOLDER)
    javascript.files["/page.js"] = compiler.module(["field/page.html"])
    catalogue = english({*compiler.messages, *script_texts()}) if locale == "en" else None

    @cases(100)
    @given(given_documents, texts, st.fixed_dictionaries({}, optional={"value": texts, "note": texts}))
    def check(documents: dict[str, Any], problem: str, typed: dict[str, str]) -> None:
        context = EVERY_PAGE | documents | {"problem": problem, "typed": typed}
        (theirs,) = javascript.run(
            RENDER_ALL, address="/page.js", names=["field/page.html"], given=context, catalogue=catalogue
        )
        with speaking(locale):
            ours = env.get_template("field/page.html").render(**context)
        assert theirs.splitlines() == ours.splitlines()
        assert theirs == ours
        counts["pages"] += 1

    check()


RENDER = """async ({folder, name, given, locale}) => {
  const { render } = await import(`${folder}/templates.js`);
  return render(name, given, locale === "en" ? await (await fetch(`${folder}/catalogue.en.json`)).json() : null);
}"""


def compare_page(javascript: JavaScript, name: str, context: dict[str, Any], locale: str) -> None:
    """Both render the page `name` the same."""
    whole_context = EVERY_PAGE | context
    whole_context["me"] = whole_context["me"] | {"locale": locale}
    with speaking(locale):
        ours = environment(locale).get_template(name).render(**copy.deepcopy(whole_context))
    theirs = javascript.run(RENDER, folder=FOLDER, name=name, given=whole_context, locale=locale)
    assert theirs.splitlines() == ours.splitlines()
    assert theirs == ours
    counts["pages"] += 1


PAGES = collected("PAGES")


def test_every_page_is_compared():
    """A page that is missing here needs a strategy of its context in PAGES of a tests/<feature>/parity.py."""
    assert set(server.field.release.page_names()) - set(PAGES) == set()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_are_the_same(javascript: JavaScript, name: str):
    @share(len(PAGES))
    @given(PAGES[name], st.sampled_from(list(LOCALES)))
    def check(context: dict[str, Any], locale: str) -> None:
        compare_page(javascript, name, context, locale)

    check()


REDUCE = """async ({folder, type, kind, module, given}) => {
  const { reducers } = await import(`${folder}/reducers/${module}.js`);
  const freeze = (value) => { if (value && typeof value === "object") { Object.values(value).forEach(freeze); Object.freeze(value); } return value; };
  return given.map(([document, op]) => {
    try { return { document: reducers[type][kind](freeze(document), freeze(op)) }; }
    catch (error) { if (error.constructor.name === "Refusal") return { refusal: error.message }; throw error; }
  });
}"""

MODULES = {"offer": "ticket", "report": "ticket"}
"""Kinds of documents whose reducers stand in the module of another kind."""

CASES = collected("CASES")


def test_every_reducer_is_compared():
    """One that is missing here needs a strategy of (document or None, op) in CASES of its feature's tests/<feature>/parity.py."""
    missing = {
        one
        for one, function in on_phones().items()
        if one not in CASES and (ROOT / "tests" / function.__module__.split(".")[1] / "parity.py").exists()
    }
    assert missing == set()


@pytest.mark.parametrize(("type_", "kind"), sorted(CASES), ids=str)
def test_reducers_agree(javascript: JavaScript, type_: str, kind: str):
    @share(len(CASES))
    @given(st.lists(CASES[type_, kind], min_size=1, max_size=6))
    def check(given_cases: list[tuple[Any, Any]]) -> None:
        sent = [[document, {"type": type_} | op] for document, op in given_cases]
        theirs = javascript.run(
            REDUCE, folder=FOLDER, type=type_, kind=kind, module=MODULES.get(kind, kind), given=sent
        )
        for (document, op), other in zip(sent, theirs, strict=True):
            before = json.dumps([document, op])
            assert other == reduced(type_, kind, document, op)
            assert json.dumps([document, op]) == before, "a reducer must not touch what it is given"
        counts["reductions"] += len(sent)

    check()


def reduced(type_: str, kind: str, document: Any, op: Any) -> dict[str, Any]:
    """Return what the server's reducer makes of it, as JSON would carry it."""
    try:
        return {"document": json.loads(json.dumps(reducers()[type_, kind](document, op)))}
    except Refusal as error:
        return {"refusal": error.message}


def test_a_script_that_throws_says_so(javascript: JavaScript):
    with pytest.raises(Raised, match="RangeError: too far"):
        javascript.run("() => { throw new RangeError('too far') }")
