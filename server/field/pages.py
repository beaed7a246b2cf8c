"""Which field page shows which documents: one table for the server and, as JSON, for the phone's service worker.

Features register theirs in their `field.py`. The worker does what `server/field/controllers.py` does: match the path, fetch the
documents, render the template.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldPage:
    """One page. `path` like "/field/rounds/{id}/points/{point}"; its names in braces become `params`.

    `one`: {name in the template: "kind:{id}"}: a document that must be there, else 404. `every`: {name: kind}: all documents of a
    kind that this phone holds, ordered by id. `needs`: capabilities of which one is enough.
    """

    path: str
    template: str
    needs: tuple[str, ...]
    one: Mapping[str, str] = field(default_factory=dict)
    every: Mapping[str, str] = field(default_factory=dict)


_pages: dict[str, FieldPage] = {}


def register(page: FieldPage) -> None:
    """Make `page` known; raise ValueError when its path is taken."""
    if page.path in _pages:
        raise ValueError(f"two field pages at {page.path}")
    _pages[page.path] = page


def pages() -> Mapping[str, FieldPage]:
    """Return every field page by its path, in the order of registration: the first that matches counts."""
    return _pages


def described() -> list[dict[str, Any]]:
    """Return the table for the phone."""
    return [
        {"path": page.path, "template": page.template, "needs": page.needs, "one": page.one, "every": page.every}
        for page in _pages.values()
    ]
