"""Reads the audit for its screen."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.audit.values import said
from server.db import fetchval, rows
from server.lib.formats import CHINA
from server.lib.i18n import _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import NO_COMMUNITY, Actor


def shown(action: str, field: str, value: Any) -> Any:
    """Return the value of `field` in an `action` as a line of the screen: codes as their words, long lists as their length."""
    if isinstance(value, list):
        return (
            _("%(n)s 项", n=len(value))
            if len(value) > 3 or any(len(str(one)) > 20 for one in value)
            else ", ".join(str(said(action, field, one)) for one in value)
        )
    return said(action, field, value)


class Entry(msgspec.Struct):
    """One audit row, as the screen lists it."""

    id: UUID
    seq: int | None
    at: datetime
    device_at: datetime | None
    actor_name: str
    session_id: UUID | None
    ip: str | None
    action: str
    entity: str
    entity_id: UUID | None
    before: str | None
    after: str | None
    reason: str | None

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """The fields that changed, as (field, before, after); None where there was nothing."""
        old = msgspec.json.decode(self.before) if self.before else {}
        new = msgspec.json.decode(self.after) if self.after else {}
        return [
            (name, shown(self.action, name, old.get(name)), shown(self.action, name, new.get(name)))
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        ]


class Filters(msgspec.Struct, kw_only=True):
    """What to look for; None means everything."""

    who: str | None = None
    action: str | None = None
    entity_id: UUID | None = None
    since: date | None = None
    until: date | None = None


WHERE = """
community_id = any($1) and ($2::text is null or actor_name ilike '%' || $2 || '%')
and ($3::text is null or action like $3 || '%') and ($4::uuid is null or entity_id = $4 or session_id = $4)
and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
and not (entity in ('complaint', 'follow_up') and entity_id in (
    select id from complaint where about_id = $7
    union all select call.id from follow_up as call join complaint on complaint.id = call.entity_id where about_id = $7
))
"""
"""A reader finds what happened, but not what others did about a complaint that is about the reader."""


async def entries(actor: Actor, filters: Filters, number: int) -> Page[Entry]:
    """Return a page of what happened in the actor's community (and, for the company's administrators, around it)."""
    chains = [actor.here] + ([NO_COMMUNITY] if actor.is_company_admin else [])
    arguments = (
        chains,
        filters.who,
        filters.action,
        filters.entity_id,
        _start(filters.since),
        _end(filters.until),
        actor.person_id,
    )
    found = await rows(
        Entry,
        "select id, seq, at, device_at, actor_name, session_id, ip, action, entity, entity_id, before, after, reason"
        f" from audit where {WHERE} order by at desc limit {PAGE_SIZE} offset $8",
        *arguments,
        offset(number),
    )
    total = await fetchval(f"select count(*) from audit where {WHERE}", *arguments)
    return Page(found, total, number)


def _start(day: date | None) -> datetime | None:
    """Return the first moment of a day in China."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=CHINA)


def _end(day: date | None) -> datetime | None:
    """Return the first moment after a day in China."""
    start = _start(day)
    return None if start is None else start + timedelta(days=1)
