"""A tiny feature for tests of sync: things with a name and ticks, seen by the staff of their community.

`thing.make` makes one, `thing.tick` adds a fact, `thing.rename` changes its state, `thing.prove` cannot be without its photo.
"""

import json
from typing import Any
from uuid import UUID

import pytest
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.field import documents
from server.field.documents import Document, Kind
from server.security.actor import Actor
from server.storage.photos import attach
from server.sync import operations
from server.sync.operations import ENTITY, Applied, Conflict, Op, Operation, Refusal

TABLES = """
create table thing (
    id uuid primary key, community_id uuid not null, name text not null, ticks jsonb not null default '[]',
    version integer not null default 1
);
alter table thing enable row level security;
alter table thing force row level security;
create policy within_reach on thing using ((select reaches_all()) or community_id = any (((select reached()))::uuid[]));
create function thing_is_told() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and (tg_op = 'DELETE' or old.community_id <> new.community_id) then
        perform sync_gone('thing:' || old.community_id, 'thing', old.id, old.community_id);
    end if;
    if tg_op <> 'DELETE' then
        perform sync_touch('thing:' || new.community_id, 'thing', new.id, new.community_id);
    end if;
    return null;
end $$;
create table thing_once (n int, constraint thing_is_once unique (n) deferrable initially deferred);
create trigger thing_is_told after insert or update or delete on thing for each row execute function thing_is_told();
"""


def scope_of(actor: Actor) -> str | None:
    return f"thing:{actor.community_id}" if actor.posts else None


async def load(ids: list[UUID], by: Actor) -> dict[UUID, Document]:
    found = await fetch("select * from thing where id = any ($1::uuid[]) and community_id = $2", ids, by.community_id)
    return {one["id"]: document(one) for one in found}


def document(one: Any) -> Document:
    return {
        "kind": "thing",
        "id": str(one["id"]),
        "v": one["version"],
        "name": one["name"],
        "ticks": json.loads(one["ticks"]),
    }


async def every(by: Actor) -> list[UUID]:
    return [one["id"] for one in await fetch("select id from thing where community_id = $1", by.community_id)]


async def reached(op: Op) -> Any:
    """Return the thing, locked; raise NotFoundException for a stranger."""
    found = await fetchrow(
        "select * from thing where id = $1 and community_id = $2 for update", op.entity_id, op.by.community_id
    )
    if found is None or not op.by.posts:
        raise NotFoundException
    return found


async def make(op: Op) -> Applied:
    if not op.args.get("name"):
        raise Refusal("要有名字")
    await execute(
        "insert into thing (id, community_id, name) values ($1, $2, $3)", op.entity_id, op.by.here, op.args["name"]
    )
    await attach([], waiting=[one.id for one in op.photos], entity="thing", entity_id=op.entity_id, role="x", by=op.by)
    return await done(op, 1)


async def tick(op: Op) -> Applied:
    thing = await reached(op)
    await execute(
        "update thing set ticks = ticks || to_jsonb($2::text), version = version + 1 where id = $1",
        op.entity_id,
        op.args.get("note", "") or str(op.id),
    )
    if op.args.get("note") == "坏":
        raise ZeroDivisionError("a bug in a feature")
    if op.args.get("note") == "迟":  # a mistake that only the commit finds
        await execute("insert into thing_once values (1), (1)")
    return await done(op, thing["version"] + 1, merged=op.base_version < thing["version"])


async def rename(op: Op) -> Applied:
    thing = await reached(op)
    await execute(
        "update thing set name = $2, version = version + 1 where id = $1", op.entity_id, op.args.get("name", "")
    )
    if op.base_version < thing["version"]:
        raise Conflict(f"名字已改成{thing['name']}")
    return await done(op, thing["version"] + 1)


async def prove(op: Op) -> Applied:
    await reached(op)
    await attach([one.id for one in op.photos], entity="thing", entity_id=op.entity_id, role="proof", by=op.by)
    return await tick(op)


async def done(op: Op, version: int, *, merged: bool = False) -> Applied:
    await record(op.by, "thing.change", community_id=op.by.here, entity="thing", entity_id=op.entity_id)
    return Applied(version, merged)


OPERATIONS = (
    Operation("thing.make", "做", {"thing": ENTITY}, make),
    Operation("thing.tick", "勾", {"thing": ENTITY}, tick, version=2),
    Operation("thing.rename", "改名", {"thing": ENTITY}, rename),
    Operation("thing.prove", "证明", {"thing": ENTITY}, prove, waits_for_photos=True),
)


async def ticks_of(id_: UUID) -> list[str]:
    """Return a thing's ticks."""
    found: list[str] = json.loads(await fetchval("select ticks from thing where id = $1", id_))
    return found


async def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the feature known, and its table, for one test; its documents are then the only ones."""
    import server.field.features  # noqa: F401 - so that it registers before, in its own place

    async with DB.scope(EVERYWHERE):
        await execute(TABLES)
    for one in OPERATIONS:
        monkeypatch.setitem(operations._operations, one.type, one)
    monkeypatch.setitem(operations._upcasts, ("thing.tick", 1), lambda args: {"note": args.get("text", "")})
    monkeypatch.setattr(documents, "_kinds", {"thing": Kind("thing", load, every, scope_of)})
