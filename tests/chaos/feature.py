"""What the simulated phones work on: cards that everybody of the staff sees, and secrets that only clerks see.

Every effect of an operation writes a row of `chaos_effect` that nothing keeps unique, so that one carried out twice shows. The same in
JavaScript: `page/cards.js`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import DB, EVERYWHERE, execute, fetch, fetchrow
from server.field import documents, reducers
from server.security.actor import Actor
from server.storage.photos import attach
from server.sync import operations
from server.sync.operations import ENTITY, Applied, Conflict, Op, Operation

TABLES = """
create table chaos_card (
    id uuid primary key, kind text not null, community_id uuid not null, name text not null,
    ticks text[] not null default '{}', photos uuid[] not null default '{}', version integer not null default 1
);
create table chaos_effect (op_id uuid not null, card_id uuid not null);
create function chaos_is_told() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        perform sync_gone(old.kind || ':' || old.community_id, old.kind, old.id, old.community_id);
    else
        perform sync_touch(new.kind || ':' || new.community_id, new.kind, new.id, new.community_id);
    end if;
    return null;
end $$;
create trigger chaos_is_told after insert or update or delete on chaos_card for each row execute function chaos_is_told();
"""
KINDS = ("card", "secret")


def scope_of(kind: str, actor: Actor) -> str | None:
    """Return the feed scope: cards for all staff, secrets for clerks."""
    sees = actor.posts if kind == "card" else "clerk" in actor.posts
    return f"{kind}:{actor.community_id}" if sees else None


def document(row: Any) -> documents.Document:
    """Return a card as phones hold it."""
    photos = [{"id": str(one), "role": "item", "pending": False} for one in row["photos"]]
    return {"kind": row["kind"], "id": str(row["id"]), "v": row["version"], "name": row["name"],
            "ticks": sorted(row["ticks"]), "photos": photos}  # fmt: skip


def kind(name: str) -> documents.Kind:
    """Return the kind of documents `name`."""

    async def load(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, documents.Document]:
        found = await fetch(
            "select * from chaos_card where id = any ($1::uuid[]) and kind = $2 and community_id = $3",
            ids, name, by.community_id,
        )  # fmt: skip
        return {row["id"]: document(row) for row in found}

    async def every(by: Actor) -> list[UUID]:
        query = "select id from chaos_card where kind = $1 and community_id = $2"
        return [row["id"] for row in await fetch(query, name, by.community_id)]

    return documents.Kind(name, load, every, lambda actor: scope_of(name, actor))


async def reached(op: Op) -> Any:
    """Return the card of an operation, locked; raise NotFoundException for whoever may not see it."""
    row = await fetchrow(
        "select * from chaos_card where id = $1 and community_id = $2 for update", op.entity_id, op.by.community_id
    )
    if row is None or scope_of(row["kind"], op.by) is None:
        raise NotFoundException
    return row


async def make(op: Op) -> Applied:
    """Make a card, with photos that may come later."""
    if not op.by.posts:
        raise NotFoundException
    ids = [photo.id for photo in op.photos]
    await execute(
        "insert into chaos_card (id, kind, community_id, name, photos) values ($1, 'card', $2, $3, $4) on conflict (id) do nothing",
        op.entity_id, op.by.here, op.args["name"], ids,
    )  # fmt: skip
    await attach([], waiting=ids, entity="card", entity_id=op.entity_id, role="item", by=op.by)
    return await done(op, 1)


async def tick(op: Op) -> Applied:
    """Add a fact, whatever others did meanwhile."""
    card = await reached(op)
    assert "note" in op.args, op.args
    return await add(op, card)


async def prove(op: Op) -> Applied:
    """Add a fact that cannot be without its photo."""
    card = await reached(op)
    ids = [photo.id for photo in op.photos]
    await attach(ids, entity="card", entity_id=op.entity_id, role="item", by=op.by)
    return await add(op, card)


async def add(op: Op, card: Any) -> Applied:
    """Write the operation's id and photos into its card."""
    await execute(
        "update chaos_card set ticks = ticks || $2::text, photos = photos || $3::uuid[], version = version + 1 where id = $1",
        op.entity_id, str(op.id), [photo.id for photo in op.photos],
    )  # fmt: skip
    return await done(op, card["version"] + 1, merged=op.base_version < card["version"])


async def name(op: Op) -> Applied:
    """Change the name, unless somebody else has changed the card meanwhile."""
    card = await reached(op)
    if op.base_version < card["version"]:
        raise Conflict("名字已改")
    await execute("update chaos_card set name = $2, version = version + 1 where id = $1", op.entity_id, op.args["name"])
    return await done(op, card["version"] + 1)


async def done(op: Op, version: int, *, merged: bool = False) -> Applied:
    """Count the effect."""
    await execute("insert into chaos_effect values ($1, $2)", op.id, op.entity_id)
    await record(op.by, "card.change", community_id=op.by.here, entity="card", entity_id=op.entity_id)
    return Applied(version, merged)


CARD, SECRET = {"card": ENTITY}, {"secret": ENTITY}
OPERATIONS = (
    Operation("card.make", "做卡片", CARD, make),
    Operation("card.tick", "勾", CARD, tick, version=2),
    Operation("card.name", "改名", CARD, name),
    Operation("card.prove", "证明", CARD, prove, waits_for_photos=True),
    Operation("secret.tick", "勾", SECRET, tick, version=2),
)
UPCASTS = {(type_, 1): lambda args: {"note": args["text"]} for type_ in ("card.tick", "secret.tick")}


def table(*, old: bool = False, new: bool = False) -> dict[str, Any]:
    """Return the operations as a phone of today, of an older or of a newer release knows them."""
    found = {one.type: {"label": one.label, "targets": dict(one.targets), "version": one.version} for one in OPERATIONS}
    for type_, _ in UPCASTS:
        found[type_]["version"] += new - old
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


@contextmanager
def registered() -> Iterator[None]:
    """Make the feature known as long as this lasts."""
    before = [dict(one) for one in (operations._operations, operations._upcasts, documents._kinds, reducers._reducers)]
    try:
        for one in OPERATIONS:
            operations._operations[one.type] = one
        operations._upcasts.update(UPCASTS)
        documents._kinds.clear()  # the real kinds would only add scopes without documents to every pull
        for name_ in KINDS:
            documents._kinds[name_] = kind(name_)
        yield
    finally:
        tables = (operations._operations, operations._upcasts, documents._kinds, reducers._reducers)
        for one, kept in zip(tables, before, strict=True):
            one.clear()  # type: ignore[attr-defined]
            one.update(kept)  # type: ignore[attr-defined]


async def lay_out() -> None:
    """Make the tables."""
    async with DB.scope(EVERYWHERE):
        await execute(TABLES)
