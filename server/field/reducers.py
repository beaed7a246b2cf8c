"""How an operation changes a document: pure functions of plain values, here in Python and in static/js/field/reducers/ in JavaScript.

A reducer gets the document (None when the operation makes it) and the operation (`Op.plain()`), and returns the new document without
touching the old one (None: there is none, and this operation makes none), or raises Refusal. The server checks operations with it before it writes rows; the phone shows with it what is
not sent yet. Both must agree to the letter: `tests/field/test_parity.py` compares them on generated cases.

A part that an operation adds carries `"pending": op["pending"]`: true on the phone until the server has it, false here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from server.sync.operations import Refusal

__all__ = ["Reducer", "Refusal", "reduce", "reducer", "reducers"]

Reducer = Callable[[dict[str, Any] | None, dict[str, Any]], dict[str, Any] | None]

_reducers: dict[tuple[str, str], Reducer] = {}


def reducer(type_: str, kind: str) -> Callable[[Reducer], Reducer]:
    """Register how operations of `type_` change documents of `kind`."""

    def register(function: Reducer) -> Reducer:
        if (type_, kind) in _reducers:
            raise ValueError(f"two reducers of {type_} for {kind}")
        _reducers[type_, kind] = function
        return function

    return register


def reducers() -> Mapping[tuple[str, str], Reducer]:
    """Return every reducer by (type of operation, kind of document)."""
    return _reducers


def reduce(kind: str, document: dict[str, Any] | None, op: dict[str, Any]) -> dict[str, Any] | None:
    """Return `document` after `op`; raise Refusal when the rules do not allow it, KeyError when there is no such reducer."""
    return _reducers[op["type"], kind](document, op)
