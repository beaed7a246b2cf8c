"""Checks the hash chains."""

from uuid import UUID

import msgspec

from server.db import rows, system_reach, transaction

BROKEN = """
with chained as (
    select
        community_id, seq, previous, hash,
        lag(hash, 1, '\\x') over (partition by community_id order by seq) as expected_previous,
        row_number() over (partition by community_id order by seq) as expected_seq,
        sha256(previous || convert_to(audit_text(audit), 'UTF8')) as expected_hash
    from audit
)
select community_id, seq,
    case when seq is null or seq <> expected_seq then 'gap'
         when previous <> expected_previous then 'unlinked' else 'altered' end as what
from chained
where seq is null or seq <> expected_seq or previous <> expected_previous or hash is distinct from expected_hash
union all
select head.community_id, head.seq, 'cut off'
from audit_head as head
left join audit on audit.community_id = head.community_id and audit.seq = head.seq and audit.hash = head.hash
where audit.id is null and head.seq > 0 -- a chain that has not begun has nothing to lose
order by community_id, seq
limit 100
"""


class Break(msgspec.Struct):
    """A place where a chain does not hold: `what` is gap, unlinked, altered or cut off."""

    community_id: UUID
    seq: int | None
    what: str


async def verify() -> tuple[int, list[Break]]:
    """Check every chain; return how many rows there are and the first hundred breaks (none: untouched)."""
    async with system_reach(), transaction(isolation="repeatable_read") as lent:
        breaks = await rows(Break, BROKEN)
        return int(await lent.fetchval("select count(*) from audit")), breaks
