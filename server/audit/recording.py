"""Writes audit rows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.db import execute_late
from server.lib.ids import uuid7
from server.security.actor import NO_COMMUNITY, Actor


def plain(value: Any) -> Any:
    """Return `value` as something JSON can hold exactly: dates and decimals become text."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"an audit row cannot hold a {type(value).__name__}")


ENCODER = msgspec.json.Encoder(enc_hook=plain, decimal_format="string")


def as_json(value: Any) -> str | None:
    """Return `value` as JSON text for a jsonb column, or None."""
    return None if value is None else ENCODER.encode(value).decode()


INSERT = """
insert into audit (id, community_id, device_at, account_id, actor_name, session_id, ip, action, entity, entity_id, before, after, reason)
select id, community_id, device_at, account_id, actor_name, session_id, ip, action, entity, entity_id, before::jsonb, after::jsonb, reason
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::uuid[],
    $11::text[], $12::text[], $13::text[]) with ordinality as one (id, community_id, device_at, account_id, actor_name, session_id, ip,
    action, entity, entity_id, before, after, reason, nth)
order by nth
"""


async def record(
    by: Actor,
    action: str,
    *,
    community_id: UUID | None,
    entity: str,
    entity_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    device_at: datetime | None = None,
) -> None:
    """Write that `by` did `action` to an entity, with the fields' values `before` and `after`.

    `community_id` None: it belongs to no community. `device_at`: when the phone says it happened. Must be called inside the
    transaction of the change; the row is written when that commits, all of a transaction at once, and linked into the community's chain.
    """
    await execute_late(
        INSERT,
        uuid7(),
        community_id or NO_COMMUNITY,
        device_at or by.device_at,
        by.account_id,
        by.name,
        by.session_id,
        by.ip,
        action,
        entity,
        entity_id,
        as_json(before),
        as_json(after),
        reason,
    )
