"""Two months of calls in the demonstration: most content, one who is not, one who never answers, some that wait."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from server.db import fetch
from server.demo.repairs import staff
from server.followups.calling import Answers, answered, missed
from server.followups.kinds import QUESTIONS, TRIES
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor
from server.tickets import settling
from server.tickets.finding import find

RECENT = timedelta(days=3)
"""What was accepted since then is still to be called about; one older one is late."""

WORDS = ("师傅手脚快", "修得不错，收拾得也干净", "来之前打了电话", "等了一会儿，能理解", "现在没问题了", "", "", "", "")


async def write_follow_ups(community_id: UUID, random: Random) -> None:
    """Let the clerk call those whose repairs were drawn, as she would by hand."""
    clerk = await staff("zhou", community_id)
    accepted = await fetch(
        "select ticket.id, ticket.accepted_work_at, reporter.name from ticket join person as reporter on reporter.id = reporter_id"
        " where ticket.community_id = $1 and state in ('owner_accepted', 'paid') order by accepted_work_at desc",
        community_id,
    )
    since = now() - RECENT
    older = [one["id"] for one in accepted if one["accepted_work_at"] < since]
    late, bad, silent = older[0], older[2], older[4]
    for one in accepted:
        ticket = await find(one["id"], by=clerk)
        await settling.draw(ticket)
        call = (await fetch("select id from follow_up where entity_id = $1", ticket.id))[0]["id"]
        moment = min(one["accepted_work_at"] + timedelta(hours=random.randrange(5, 60)), now() - timedelta(minutes=20))
        if one["accepted_work_at"] >= since or one["id"] == late:
            continue
        if one["id"] == bad:
            await not_solved(call, one["name"], moment, by=clerk)
        elif one["id"] == silent:
            for turn in range(TRIES):
                await missed(
                    call, by=clerk, act=Act(note="无人接听", at=moment + timedelta(hours=turn * 6 - 2 * TRIES * 6))
                )
        else:
            await content(call, one["name"], moment, random, by=clerk)


async def content(call: UUID, name: str, moment: datetime, random: Random, *, by: Actor) -> None:
    """Somebody is content, or nearly."""
    rating = random.choices("AB", (82, 18))[0]
    questions = dict.fromkeys(QUESTIONS, "yes") | {"charge": "none"}
    if rating == "B":
        questions[random.choice(["on_time", "tidy"])] = "no"
    words = random.choice(WORDS) or None
    await answered(
        call, Answers(rating=rating, respondent=name, questions=questions, note=words), by=by,
        act=Act(at=moment),
    )  # fmt: skip


async def not_solved(call: UUID, name: str, moment: datetime, *, by: Actor) -> None:
    """Somebody is not: the work is opened again."""
    questions = dict.fromkeys(QUESTIONS, "yes") | {"solved": "no", "charge": "none"}
    answers = Answers(rating="C", respondent=name, questions=questions, note="当天好了，第二天又坏了，希望换个师傅来看")
    await answered(call, answers, by=by, act=Act(at=moment))
