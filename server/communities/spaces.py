"""Parking spaces 车位, and whose they are: it decides whose money the rent is (Civil Code 275)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from server.communities.labels import OWNERSHIPS
from server.communities.words import escaped
from server.db import fetchval, rows
from server.lib.i18n import _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import Actor


class Space(msgspec.Struct):
    """A parking space as the list shows it; plates are whole, templates mask them."""

    id: UUID
    code: str
    zone: str | None
    ownership: str
    room_id: UUID | None
    room: str | None
    plates: list[str]

    @property
    def ownership_label(self) -> str:
        """Whose it is, in words."""
        return _(OWNERSHIPS[self.ownership])


class SpaceFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of spaces shows."""

    q: str = ""
    ownership: str = ""

    def address(self, **changes: str) -> str:
        """Return the address of this list with `changes`."""
        given = {name: value for name, value in (msgspec.structs.asdict(self) | changes).items() if value}
        return f"/spaces?{urlencode(given)}" if given else "/spaces"


def space_filters(query: Any) -> SpaceFilters:
    """Return the filters in a request's query parameters."""
    ownership = query.get("ownership", "")
    return SpaceFilters(
        q=query.get("q", "").replace("\x00", "").strip()[:60], ownership=ownership if ownership in OWNERSHIPS else ""
    )


async def find_spaces(by: Actor, filters: SpaceFilters, number: int) -> Page[Space]:
    """Return a page of the community's spaces, found by code, zone, room or plate."""
    where = ["space.community_id = $1"]
    values: list[Any] = [by.here]
    if filters.ownership:
        values.append(filters.ownership)
        where.append(f"space.ownership = ${len(values)}")
    if filters.q:
        values.append(f"%{escaped(filters.q.lower())}%")
        where.append(
            f"(lower(concat_ws(' ', space.code, space.zone, room.label)) like ${len(values)} or exists (select from vehicle"
            f" where vehicle.space_id = space.id and until is null and lower(plate) like ${len(values)}))"
        )
    source = f"from space left join room on room.id = space.room_id where {' and '.join(where)}"
    total = await fetchval(f"select count(*) {source}", *values)
    found = await rows(
        Space,
        "select space.id, space.code, space.zone, space.ownership, space.room_id, room.label as room, array(select plate from"
        f" vehicle where vehicle.space_id = space.id and until is null order by plate) as plates {source}"
        f" order by space.code limit {PAGE_SIZE} offset {offset(number)}",
        *values,
    )
    return Page(found, total, number)


async def counts(by: Actor) -> list[tuple[str, int]]:
    """Return how many spaces there are of each kind of ownership."""

    class Count(msgspec.Struct):
        ownership: str
        n: int

    found = await rows(
        Count, "select ownership, count(*) as n from space where community_id = $1 group by ownership", by.here
    )
    known = {one.ownership: one.n for one in found}
    return [(ownership, known.get(ownership, 0)) for ownership in OWNERSHIPS]
