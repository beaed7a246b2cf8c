"""How an operation changes a document: pure functions of plain values, here in Python and in static/js/field/reducers/ in JavaScript.

A reducer gets the document (None when the operation makes it) and the operation (`Op.plain()`), and returns the new document without
touching the old one (None: there is none, and this operation makes none), or raises Refusal. The server checks operations with it before it writes rows; the phone shows with it what is
not sent yet. Both must agree to the letter: `tests/field/test_parity.py` compares them on generated cases.

A part that an operation adds carries `"pending": op["pending"]`: true on the phone until the server has it, false here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from server.sync.operations import Refusal

__all__ = ["Reducer", "Refusal", "is_at_desk", "on_phones", "reduce", "reducer", "reducers"]

Reducer = Callable[[dict[str, Any] | None, dict[str, Any]], dict[str, Any] | None]

_reducers: dict[tuple[str, str], Reducer] = {}
_desk: set[tuple[str, str]] = set()


def reducer(type_: str, kind: str, *, at_desk: bool = False) -> Callable[[Reducer], Reducer]:
    """Register how operations of `type_` change documents of `kind`; `at_desk`: no phone makes them, so no phone knows how."""

    def register(function: Reducer) -> Reducer:
        if (type_, kind) in _reducers:
            raise ValueError(f"two reducers of {type_} for {kind}")
        _reducers[type_, kind] = function
        if at_desk:
            _desk.add((type_, kind))
        return function

    return register


def reducers() -> Mapping[tuple[str, str], Reducer]:
    """Return every reducer by (type of operation, kind of document)."""
    return _reducers


def on_phones() -> Mapping[tuple[str, str], Reducer]:
    """Return the reducers that phones have, too."""
    return {name: function for name, function in _reducers.items() if name not in _desk}


def is_at_desk(type_: str) -> bool:
    """Whether no phone makes operations of `type_`."""
    return any(type_ == one for one, _kind in _desk)


def reduce(kind: str, document: dict[str, Any] | None, op: dict[str, Any]) -> dict[str, Any] | None:
    """Return `document` after `op`; raise Refusal when the rules do not allow it, KeyError when there is no such reducer."""
    return _reducers[op["type"], kind](document, op)
