"""Phones of the field staff in the demonstration: one in sync, one that fell silent with work unsent, one with a gap and a refused record."""

from typing import Any
from uuid import UUID, uuid4

import server.field.features  # noqa: F401 - registers what the phones hand in
from server.db import execute, fetchval
from server.lib.formats import now
from server.lib.ids import uuid7
from server.sync import devices, pushing, reading
from server.sync.carrying import actor_of

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36"
)
HALF_FULL = reading.Storage(used=31_000_000, quota=60_000_000, persisted=False)
ROOMY = reading.Storage(used=12_000_000, quota=900_000_000, persisted=True)


async def write_phones(community_id: UUID) -> None:
    """Let three of the staff have handed in work from their phones."""
    await hand_in(community_id, "zhao", IPHONE, reading.Report(device=uuid4(), next_seq=1, storage=ROOMY))
    silent = reading.Report(device=uuid4(), next_seq=4, unsent=3, oldest_age=31 * 3_600_000, storage=HALF_FULL)
    row = await hand_in(community_id, "shui", ANDROID, silent)
    await execute("update sync_device set last_seen_at = now() - interval '30 hours' where id = $1", row)
    # An outbox cleared by hand: the first two numbers never arrived. What came says nothing, so it was refused.
    report = reading.Report(device=uuid4(), next_seq=4, storage=HALF_FULL, ops=[operation(3)])
    row = await hand_in(community_id, "zhou", ANDROID, report)
    await execute("update sync_device set missing_since = now() - interval '3 hours' where id = $1", row)


async def hand_in(community_id: UUID, login: str, agent: str, report: reading.Report) -> UUID:
    """Push `report` as the person who signs in as `login`; return the phone's row."""
    actor = await actor_of(await fetchval("select id from account where login = $1", login), community_id)
    assert actor is not None
    await pushing.push(report, actor, agent)
    return devices.row_id(report.device, actor.account_id)


def operation(seq: int) -> dict[str, Any]:
    """Return a hazard that was reported without a word on what it is."""
    op: dict[str, Any] = {
        "id": str(uuid7()), "seq": seq, "type": "hazard.report", "version": 1, "entity": str(uuid7()), "base": 0,
        "args": {"note": "楼梯口", "place": "3栋1单元"}, "photos": [], "deps": [], "made_at": reading.milliseconds(now()) - 7_200_000,
        "offset": 0,
    }  # fmt: skip
    return op | {"hash": reading.hash_of(op)}
