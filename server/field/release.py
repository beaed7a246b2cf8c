"""What the phone renders its pages with, made from our templates for each release: templates.js and catalogue.en.json, beside runtime.js."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import nodes

from server.config import ROOT
from server.field.compiler import Compiler
from server.lib.assets import STATIC, asset_url, build, generated
from server.lib.i18n import CATALOGUES, translations
from server.lib.templating import environment
from server.sync.operations import operations

HERE = Path(__file__).parent
TEMPLATES = ROOT / "templates"
CHINESE = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*?[\u3000-\u9fff](?:(?!\1)[^\\\n]|\\.)*)\1""")
"""A text with Chinese in it, as scripts write it."""

SPEAKING = ("operations.py", "reducers.py", "documents.py", "field.py")
"""Files of features whose texts the phone shows: refusals, conflicts, the names of operations and states."""


def page_names() -> list[str]:
    """Return every field page: all in templates/field but the layout, macros, and parts (their names begin with _)."""
    found = sorted((TEMPLATES / "field").rglob("*.html"))
    pages = [path for path in found if not path.name.startswith("_") and path.name != "layout.html"]
    return [path.relative_to(TEMPLATES).as_posix() for path in pages if path.parent.name != "macros"]


@cache
def compiled() -> tuple[str, frozenset[str]]:
    """Return the module of all field pages, and the texts it may ask for; raise CannotCompile."""
    compiler = Compiler(environment(), asset_url, build())
    module = compiler.module(page_names())
    written = {
        one.value
        for unit in compiler.units.values()
        for one in unit.tree.find_all(nodes.Const)
        if isinstance(one.value, str)
    }
    return module, frozenset(compiler.messages | written)


@generated("js/field/templates.js", *HERE.glob("*.py"))
def templates_js() -> bytes:
    """Make the module of all field pages."""
    return compiled()[0].encode()


@generated("js/field/catalogue.en.json", CATALOGUES / "en.po")
def catalogue() -> bytes:
    """Make the English of all texts that field pages and the phone's scripts may show."""
    messages = compiled()[1] | set(script_texts()) | set(python_texts()) | {one.label for one in operations().values()}
    return json.dumps(english(messages), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def english(messages: Iterable[str]) -> dict[str, str | list[str]]:
    """Return {message: English} for those of `messages` that have any; [singular, plural] where both are known."""
    known, found = translations("en"), dict[str, str | list[str]]()
    for message in messages:
        if known.gettext(message) != message:
            found[message] = known.gettext(message)
        elif known.ngettext(message, message, 1) != message:
            found[message] = [known.ngettext(message, message, 1), known.ngettext(message, message, 2)]
    return found


def script_texts() -> Iterator[str]:
    """Yield every Chinese text in the phone's scripts."""
    for path in sorted((STATIC / "js" / "field").rglob("*.js")):
        for _quote, text in CHINESE.findall(path.read_text()):
            yield text


def python_texts() -> Iterator[str]:
    """Yield every text in the features' files that speak on the phone."""
    for name in SPEAKING:
        for path in sorted((ROOT / "server").glob(f"*/{name}")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
