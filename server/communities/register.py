"""The register of rooms 房产档案: filters, search, order and pages; everything stands in the address."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from server.communities.labels import KINDS, VACANCIES, VACANCY_TONES
from server.communities.words import patterns
from server.db import fetchrow, rows
from server.lib.formats import today
from server.lib.i18n import _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import Actor

ORDERS = {
    "room": "room.sort",
    "area": "room.gross_area",
    "kind": "room.kind",
    "vacancy": "room.vacancy",
}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of rooms shows. `sort` is a key of ORDERS, with "-" before it for the other way round."""

    q: str = ""
    building: str = ""
    kind: str = ""
    vacancy: str = ""
    sort: str = "room"

    @property
    def is_narrowed(self) -> bool:
        """Whether fewer than all rooms are asked for."""
        return bool(self.q or self.building or self.kind or self.vacancy)

    def address(self, path: str = "/rooms", **changes: str) -> str:
        """Return the address of this list with `changes`, without what is as usual."""
        facts = msgspec.structs.asdict(self) | changes
        given = {name: value for name, value in facts.items() if value and (name, value) != ("sort", "room")}
        return f"{path}?{urlencode(given)}" if given else path

    def sorting(self, order: str) -> dict[str, str | None]:
        """Return the link and state of a column's header."""
        state = {order: "ascending", f"-{order}": "descending"}.get(self.sort)
        return {"href": self.address(sort=f"-{order}" if state == "ascending" else order), "direction": state}


def filters_from(query: Any) -> Filters:
    """Return the filters in a request's query parameters; what makes no sense is left out."""
    building, sort = query.get("building", ""), query.get("sort", "room")
    return Filters(
        q=query.get("q", "").replace("\x00", "").strip()[:100],
        building=building if is_uuid(building) else "",
        kind=query.get("kind", "") if query.get("kind") in KINDS else "",
        vacancy=query.get("vacancy", "") if query.get("vacancy") in VACANCIES else "",
        sort=sort if sort.removeprefix("-") in ORDERS else "room",
    )


def page_from(query: Any) -> int:
    """Return the page number in a request's query parameters, at least 1."""
    text = query.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def is_uuid(text: str) -> bool:
    """Whether `text` is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class RoomLine(msgspec.Struct):
    """A room as a list shows it. Names, phones and plates are whole here: templates mask them."""

    id: UUID
    label: str
    gross_area: Decimal | None
    kind: str
    vacancy: str
    owners: list[str]
    phones: list[str]
    tenants: int
    plates: list[str]

    @property
    def kind_label(self) -> str:
        """What kind of room it is, in words."""
        return _(KINDS[self.kind])

    @property
    def vacancy_label(self) -> str:
        """How it stands, in words."""
        return _(VACANCIES[self.vacancy])

    @property
    def vacancy_tone(self) -> str:
        """The colour of the badge."""
        return VACANCY_TONES[self.vacancy]


def condition(by: Actor, filters: Filters) -> tuple[str, list[Any]]:
    """Return the WHERE of `filters` among the rooms `by` may see, and its values."""
    where = ["room.community_id = $1"]
    values: list[Any] = [by.here]
    for column, value in (("kind", filters.kind), ("vacancy", filters.vacancy)):
        if value:
            values.append(value)
            where.append(f"room.{column} = ${len(values)}")
    if filters.building:
        values.append(UUID(filters.building))
        where.append(f"room.building_id = ${len(values)}")
    words = []
    for spellings in patterns(filters.q):
        values.append(spellings)
        words.append(f"words like any (${len(values)}::text[])")
    if words:
        where.append(f"room.id in (select id from room_search where community_id = $1 and {' and '.join(words)})")
    return " and ".join(where), values


async def find(by: Actor, filters: Filters, number: int, size: int = PAGE_SIZE) -> Page[RoomLine]:
    """Return page `number` of the rooms that `filters` ask for; beyond the end, the last page."""
    total, ids = await _place(by, filters, number, size)
    return Page(await lines(by, ids), total, number, size)


async def _place(by: Actor, filters: Filters, number: int, size: int) -> tuple[int, list[UUID]]:
    """Return how many rooms there are and the ids of one page, from one reading of the register."""
    where, values = condition(by, filters)
    order = ORDERS[filters.sort.removeprefix("-")]
    way = "desc nulls last" if filters.sort.startswith("-") else "asc nulls last"
    sql = (
        f"with found as materialized (select room.id, room.sort, {order} as key from room where {where})"
        " select (select count(*) from found) as total,"
        f" array(select id from found order by key {way}, sort limit {int(size)} offset {offset(number, size)}) as ids"
    )
    found = await fetchrow(sql, *values)
    assert found is not None
    return found["total"], found["ids"]


async def lines(by: Actor, ids: list[UUID], day: date | None = None) -> list[RoomLine]:
    """Return the rooms `ids` in that order, as they stand on `day` (default: today)."""
    return await rows(
        RoomLine,
        """select room.id, room.label, room.gross_area, room.kind, room.vacancy,
            coalesce(people.owners, '{}') as owners, coalesce(people.phones, '{}') as phones,
            coalesce(people.tenants, 0) as tenants, coalesce(cars.plates, '{}') as plates
        from unnest($2::uuid[]) with ordinality as wanted (id, place)
        join room on room.id = wanted.id and room.community_id = $1
        left join (
            select occupancy.room_id,
                array_agg(person.name order by occupancy.role desc, occupancy.id)
                    filter (where occupancy.role in ('owner', 'co_owner')) as owners,
                array_agg(coalesce(person.phone, '') order by occupancy.role desc, occupancy.id)
                    filter (where occupancy.role in ('owner', 'co_owner')) as phones,
                count(*) filter (where occupancy.role = 'tenant') as tenants
            from occupancy join person on person.id = occupancy.person_id
            where occupancy.room_id = any ($2::uuid[]) and (occupancy.since is null or occupancy.since <= $3)
                and (occupancy.until is null or occupancy.until >= $3)
            group by occupancy.room_id
        ) as people on people.room_id = room.id
        left join (
            select room_id, array_agg(plate order by plate) as plates from vehicle
            where room_id = any ($2::uuid[]) and (until is null or until >= $3) group by room_id
        ) as cars on cars.room_id = room.id
        order by wanted.place""",
        by.here,
        ids,
        day or today(),
    )


class BuildingName(msgspec.Struct):
    """A building in a filter."""

    id: UUID
    name: str


async def buildings(by: Actor) -> list[tuple[str, str]]:
    """Return the community's buildings for a select, in their order."""
    found = await rows(
        BuildingName, "select id, name from building where community_id = $1 order by sort, code", by.here
    )
    return [(str(one.id), one.name) for one in found]
