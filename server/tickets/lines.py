"""Labour and parts: what a repair is quoted, and what it used. Money in 分; quantities to two places.

One rounding per line, half up (what people reckon by hand, and what the database checks).
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from uuid import UUID

import msgspec

from server.db import execute, rows
from server.lib.ids import uuid7

KINDS = ("labour", "material")
MOST_LINES = 30
LARGEST = Decimal("9999.99")


class Line(msgspec.Struct, frozen=True):
    """One line: `price` in 分 for one `unit`."""

    kind: str
    name: str
    unit: str
    quantity: Decimal
    price: int
    item_id: UUID | None

    @property
    def amount(self) -> int:
        """What the line comes to, in 分."""
        return int((self.quantity * self.price).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def count(self) -> str:
        """The quantity as people write it: 1, 0.5, 2.25."""
        return f"{self.quantity:f}".rstrip("0").rstrip(".") if "." in f"{self.quantity:f}" else f"{self.quantity:f}"


def total(lines: Iterable[Line]) -> int:
    """Return what lines come to, in 分."""
    return sum(line.amount for line in lines)


def quantity_of(text: str) -> Decimal | None:
    """Return a quantity as people type it (1, 0.5, 2.25), or None when it is none: more than nothing, at most two places."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value <= LARGEST or value != value.quantize(Decimal("0.01")):
        return None
    return value


async def write_lines(
    ticket_id: UUID, community_id: UUID, event_id: UUID | None, purpose: str, lines: list[Line]
) -> None:
    """Write the lines that came with a step, in the transaction of the change; once, if the step was taken at all."""
    await execute(
        "insert into ticket_line (id, community_id, ticket_id, event_id, purpose, position, item_id, kind, name, unit,"
        " quantity, price, amount) select id, $1, $2, $3, $4, position, item_id, kind, name, unit, quantity, price, amount"
        " from unnest($5::uuid[], $6::int[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::numeric[], $12::bigint[],"
        " $13::bigint[]) as line (id, position, item_id, kind, name, unit, quantity, price, amount)"
        " where exists (select from ticket_event where id = $3) and not exists (select from ticket_line where event_id = $3)",
        community_id, ticket_id, event_id, purpose,
        [uuid7() for _ in lines], list(range(1, len(lines) + 1)), [one.item_id for one in lines], [one.kind for one in lines],
        [one.name for one in lines], [one.unit for one in lines], [one.quantity for one in lines],
        [one.price for one in lines], [one.amount for one in lines],
    )  # fmt: skip


class StoredLine(Line, frozen=True):
    """A line of a ticket, with the step it came with."""

    ticket_id: UUID
    event_id: UUID
    purpose: str
    position: int


async def lines_of(ticket_ids: Iterable[UUID]) -> dict[UUID, list[StoredLine]]:
    """Return the lines of several tickets in their order; the caller knows that the actor may see these tickets."""
    ids = list(ticket_ids)
    found: dict[UUID, list[StoredLine]] = {id_: [] for id_ in ids}
    query = """select kind, name, unit, quantity, price, item_id, ticket_id, event_id, purpose, position
        from ticket_line where ticket_id = any ($1::uuid[]) order by event_id, position"""
    for line in await rows(StoredLine, query, ids):
        found[line.ticket_id].append(line)
    return found


def of_step(lines: list[StoredLine], event_id: UUID) -> list[StoredLine]:
    """Return the lines that came with one step."""
    return [one for one in lines if one.event_id == event_id]
