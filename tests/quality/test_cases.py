"""Complaints as a report counts them."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.complaints.kinds import limits
from server.db import execute
from server.lib.ids import uuid7
from server.quality import cases
from server.quality.complaints import Complaints
from tests.cast import SUNSHINE, WANG, ZHOU
from tests.quality.scenes import at
from tests.tickets.scenes import on_stage

HOUR = dt.timedelta(hours=1)


async def a_case(received_at: dt.datetime, **changes: Any) -> UUID:
    """Insert a complaint; return its id."""
    id_ = uuid7()
    values: dict[str, Any] = {
        "id": id_, "community_id": SUNSHINE, "number": f"TS-{id_.hex[-12:]}", "kind": "complaint", "channel": "phone", "state": "closed",
        "cause": "noise", "place": "3栋1单元1302", "summary": "装修太早", "description": "装修太早", "handler_id": ZHOU.person_id,
        "received_at": received_at, "replied_at": received_at + HOUR, "resulted_at": received_at + 20 * HOUR, "result": "改了时间",
        "closed_at": received_at + 30 * HOUR,
    } | limits(received_at) | changes  # fmt: skip
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await execute(f"insert into complaint ({', '.join(values)}) values ({places})", *values.values())
    return id_


async def a_verdict(id_: UUID, verdict: str, moment: dt.datetime) -> None:
    """Insert what who complained said of the answer."""
    await execute(
        "insert into complaint_event (id, community_id, complaint_id, kind, state, actor_name, detail, at)"
        " values ($1, $2, $3, $4, 'closed', '某人', jsonb_build_object('verdict', $5::text), $6)",
        uuid7(), SUNSHINE, id_, "refuse" if verdict == "C" else "accept", verdict, moment,
    )  # fmt: skip


@on_stage
async def test_a_month_of_complaints_reckoned_by_hand(db):
    good = await a_case(at(2))
    await a_verdict(good, "A", at(3))
    bad = await a_case(
        at(5), state="reopened", closed_at=None, due_at=at(9), last_by=at(30), cause="slow", verdict="C", reopened=1
    )
    await a_verdict(bad, "C", at(6))
    await a_case(at(10), replied_at=at(12), resulted_at=at(14), major="injury", channel="hotline")
    await a_case(at(12), state="received", replied_at=None, resulted_at=None, closed_at=None, cause=None, result=None)
    await a_case(at(15), state="withdrawn", replied_at=None, resulted_at=None, cause=None, result=None)
    await a_case(at(16), kind="suggestion")
    await a_case(at(31, 20), resulted_at=at(2, month=11), closed_at=at(3, month=11))
    found = await cases.count(SUNSHINE, "2026-10")
    mine = found.of()
    assert (mine.received, mine.major, mine.withdrawn, mine.suggestions, mine.open) == (5, 1, 1, 1, 3)
    assert (mine.replies, mine.replied_in_time) == (4, 2)  # that of the 31st is due in November
    assert (mine.answers, mine.answered_in_time, mine.beyond) == (4, 1, 2)
    assert (mine.verdict_a, mine.verdict_b, mine.verdict_c) == (1, 0, 1)
    assert found.of(None, "cause", "noise").received == 3
    assert found.of(None, "cause", "").received == 1
    assert (await cases.count(SUNSHINE, "2026-11")).of().answered_in_time == 1
    section = Complaints()
    assert section.value_of(found, "reply_rate") == Decimal(50)
    assert section.value_of(found, "cause:slow") == 1
    sizes = {
        "received": 5,
        "major": 1,
        "late_replies": 2,
        "late_answers": 3,
        "beyond": 2,
        "verdicts": 2,
        "refused": 1,
        "open": 3,
        "suggestions": 1,
    }
    assert {name: len(await cases.behind(SUNSHINE, "2026-10", name)) for name in cases.BEHIND} == sizes
    assert await cases.behind(SUNSHINE, "2026-10", "major", "channel", "hotline") != []
    assert section.first_words(found) == [
        "本月投诉 5 件，上月 0 件，其中重大 1 件；另有建议 1 件、表扬 0 件。",
        "24 小时回复率 50%，答复及时率 25%，答复满意率 50%；月末未办结 3 件。",
        "投诉最多的原因是噪声扰民 3 件（60%）、处理不及时 1 件（20%）。",
    ]


async def test_the_list_behind_a_figure_hides_a_complaint_from_whom_it_is_about(client_for):
    from server.db import DB, EVERYWHERE

    async with DB.scope(EVERYWHERE):
        await a_case(at(2), summary="内业态度不好", about_id=ZHOU.person_id, handler_id=WANG.person_id)
        await a_case(at(3), summary="装修太早")
    address = "/quality/complaints?month=2026-10&figure=received"
    mine, hers = [(await (await client_for(who)).get(address)).text for who in (WANG, ZHOU)]
    assert "内业态度不好" in mine
    assert "内业态度不好" not in hers
    assert "装修太早" in hers
    assert "投诉 2 件" in (await (await client_for(WANG)).get("/quality?month=2026-10")).text
