"""Labels of places: added, changed, printed. A label's code is random: whoever has not stood before it does not know it."""

from uuid import UUID

import asyncpg
import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, fetch, fetchval, row, rows, system_reach, transaction
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.patrols.checkpoints import drawn
from server.security import throttle
from server.security.actor import Actor
from server.security.secrets_ import readable_code
from server.tickets.reporting import building_of

LENGTH = 10
MOST_AT_ONCE = 100
UNKNOWN = throttle.Bucket(20, 30)
"""How often one address may ask for codes that do not exist."""


class Label(msgspec.Struct):
    """A label as the office sees it."""

    id: UUID
    code: str
    name: str
    category: str | None
    is_active: bool
    version: int
    reports: int = 0


class Scanned(msgspec.Struct):
    """A label as whoever scans it sees it."""

    id: UUID
    community_id: UUID
    code: str
    name: str
    category: str | None
    building_id: UUID | None
    community_name: str
    community_phone: str | None


class Plate(msgspec.Struct):
    """What is printed for one label: the picture is drawn by the template from its path."""

    name: str
    code: str
    size: int
    path: str


class Taken(Exception):
    """Another label in use has this name."""


class Changed(Exception):
    """Somebody else has changed it meanwhile."""


COLUMNS = "place_code.id, code, name, category, is_active, version"
REPORTS = "(select count(*) from ticket_voice where place_code_id = place_code.id) as reports"


async def listed(actor: Actor, words: str, *, off: bool, number: int = 1) -> Page[Label]:
    """Return one page of the labels in which every word is found: those in use, or those that are `off`."""
    where = "where community_id = $1 and is_active <> $2 and concat_ws(' ', name, code) ilike all ($3::text[])"
    arguments = (actor.here, off, patterns(words))
    total = await fetchval(f"select count(*) from place_code {where}", *arguments)
    query = (
        f"select {COLUMNS}, {REPORTS} from place_code {where} order by name limit {PAGE_SIZE} offset {offset(number)}"
    )
    return Page(await rows(Label, query, *arguments), total, number)


async def find(label_id: UUID, *, by: Actor) -> Label:
    """Return a label of the actor's community; raise NotFoundException."""
    query = f"select {COLUMNS}, {REPORTS} from place_code where id = $1 and community_id = $2"
    found = await row(Label, query, label_id, by.here)
    if found is None or not by.can("ticket.labels"):
        raise NotFoundException
    return found


async def add(names: list[str], category: str | None, *, by: Actor) -> int:
    """Add a label for each place that has none yet; return how many are new."""
    if not by.can("ticket.labels"):
        raise NotFoundException
    async with transaction():
        count = 0
        for name in list(dict.fromkeys(names))[:MOST_AT_ONCE]:
            count += await changed(
                "insert into place_code (id, community_id, code, name, category, building_id) values ($1, $2, $3, $4, $5, $6)"
                " on conflict (community_id, name) where is_active do nothing",
                uuid7(), by.here, readable_code(LENGTH), name, category, await building_of(by.here, None, name),
            )  # fmt: skip
        if count:
            after = {"names": names[:MOST_AT_ONCE], "category": category}
            await record(by, "label.add", community_id=by.here, entity="label", after=after)
        return count


async def change(label: Label, *, by: Actor, fresh_code: bool = False) -> None:
    """Change a label as seen in `label.version`; with `fresh_code` the paper on the wall is worth nothing any more. Raise Taken or Changed."""
    before = await find(label.id, by=by)
    code = readable_code(LENGTH) if fresh_code else before.code
    try:
        async with transaction():
            done = await changed(
                "update place_code set name = $3, category = $4, is_active = $5, code = $6, building_id = $7, version = version + 1"
                " where id = $1 and version = $2",
                label.id, label.version, label.name, label.category, label.is_active, code,
                await building_of(by.here, None, label.name),
            )  # fmt: skip
            if not done:
                raise Changed
            await record(
                by, "label.change", community_id=by.here, entity="label", entity_id=label.id,
                before={"name": before.name, "category": before.category, "is_active": before.is_active},
                after={"name": label.name, "category": label.category, "is_active": label.is_active, "changed": fresh_code},
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise Taken from error


async def plates(actor: Actor, words: str, origin: str) -> list[Plate]:
    """Return the labels in use in which every word is found, to print; each shows the address `origin`/r/code."""
    query = """select name, code from place_code where community_id = $1 and is_active
        and concat_ws(' ', name, code) ilike all ($2::text[]) order by name limit 500"""
    async with transaction():
        found = await fetch(query, actor.here, patterns(words))
        await record(actor, "label.print", community_id=actor.here, entity="label", after={"labels": len(found)})
    return [Plate(one["name"], one["code"], *drawn(f"{origin}/r/{one['code']}")) for one in found]


async def scan(code: str, ip: str) -> Scanned:
    """Return the label with this code; raise NotFoundException, also for who has tried too many."""
    place = f"label@{throttle.network(ip)}"
    if await throttle.take(place, UNKNOWN):
        raise NotFoundException
    async with system_reach():
        found = await row(
            Scanned,
            "select place_code.id, community_id, place_code.code, place_code.name, category, building_id,"
            " community.name as community_name, community.phone as community_phone"
            " from place_code join community on community.id = community_id where place_code.code = $1 and is_active",
            code[:20].upper(),
        )
    if found is None:
        raise NotFoundException
    await throttle.give_back(place, UNKNOWN)
    return found
