"""What happened to a hazard, as rows that are only ever added."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import as_json
from server.db import execute, fetchval, rows
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.tickets.events import post_of


class Event(msgspec.Struct):
    """One step as it is told."""

    id: UUID
    hazard_id: UUID
    kind: str
    state: str
    account_id: UUID | None
    person_id: UUID | None
    actor_name: str
    actor_post: str | None
    note: str | None
    detail: Any
    happened_at: dt.datetime
    at: dt.datetime

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.detail, str):
            self.detail = msgspec.json.decode(self.detail)


async def add_event(
    hazard_id: UUID,
    kind: str,
    state: str,
    *,
    by: Actor,
    community_id: UUID,
    id_: UUID | None = None,
    note: str | None = None,
    detail: dict[str, Any] | None = None,
    happened_at: dt.datetime | None = None,
) -> None:
    """Write one event; call it inside the transaction of the change."""
    await execute(
        "insert into hazard_event (id, community_id, hazard_id, kind, state, account_id, person_id, actor_name, actor_post,"
        " note, detail, happened_at, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp())",
        id_ or uuid7(),
        community_id,
        hazard_id,
        kind,
        state,
        by.account_id,
        by.person_id,
        by.name,
        post_of(by),
        note,
        as_json(detail or {}),
        happened_at or now(),
    )


async def exists(event_id: UUID) -> bool:
    """Whether this very step has been taken already: the same operation or form, sent twice."""
    return bool(await fetchval("select exists (select from hazard_event where id = $1)", event_id))


async def events_of(hazard_ids: Iterable[UUID]) -> dict[UUID, list[Event]]:
    """Return the events of several hazards, newest first; the caller knows that the actor may see these hazards."""
    ids = list(hazard_ids)
    found: dict[UUID, list[Event]] = {id_: [] for id_ in ids}
    columns = ", ".join(field.name for field in msgspec.structs.fields(Event))
    query = f"select {columns} from hazard_event where hazard_id = any ($1::uuid[]) order by at desc, id desc"
    for event in await rows(Event, query, ids):
        found[event.hazard_id].append(event)
    return found
