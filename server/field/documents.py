"""The kinds of documents that phones hold, and how they are built from our tables.

A document is plain JSON: {"kind", "id", "v", …} of texts, whole numbers, booleans, None, lists and dicts. `v` is its entity's version, which
grows with every change that shows in it. Moments are whole milliseconds since 1970 (UTC), decimals are texts, ids are texts.
What a page prints in order is a list. No key is named like a method of a dict (items, keys, values, get, update, pop, copy).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.security.actor import Actor

Document = dict[str, Any]

Load = Callable[[list[UUID], Actor], Awaitable[Mapping[UUID, Document]]]
"""Return the documents of these ids that this actor may see, all in a fixed number of queries."""

List = Callable[[Actor], Awaitable[list[UUID]]]
"""Return the ids of all documents of the kind that belong on this actor's phone now (the same the feed would bring)."""

Scope = Callable[[Actor], str | None]
"""Return the feed scope in which this actor finds documents of the kind, or None: none for them."""


@dataclass(frozen=True)
class Kind:
    """One kind of document."""

    name: str
    load: Load
    every: List
    scope: Scope


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make `kind` known; raise ValueError when it is already."""
    if kind.name in _kinds:
        raise ValueError(f"two kinds of documents called {kind.name}")
    _kinds[kind.name] = kind


def kinds() -> Mapping[str, Kind]:
    """Return every kind by its name."""
    return _kinds


def scopes_of(actor: Actor) -> list[str]:
    """Return the feed scopes this actor's phone follows, sorted."""
    return sorted({scope for kind in _kinds.values() if (scope := kind.scope(actor)) is not None})


async def load(kind: str, ids: Iterable[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the documents of `kind` with these ids that `by` may see."""
    return await _kinds[kind].load(list(ids), by)
