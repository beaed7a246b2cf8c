"""What happened to a ticket, as rows that are only ever added."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import as_json
from server.db import execute, fetchval, rows
from server.lib.ids import uuid7
from server.security.actor import Actor


class Event(msgspec.Struct):
    """One step as it is told."""

    id: UUID
    ticket_id: UUID
    kind: str
    state: str
    account_id: UUID | None
    actor_name: str
    actor_post: str | None
    note: str | None
    detail: Any
    at: dt.datetime
    device_at: dt.datetime | None

    @property
    def happened_at(self) -> dt.datetime:
        """When it was done, as the phone that did it says, else when it was written down."""
        return self.device_at or self.at

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.detail, str):
            self.detail = msgspec.json.decode(self.detail)


POST_ORDER = ("repair", "clerk", "manager", "steward", "patrol", "cashier", "finance", "admin")


def post_of(actor: Actor) -> str | None:
    """Return the post an actor acts in, for the record; None for residents."""
    return next((post for post in POST_ORDER if post in actor.posts), "admin" if actor.is_company_admin else None)


async def add_event(
    ticket_id: UUID,
    kind: str,
    state: str,
    *,
    by: Actor,
    community_id: UUID,
    id_: UUID | None = None,
    note: str | None = None,
    detail: dict[str, Any] | None = None,
    device_at: dt.datetime | None = None,
) -> None:
    """Write one event; call it inside the transaction of the change."""
    await execute(
        "insert into ticket_event (id, community_id, ticket_id, kind, state, account_id, actor_name, actor_post, note, detail,"
        " at, device_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp(), $11)",
        id_ or uuid7(),
        community_id,
        ticket_id,
        kind,
        state,
        by.account_id,
        by.name,
        post_of(by),
        note,
        as_json(detail or {}),
        device_at or by.device_at,
    )


async def exists(event_id: UUID) -> bool:
    """Whether this very step has been taken already: the same operation or form, sent twice."""
    return bool(await fetchval("select exists (select from ticket_event where id = $1)", event_id))


async def events_of(ticket_ids: Iterable[UUID]) -> dict[UUID, list[Event]]:
    """Return the events of several tickets, newest first; the caller knows that the actor may see these tickets."""
    ids = list(ticket_ids)
    found: dict[UUID, list[Event]] = {id_: [] for id_ in ids}
    query = """select id, ticket_id, kind, state, account_id, actor_name, actor_post, note, detail, at, device_at
        from ticket_event where ticket_id = any ($1::uuid[]) order by at desc, id desc"""
    for event in await rows(Event, query, ids):
        found[event.ticket_id].append(event)
    return found
