"""What can be imported: households here, and whatever other features register. The wizard, its jobs and its history are the same for all."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from server.communities.importing.headers import Layout
from server.communities.importing.problems import Note, Problem
from server.communities.importing.reading import Sheet
from server.security.actor import Actor

Layouts = dict[str, Layout]
Progress = Callable[[int, int], Awaitable[None]]


class Change(Protocol):
    """One value of an existing record that a file changes."""

    @property
    def entity(self) -> str:
        """Of what table it is."""

    @property
    def id(self) -> UUID:
        """Which record."""

    @property
    def label(self) -> str:
        """What people call the record."""

    @property
    def field(self) -> str:
        """Which of its values."""

    @property
    def before(self) -> Any:
        """What it is."""

    @property
    def after(self) -> Any:
        """What it becomes."""


class Outcome(Protocol):
    """What a file would do, or did."""

    @property
    def changes(self) -> Sequence[Change]:
        """The values of existing records that change."""

    @property
    def problems(self) -> list[Problem]:
        """Why rows wait."""

    @property
    def notes(self) -> list[Note]:
        """What was noticed about rows that go in."""

    @property
    def rows(self) -> int:
        """How many rows the file has."""

    @property
    def refused_rows(self) -> int:
        """How many of them wait."""

    def figures(self) -> dict[str, dict[str, int]]:
        """The counts for JSON: {what: {created, changed, unchanged, total}}."""


class PlanChanged(Exception):
    """What is known changed since the figures were shown; nothing was put in. `plan` holds the new figures."""

    def __init__(self, plan: Outcome) -> None:
        super().__init__("what is known has changed since the dry run")
        self.plan = plan


class Apply(Protocol):
    """Puts a parsed file in, all or nothing, with one audit row. Raises PlanChanged when the figures differ from `expected`."""

    async def __call__(
        self,
        parsed: Any,
        layouts: Layouts,
        community_id: UUID,
        import_id: UUID,
        /,
        *,
        by: Actor,
        facts: dict[str, Any],
        expected: dict[str, dict[str, int]] | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Do so."""


@dataclass(frozen=True)
class Importer:
    """One sort of import. `parse` and `dry_run` write nothing; `parse` is pure and runs in a thread."""

    kinds: frozenset[str]  #: the kinds of sheets it reads
    parse: Callable[[list[Sheet], Layouts], Any]
    dry_run: Callable[[Any, Layouts, UUID], Awaitable[Outcome]]
    apply: Apply


_importers: list[Importer] = []


def register(importer: Importer) -> None:
    """Make a sort of import known; what is registered first is asked first."""
    _importers.append(importer)


def importer_for(layouts: Layouts) -> Importer:
    """Return who reads a file: the first that reads one of its sheets. Raise LookupError when nobody does."""
    kinds = {layout.kind for layout in layouts.values()}
    for importer in _importers:
        if importer.kinds & kinds:
            return importer
    raise LookupError(f"nobody imports {kinds}")
