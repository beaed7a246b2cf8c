"""What every part of the compiler works with: how it refuses, names functions of the runtime, and writes texts."""

import json
from collections.abc import Sequence
from typing import NoReturn, Protocol

from jinja2 import nodes

from server.field.scopes import CannotCompile, MacroName, Scope


class Addresses(Protocol):
    """Where a release's files are."""

    def __call__(self, name: str) -> str:
        """Return the address of the static file `name`; raise KeyError if there is none."""


def string(text: str) -> str:
    """Return `text` as a JavaScript string."""
    return json.dumps(text, ensure_ascii=False)


def escaped(text: str) -> str:
    """Return `text` as HTML, exactly as markupsafe writes it."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text


class Writer:
    """The ground of the compiler. `used` collects the functions of the runtime, `messages` the texts to translate."""

    def __init__(self, address: Addresses, build: str) -> None:
        self.address = address
        self.build = build
        self.used: set[str] = set()
        self.messages: set[str] = set()

    # What the other parts give

    def value(self, node: nodes.Node, scope: Scope, *, lazy: bool = False) -> str:
        """Return JavaScript for the value of `node`. `lazy`: whoever takes it may be given an iterator."""
        raise NotImplementedError

    def truth(self, node: nodes.Expr, scope: Scope) -> str:
        """Return JavaScript for whether `node` is true in Python's eyes."""
        raise NotImplementedError

    def called(self, macro: MacroName, scope: Scope) -> str:
        """Return the JavaScript function of `macro`, and see to it that it is written."""
        raise NotImplementedError

    def super_block(self, scope: Scope, node: nodes.Node) -> str:
        """Return the HTML of the block that the present one replaces."""
        raise NotImplementedError

    def fail(self, scope: Scope, node: nodes.Node, why: str) -> NoReturn:
        """Refuse `node`."""
        raise CannotCompile(scope.unit.name, node.lineno, why)

    def use(self, name: str, *arguments: str) -> str:
        """Return the call of a function of the runtime."""
        self.used.add(name)
        return f"{name}({','.join(arguments)})"

    def use_all(self, pattern: str, *arguments: str) -> str:
        """Return `pattern` filled in; note the functions of the runtime it calls."""
        self.used |= {word for word in ("eq", "cmp", "has", "mod", "isNone", "isString", "isNumber", "isBoolean", "isDict") if f"{word}(" in pattern}  # fmt: skip
        return pattern.format(*arguments)


def wrapped(js: str) -> str:
    """Return the body of an arrow function; an object needs brackets around it."""
    return f"({js})" if js.startswith("{") else js


def joined(pieces: Sequence[tuple[str, str]]) -> str:
    """Return one JavaScript expression for pieces of text and HTML values."""
    if len(pieces) == 1 and pieces[0][0] == "value":
        return pieces[0][1]
    if all(kind == "text" for kind, _code in pieces):
        return string("".join(code for _kind, code in pieces))
    return f"`{''.join(quoted(code) if kind == 'text' else f'${{{code}}}' for kind, code in pieces)}`"


def quoted(text: str) -> str:
    """Return `text` as it is written between backticks."""
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
