"""What who complained says of the answer: content, not content, or taken back."""

from uuid import UUID

from server.complaints.changing import Effect, change
from server.complaints.finding import ComplaintView, find
from server.complaints.kinds import ANSWER, LATEST
from server.db import transaction
from server.followups import drawing
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor


async def accept(complaint_id: UUID, *, by: Actor, act: Act, verdict: str) -> ComplaintView:
    """Note that who complained is content: A, or B; that ends it."""
    assert verdict in ("A", "B")
    effect = Effect(
        values={"verdict": verdict}, detail={"verdict": verdict}, brings=frozenset({"verdict"}), event="complaint_accepted"
    )  # fmt: skip
    async with transaction():
        await drawing.answered_by_owner("complaint", complaint_id, verdict, by.name)
        return await change(complaint_id, "accept", by=by, act=act, effect=effect)


async def refuse(complaint_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Note that who complained is not content (C): it is worked on again, within the usual days from now, and the manager hears of it."""
    async with transaction():
        case, moment = await find(complaint_id, by=by, lock=True), act.at or now()
        await drawing.answered_by_owner("complaint", complaint_id, "C", by.name)
        effect = Effect(
            values={
                "verdict": "C", "reopened": case.reopened + 1, "due_at": moment + ANSWER, "last_by": moment + LATEST,
                "closed_at": None, "escalation": 0,
            },
            detail={"verdict": "C"},
            event="complaint_refused",
        )  # fmt: skip
        return await change(complaint_id, "refuse", by=by, act=act, effect=effect)


async def withdraw(complaint_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Take a complaint back."""
    return await change(complaint_id, "withdraw", by=by, act=act, effect=Effect(event="complaint_withdrawn"))


async def reopen(complaint_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Work on it again, because a follow-up call found that it is not settled."""
    return await refuse(complaint_id, by=by, act=act)


async def lapse(complaint_id: UUID, *, by: Actor, act: Act, system: Actor) -> ComplaintView:
    """End a complaint that was answered and whose maker cannot be reached; `by` tried."""
    await change(complaint_id, "lapse", by=system, act=act, system=True)
    return await find(complaint_id, by=by)
