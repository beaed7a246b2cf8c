"""The office's checklists: edited as drafts, published as versions that never change."""

from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetchval, row, rows, transaction
from server.lib.ids import uuid7
from server.patrols.entries import Entry, flaws, read
from server.security.actor import Actor


class ListView(msgspec.Struct):
    """A checklist."""

    id: UUID
    name: str
    frequency: str | None
    draft: str
    published: int
    version: int
    routes: int
    is_changed: bool

    @property
    def entries(self) -> list[Entry]:
        """The draft's entries."""
        return read(self.draft)


class Flawed(Exception):
    """The list cannot be published; `args[0]` is a list of messages."""


class Overtaken(Exception):
    """Somebody else has saved the list meanwhile."""


VIEW = """select checklist.id, checklist.name, frequency, draft, published, version,
    (select count(distinct route_id) from patrol_stop where checklist_id = checklist.id) as routes,
    coalesce(draft <> (select content from checklist_version where checklist_id = checklist.id and number = published), true) as is_changed
from checklist"""


async def listed(actor: Actor) -> list[ListView]:
    """Return the checklists of the actor's community."""
    return await rows(ListView, f"{VIEW} where community_id = $1 order by key is null, checklist.id", actor.here)


async def find(id_: UUID, *, by: Actor) -> ListView:
    """Return a checklist of the actor's community; raise NotFoundException for a strange id."""
    found = await row(ListView, f"{VIEW} where checklist.id = $1 and community_id = $2", id_, by.here)
    if found is None:
        raise NotFoundException
    return found


async def create(name: str, *, by: Actor) -> UUID:
    """Make an empty list; return its id."""
    async with transaction():
        id_ = uuid7()
        await execute("insert into checklist (id, community_id, name) values ($1, $2, $3)", id_, by.here, name)
        await record(by, "patrol.list", community_id=by.here, entity="checklist", entity_id=id_, after={"name": name})
    return id_


async def edit(id_: UUID, version: int, name: str, frequency: str | None, entries: list[Entry], *, by: Actor) -> None:
    """Save the draft as it was seen (`version`); raise NotFoundException for a strange id, Overtaken."""
    async with transaction():
        before = await find(id_, by=by)
        query = """update checklist set name = $3, frequency = $4, draft = $5, version = version + 1
            where id = $1 and version = $2"""
        if not await changed(query, id_, version, name, frequency, msgspec.json.encode(entries).decode()):
            raise Overtaken
        await record(
            by, "patrol.list", community_id=by.here, entity="checklist", entity_id=id_,
            before={"name": before.name}, after={"name": name, "item": len(entries)},
        )  # fmt: skip


async def publish(id_: UUID, *, by: Actor) -> int:
    """Publish the draft as the next version, used by every round that has not begun; return its number. Raise Flawed."""
    async with transaction():
        found = await find(id_, by=by)
        if wrong := flaws(found.entries):
            raise Flawed(wrong)
        number = int(
            await fetchval("update checklist set published = published + 1 where id = $1 returning published", id_)
        )
        version_id = uuid7()
        await execute(
            """insert into checklist_version (id, community_id, checklist_id, number, name, content, published_by)
            values ($1, $2, $3, $4, $5, $6, $7)""",
            version_id, by.here, id_, number, found.name, found.draft, by.name,
        )  # fmt: skip
        await renew_rounds(id_, version_id)
        await record(
            by, "patrol.publish", community_id=by.here, entity="checklist", entity_id=id_,
            after={"name": found.name, "number": number},
        )  # fmt: skip
    return number


async def renew_rounds(list_id: UUID, version_id: UUID) -> None:
    """Let the rounds that nobody has begun use the new version."""
    await execute(
        """with renewed as (
            update patrol_point set list_id = $2 from patrol_round
            where round_id = patrol_round.id and patrol_round.state = 'pending'
            and list_id in (select id from checklist_version where checklist_id = $1)
            returning round_id
        )
        update patrol_round set version = version + 1 where id in (select round_id from renewed)""",
        list_id,
        version_id,
    )
