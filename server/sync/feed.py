"""Pull: what has changed since a phone last asked, scope by scope, in the order of commits.

The feed holds places, not contents: documents are loaded as they are now, in bulk by kind, for this person. What the person may not
see (any more) is told as gone, so nothing stays on a phone that does not belong there.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from server.config import settings
from server.db import rows, transaction
from server.field import documents
from server.field.shell import digest, me_of
from server.lib.formats import now
from server.security.actor import Actor
from server.sync import reading
from server.sync.reading import Question

MOST = 1000
"""Entries of one scope in one answer."""


class Line(msgspec.Struct):
    """One entry of a scope behind the phone's cursor, or none (`kind` None), with the scope's head and the epoch."""

    scope: str
    head: int
    start: int  #: where it was read from: the cursor, or 0 when that no longer counts
    is_reset: bool
    epoch: UUID
    kind: str | None
    id: UUID | None
    seq: int | None
    gone: bool | None


# A cursor counts if it is of this epoch and this view, not behind a tombstone that is cleared away and not ahead of the head.
LINES = """
select asked.scope, coalesce(s.seq, 0) as head, place.start, asked.after > 0 and place.start < asked.after as is_reset, epoch.id as epoch,
    entry.kind, entry.id, entry.seq, entry.gone
from unnest($1::text[], $2::text[], $3::bigint[]) as asked (scope, epoch, after)
cross join sync_epoch as epoch
left join sync_scope as s on s.scope = asked.scope
cross join lateral (
    select case
        when asked.epoch in (epoch.id::text, epoch.id || '.' || $4) and asked.after >= coalesce(s.floor, 0)
            and asked.after <= coalesce(s.seq, 0)
        then asked.after else 0
    end as start
) as place
left join lateral (
    select e.kind, e.id, e.seq, e.gone from sync_entry as e
    where e.scope = asked.scope and e.seq > place.start and (place.start > 0 or not e.gone)
    order by e.seq limit $5
) as entry on true
"""


class Part(msgspec.Struct, omit_defaults=True):
    """What is new in one scope. The phone keeps `epoch` and `seq` as its cursor."""

    epoch: str
    seq: int
    more: bool = False
    reset: bool = False
    entries: list[dict[str, Any]] = []


async def pull(asked: Question, by: Actor) -> Mapping[str, Any]:
    """Return the answer to a pull. With nothing new it takes one query, whatever the number of scopes."""
    if not settings.field_offline:
        return await switched_off(asked)
    scopes, limit = documents.scopes_of(by), min(asked.limit, MOST)
    lines = await read(asked, scopes, by, limit)
    if any(is_news(line, asked) for line in lines) or asked.sums:
        async with transaction("repeatable_read"):
            lines = await read(asked, scopes, by, limit)
            told = {line.scope for line in lines if is_news(line, asked)}
            parts = await parts_of([line for line in lines if line.scope in told], by, limit)
            sums = await sums_of(parts, scopes, by) if asked.sums else None
    else:
        parts, sums = {}, None
    me = me_of(by)
    mark = mark_of(me, by)
    answer: dict[str, Any] = {
        "epoch": str(lines[0].epoch) if lines else await only_epoch(),
        "now": reading.milliseconds(now()),
        "me": None if asked.me == mark else me,
        "digest": mark,
        "scopes": parts,
        "removed": sorted(set(asked.cursors) - set(scopes)),
    }
    return answer if sums is None else answer | {"sums": sums}


async def switched_off(asked: Question) -> Mapping[str, Any]:
    """Return the answer while phones must keep no copies: what is there goes, also from a page that does not know the word `off`."""
    moment = reading.milliseconds(now())
    gone: dict[str, Any] = {"me": None, "digest": "", "scopes": {}, "removed": sorted(asked.cursors), "off": True}
    return {"epoch": await only_epoch(), "now": moment} | gone


def is_news(line: Line, asked: Question) -> bool:
    """Tell whether a line must be answered: an entry, a reset, a scope the phone does not know, or a cursor it should move."""
    cursor = asked.cursors.get(line.scope)
    return line.kind is not None or line.is_reset or cursor is None or cursor.seq != line.head


def mark_of(me: documents.Document, by: Actor) -> str:
    """Return what changes with the document `me`, and with the session's secret, which `me` carries masked."""
    return f"{digest(me)}.{hashlib.sha256(by.csrf_secret.encode()).hexdigest()[:8]}"


