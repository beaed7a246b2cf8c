"""What the readings of a meter amount to, written into them whenever one is added or decided about."""

from collections.abc import Iterable
from uuid import UUID

from server.db import execute
from server.meters.documents import ORDER

SETTLE = f"""
with chain as (
    select id, kind, case when kind <> 'initial' then
            (value + case when rolled then 10 ^ meter.digits else 0 end - lag(value) over walk) * meter.ratio
        end as used
    from (
        select meter_reading.*, {ORDER} as nth from meter_reading
        where meter_id = any ($1::uuid[]) and status in ('ok', 'accepted') and value is not null
    ) as counted join (select id as of, digits, ratio from meter) as meter on meter.of = counted.meter_id
    window walk as (partition by meter_id order by period, nth, read_at, id)
)
update meter_reading set usage = chain.used from chain
where meter_reading.id = chain.id and meter_reading.usage is distinct from chain.used
"""
"""`usage.usages` for many meters at once. Estimates are made true by themselves: the next reading is reckoned from them."""


async def settle(meter_ids: Iterable[UUID]) -> None:
    """Reckon the usage of all counted readings of these meters anew; what counts for nothing has no usage that adds up."""
    await execute(SETTLE, list(meter_ids))
