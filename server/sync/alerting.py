"""Phones in trouble are told to those who supervise them: each trouble of each phone once, and again only after it was mended.

missing  what the phone made is neither here nor waiting there: its outbox was deleted.
silent   it holds work and has not been heard of for `silent_hours`, or the work has been waiting for `open_hours`.
open     a conflict, a refusal or what our own code failed at has been waiting for somebody for `open_hours`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import record
from server.db import changed, row, rows, transaction
from server.lib.formats import now
from server.notices.recipients import holders_of
from server.notices.telling import tell
from server.security.actor import Actor

GAP_AFTER = timedelta(hours=1)
"""A number that is missing for less may still be on its way: with another tab, or with a request that was cut off."""


class Rules(msgspec.Struct):
    """After how many hours a community's supervisors are told."""

    silent_hours: int = 4
    open_hours: int = 24
    version: int = 0


class Stale(Exception):
    """Somebody else has changed the rules meanwhile."""


async def rules_of(community_id: UUID) -> Rules:
    """Return a community's rules."""
    query = "select silent_hours, open_hours, version from phone_rules where id = $1"
    return await row(Rules, query, community_id) or Rules()


async def set_rules(new: Rules, *, by: Actor) -> None:
    """Set the rules as seen in `new.version`; raise Stale."""
    async with transaction():
        before = await rules_of(by.here)
        query = """insert into phone_rules (id, community_id, silent_hours, open_hours) values ($1, $1, $2, $3)
            on conflict (id) do update set silent_hours = $2, open_hours = $3, version = phone_rules.version + 1
            where phone_rules.version = $4"""
        if not await changed(query, by.here, new.silent_hours, new.open_hours, new.version):
            raise Stale
        await record(
            by, "sync.rules", community_id=by.here, entity="community", entity_id=by.here,
            before={"silent_hours": before.silent_hours, "open_hours": before.open_hours},
            after={"silent_hours": new.silent_hours, "open_hours": new.open_hours},
        )  # fmt: skip


STANDING = """
sync_device as device
join account on account.id = device.account_id
left join phone_rules as rule on rule.id = device.community_id
left join (
    select device_id, account_id, community_id, count(*) filter (where outcome in ('conflict', 'rejected')) as open,
        count(*) filter (where outcome = 'deferred') as deferred, count(*) filter (where outcome = 'stuck') as stuck,
        min(received_at) filter (where outcome = 'deferred') as deferred_since, min(received_at) filter (where outcome <> 'deferred') as open_since
    from sync_op
    where outcome in ('deferred', 'stuck') or (outcome in ('conflict', 'rejected') and resolved_at is null)
    group by device_id, account_id, community_id
) as op on op.device_id = device.device_id and op.account_id = device.account_id and op.community_id = device.community_id
"""
"""Phones, whose they are, the rules there, and how many records of each wait in the community it works in."""

HOLDS = "device.unsent + coalesce(op.deferred, 0) > 0"
SILENT = f"""({HOLDS} and (
    device.last_seen_at < $1::timestamptz - make_interval(hours => coalesce(rule.silent_hours, {Rules().silent_hours}))
    or least(device.oldest_at, op.deferred_since) < $1 - make_interval(hours => coalesce(rule.open_hours, {Rules().open_hours}))
))"""
"""Whether a phone is silent at $1."""


class News(msgspec.Struct):
    """A phone with troubles that nobody was told of yet, or with none any more."""

    id: UUID
    community_id: UUID
    owner: str
    missing: int
    unsent: int
    open: int
    hours: int
    troubles: list[str]


# What lasts stays told, though it would not be told anew: a phone that is heard of for a moment has still not sent its work.
NOTE = f"""
with standing as (
    select device.id, device.told, account.name as owner, device.unsent + coalesce(op.deferred, 0) as held,
        coalesce(op.open, 0) + coalesce(op.stuck, 0) as open,
        extract(epoch from $1 - least(device.last_seen_at, device.oldest_at, op.deferred_since))::int / 3600 as hours,
        array_remove(array[
            case when device.missing > 0 then 'missing' end, case when {HOLDS} then 'silent' end, case when op.open_since is not null then 'open' end
        ], null) as lasting,
        array_remove(array[
            case when device.missing > 0 and device.missing_since < $2 then 'missing' end, case when {SILENT} then 'silent' end,
            case when op.open_since < $1 - make_interval(hours => coalesce(rule.open_hours, {Rules().open_hours})) then 'open' end
        ], null) as due
    from {STANDING}
), fresh as (
    select *, array(
        select one from unnest(array['missing', 'silent', 'open']) as one where one = any (due) or (one = any (told) and one = any (lasting))
    ) as telling from standing
)
update sync_device as device set told = fresh.telling from fresh where device.id = fresh.id and device.told <> fresh.telling
returning device.id, device.community_id, fresh.owner, device.missing, fresh.held as unsent, fresh.open, fresh.hours,
    array(select unnest(fresh.telling) except select unnest(fresh.told)) as troubles
"""


async def tell_of_trouble(at: datetime | None = None) -> int:
    """Tell the supervisors what is new about their phones, and note what was mended; return how many troubles were told."""
    moment, told = at or now(), 0
    people: dict[UUID, list[UUID]] = {}
    async with transaction():
        for one in await rows(News, NOTE, moment, moment - GAP_AFTER):
            if one.community_id not in people:
                found = await holders_of("sync.supervise", one.community_id)
                people[one.community_id] = [account for account in found if account is not None]
            facts: dict[str, Any] = {
                "owner": one.owner, "missing": one.missing, "unsent": one.unsent, "open": one.open, "hours": one.hours,
            }  # fmt: skip
            for trouble in one.troubles:
                await tell(
                    people[one.community_id], f"phone_{trouble}", facts,
                    link=f"/phones/{one.id}", entity_id=one.id, community_id=one.community_id,
                )  # fmt: skip
            told += len(one.troubles)
    return told