def view_of(by: Actor) -> str:
    """Return what changes when the person may see other documents than before: their cursors then begin again."""
    facts = [str(by.account_id), str(by.community_id), str(by.person_id), *sorted(by.capabilities), *sorted(by.posts)]
    facts += sorted(str(room) for room in by.room_ids)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


async def read(asked: Question, scopes: list[str], by: Actor, limit: int) -> list[Line]:
    """Return the entries behind the phone's cursors, one more per scope than it can have."""
    cursors = [asked.cursors.get(scope) for scope in scopes]
    return await rows(
        Line,
        LINES,
        scopes,
        [cursor.epoch if cursor else "" for cursor in cursors],
        [cursor.seq if cursor else 0 for cursor in cursors],
        view_of(by),
        limit + 1,
    )


async def only_epoch() -> str:
    """Return the epoch for somebody who follows nothing."""
    from server.sync.pushing import epoch

    return await epoch()


async def parts_of(lines: list[Line], by: Actor, limit: int) -> dict[str, Part]:
    """Return each scope's news with its documents, loaded kind by kind."""
    wanted: dict[str, list[UUID]] = {}
    kinds = documents.kinds()
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        grouped.setdefault(line.scope, []).append(line)
    for group in grouped.values():
        for line in group[:limit]:
            if line.kind in kinds and line.id is not None and not line.gone:
                wanted.setdefault(line.kind or "", []).append(line.id)
    loaded = {kind: await documents.load(kind, ids, by) for kind, ids in wanted.items()}
    return {scope: part_of(group, loaded, by, limit) for scope, group in grouped.items()}


def part_of(group: list[Line], loaded: Mapping[str, Mapping[UUID, documents.Document]], by: Actor, limit: int) -> Part:
    """Return one scope's news."""
    first = group[0]
    shown = [line for line in group[:limit] if line.kind is not None]
    more = len(group) > limit
    part = Part(
        epoch=f"{first.epoch}.{view_of(by)}",
        seq=shown[-1].seq or 0 if more else first.head,
        more=more,
        reset=first.is_reset,
    )
    for line in shown:
        kind = documents.kinds().get(line.kind or "")
        mine = kind is not None and kind.scope(by) == line.scope and line.id is not None
        document = (
            loaded.get(line.kind or "", {}).get(line.id) if mine and line.id is not None and not line.gone else None
        )
        if document is not None:
            part.entries.append({"kind": line.kind, "id": str(line.id), "v": document["v"], "doc": document})
        elif first.start > 0:  # a phone that begins holds nothing that could go
            part.entries.append({"kind": line.kind, "id": str(line.id), "v": 0, "gone": True})
    return part


HELD = "select scope, kind, id from sync_entry where scope = any ($1::text[]) and not gone"


class Held(msgspec.Struct):
    """A document's place."""

    scope: str
    kind: str
    id: UUID


async def sums_of(parts: Mapping[str, Part], scopes: list[str], by: Actor) -> dict[str, dict[str, Any]]:
    """Return how many documents each scope holds for this person, and one sum over them, for scopes that are told to their end."""
    ended = [scope for scope in scopes if scope not in parts or not parts[scope].more]
    kinds = documents.kinds()
    places = [
        one for one in await rows(Held, HELD, ended) if one.kind in kinds and kinds[one.kind].scope(by) == one.scope
    ]
    lines: dict[str, list[str]] = {scope: [] for scope in ended}
    for name in sorted({one.kind for one in places}):
        ids = {one.id: one.scope for one in places if one.kind == name}
        for id_, document in (await documents.load(name, ids, by)).items():
            lines[ids[id_]].append(f"{name} {id_} {document['v']}\n")
    return {scope: {"n": len(found), "sum": total(found)} for scope, found in lines.items()}


def total(lines: list[str]) -> str:
    """Return the sum over lines `kind id version`, in whatever order they came."""
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
