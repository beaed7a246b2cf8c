"""Writes the inbox."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from server.audit.recording import as_json
from server.db import execute
from server.lib.ids import uuid7


async def tell(
    account_ids: Iterable[UUID],
    event: str,
    facts: dict[str, Any],
    *,
    link: str | None,
    entity_id: UUID | None,
    community_id: UUID,
    once: UUID | None = None,
) -> int:
    """Put one message into each account's inbox; return to how many. `once` names the cause: told twice, it is there once.

    `facts` fill the words of templates/push/<event>/; they hold no more personal data than the message needs.
    """
    accounts = list(dict.fromkeys(account_ids))
    if not accounts:
        return 0
    await execute(
        "insert into notification (id, community_id, account_id, event, facts, link, entity_id)"
        " select given.id, $3, given.account_id, $4, $5, $6, $7 from unnest($1::uuid[], $2::uuid[]) as given (id, account_id)"
        " on conflict (id) do nothing",
        [uuid5(once, f"{event} {account_id}") if once else uuid7() for account_id in accounts],
        accounts,
        community_id,
        event,
        as_json(facts),
        link,
        entity_id,
    )
    return len(accounts)
