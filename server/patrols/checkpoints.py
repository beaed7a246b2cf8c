"""The register of checkpoints: found, added, changed, printed, exported."""

import secrets
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec
import segno
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import fetch, fetchval, row, rows, transaction
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1 and I, so that a code can be read aloud."""


class Place(msgspec.Struct):
    """A checkpoint."""

    id: UUID
    name: str
    place: str
    building_id: UUID | None
    kind: str
    latitude: Decimal | None
    longitude: Decimal | None
    code: str
    nfc: str | None
    is_active: bool
    routes: int = 0


class TagTaken(Exception):
    """Another checkpoint has this NFC tag already."""


COLUMNS = "checkpoint.id, name, place, building_id, kind, latitude, longitude, code, nfc, is_active"
ROUTES = "(select count(distinct route_id) from patrol_stop where checkpoint_id = checkpoint.id) as routes"


async def listed(actor: Actor, words: str, kind: str, number: int, size: int = PAGE_SIZE) -> Page[Place]:
    """Return one page of the checkpoints in which every word is found; `kind` "" for all, "off" for those out of use."""
    where = """where community_id = $1 and concat_ws(' ', name, place, code) ilike all ($2::text[])
        and case $3 when '' then is_active when 'off' then not is_active else kind = $3 and is_active end"""
    arguments = (actor.here, patterns(words), kind)
    total = await fetchval(f"select count(*) from checkpoint {where}", *arguments)
    query = f"select {COLUMNS}, {ROUTES} from checkpoint {where} order by kind, name limit {size} offset {offset(number, size)}"
    return Page(await rows(Place, query, *arguments), total, number, size)


async def counts(actor: Actor) -> dict[str, int]:
    """Return how many checkpoints of each kind are in use, "" for all, "off" for those out of use."""
    query = """select case when is_active then kind else 'off' end as kind, count(*) as n from checkpoint
        where community_id = $1 group by 1"""
    found = {one["kind"]: one["n"] for one in await fetch(query, actor.here)}
    return found | {"": sum(n for kind, n in found.items() if kind != "off")}


async def find(id_: UUID, *, by: Actor) -> Place:
    """Return a checkpoint of the actor's community; raise NotFoundException for a strange id."""
    found = await row(Place, f"select {COLUMNS} from checkpoint where id = $1 and community_id = $2", id_, by.here)
    if found is None:
        raise NotFoundException
    return found


SAVE = """
insert into checkpoint (id, community_id, name, place, building_id, kind, latitude, longitude, nfc, is_active, code, secret)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (id) do update set name = excluded.name, place = excluded.place, building_id = excluded.building_id, kind = excluded.kind,
    latitude = excluded.latitude, longitude = excluded.longitude, nfc = excluded.nfc, is_active = excluded.is_active
where checkpoint.community_id = excluded.community_id
"""


async def save(place: Place, *, by: Actor) -> None:
    """Add or change a checkpoint; its code is given once. Raise NotFoundException for a strange one, TagTaken."""
    async with transaction():
        known = await fetchval("select community_id from checkpoint where id = $1", place.id)
        if known not in (None, by.here) or (place.building_id and not await _is_here(place.building_id, by)):
            raise NotFoundException
        before = await find(place.id, by=by) if known else None
        try:
            async with transaction():
                await fetch(
                    SAVE, place.id, by.here, place.name, place.place, place.building_id, place.kind, place.latitude, place.longitude,
                    place.nfc, place.is_active, new_code(), secrets.token_urlsafe(9),
                )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise TagTaken from error
        await record(
            by, "patrol.checkpoint", community_id=by.here, entity="checkpoint", entity_id=place.id,
            before={"name": before.name, "place": before.place, "kind": before.kind} if before else None,
            after={"name": place.name, "place": place.place, "kind": place.kind},
        )  # fmt: skip


async def _is_here(building_id: UUID, by: Actor) -> bool:
    query = "select exists (select from building where id = $1 and community_id = $2)"
    return bool(await fetchval(query, building_id, by.here))


def new_code() -> str:
    """Return a public code: eight letters and digits that nobody confuses."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def blank() -> Place:
    """Return a checkpoint that is not there yet."""
    return Place(
        id=uuid7(), name="", place="", building_id=None, kind="lobby", latitude=None, longitude=None, code="", nfc=None, is_active=True
    )  # fmt: skip


class Plate(msgspec.Struct):
    """What is printed for one checkpoint: the picture is drawn by the template from its path."""

    name: str
    place: str
    code: str
    size: int
    path: str


async def plates(actor: Actor, kind: str) -> list[Plate]:
    """Return the plates of the checkpoints in use, of one kind or all, and put on record that they were printed."""
    query = """select name, place, code, secret from checkpoint where community_id = $1 and is_active and ($2 = '' or kind = $2)
        order by kind, name"""
    async with transaction():
        found = await fetch(query, actor.here, kind)
        await record(actor, "patrol.print", community_id=actor.here, entity="checkpoint", after={"rounds": len(found)})
    return [Plate(one["name"], one["place"], one["code"], *drawn(f"NY.{one['code']}.{one['secret']}")) for one in found]


def drawn(text: str) -> tuple[int, str]:
    """Return a QR code as (modules a side, path of an SVG): no inline style, so the strictest policy shows it."""
    matrix = segno.make_qr(text, error="m").matrix
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, line in enumerate(matrix, start=2) for x, dark in enumerate(line, start=2) if dark
    )
    return len(matrix) + 4, path
