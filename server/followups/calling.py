"""The call itself: what the owner said, or that nobody answered. Each writes the call, the thing it is about and the audit at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from server.audit.recording import as_json, record
from server.complaints import judging
from server.db import changed, transaction
from server.followups.finding import FollowUpView, find
from server.followups.kinds import TRIES
from server.lib.acting import Act
from server.lib.formats import now
from server.notices.recipients import holders_of
from server.notices.telling import tell
from server.security.actor import Actor, system_in
from server.tickets import settling

MANAGING = "ticket.rules"
"""Who may set the rules of repairs is told of every C: the manager of the site."""


class NotByYou(Exception):
    """Who did the work does not ask how it was."""


class Settled(Exception):
    """Somebody else has made the call meanwhile, or it is no longer needed. `call` is what it is now."""

    def __init__(self, call: FollowUpView) -> None:
        super().__init__(call.state)
        self.call = call


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What an owner said: the grade, the five questions, who spoke, and their own words."""

    rating: str  #: A | B | C
    respondent: str
    questions: dict[str, str] = field(default_factory=dict)
    note: str | None = None


async def _close_ticket(call: FollowUpView, *, by: Actor, act: Act) -> None:
    await settling.follow_up(call.entity_id, by=by, act=act, rating=call.rating)


async def _reopen_ticket(call: FollowUpView, *, by: Actor, act: Act) -> None:
    await settling.reopen(call.entity_id, by=by, act=act)


async def _close_complaint(call: FollowUpView, *, by: Actor, act: Act) -> None:
    if call.rating is None:
        await judging.lapse(call.entity_id, by=by, act=act, system=system_in(call.community_id, "complaint.oversee"))
    else:
        await judging.accept(call.entity_id, by=by, act=act, verdict=call.rating)


async def _reopen_complaint(call: FollowUpView, *, by: Actor, act: Act) -> None:
    await judging.reopen(call.entity_id, by=by, act=act)


Effect = Callable[..., Awaitable[None]]
GOOD: dict[str, Effect] = {"ticket": _close_ticket, "complaint": _close_complaint}
"""What follows for the thing when the owner is content, or cannot be reached."""

BAD: dict[str, Effect] = {"ticket": _reopen_ticket, "complaint": _reopen_complaint}
"""What follows when it turns out not to be solved."""


async def answered(call_id: UUID, answers: Answers, *, by: Actor, act: Act) -> FollowUpView:
    """Note what the owner said; C opens the thing again and tells the manager. Return the call after it.

    Raise NotFoundException, NotByYou, Settled.
    """
    async with transaction():
        call = await _due(call_id, by=by, act=act)
        after = {
            "rating": answers.rating, "respondent": answers.respondent, "note": answers.note,
            "answers": dict(answers.questions),
        }  # fmt: skip
        await changed(
            "update follow_up set state = 'done', rating = $2, respondent = $3, note = $4, answers = $5, tries = tries + 1,"
            " caller_account_id = $6, caller_name = $7, called_at = $8, version = version + 1 where id = $1",
            call.id, answers.rating, answers.respondent, answers.note, as_json(dict(answers.questions)),
            by.account_id, by.name, act.at or now(),
        )  # fmt: skip
        await _record(by, "followup.answer", call, after)
        call = await find(call_id, by=by)
        if answers.rating == "C":
            await BAD[call.entity](call, by=by, act=Act(note=answers.note or answers.respondent, at=act.at))
            await _tell_manager(call, by=by)
        else:
            await GOOD[call.entity](call, by=by, act=Act(note=answers.note, at=act.at))
        return call


async def missed(call_id: UUID, *, by: Actor, act: Act) -> FollowUpView:
    """Note that nobody answered; after TRIES times the call counts as unreached and the thing is closed. Return the call.

    Raise NotFoundException, NotByYou, Settled.
    """
    async with transaction():
        call = await _due(call_id, by=by, act=act)
        tries = call.tries + 1
        state = "unreached" if tries >= TRIES else "due"
        await changed(
            "update follow_up set state = $2, tries = $3, note = coalesce($4, note), caller_account_id = $5, caller_name = $6,"
            " called_at = $7, version = version + 1 where id = $1",
            call.id, state, tries, act.note, by.account_id, by.name, act.at or now(),
        )  # fmt: skip
        await _record(by, "followup.miss", call, {"tries": tries, "state": state})
        call = await find(call_id, by=by)
        if state == "unreached":
            await GOOD[call.entity](call, by=by, act=Act(note=act.note, at=act.at))
        return call


async def _due(call_id: UUID, *, by: Actor, act: Act) -> FollowUpView:
    """Return the call, locked, if it is still to be made and by this actor."""
    call = await find(call_id, by=by, lock=True)
    if call.bars(by):
        raise NotByYou
    if call.state != "due" or (act.base is not None and act.base != call.version):
        raise Settled(call)
    return call


async def _record(by: Actor, action: str, call: FollowUpView, after: Mapping[str, object]) -> None:
    await record(
        by, action, community_id=call.community_id, entity="follow_up", entity_id=call.id,
        before={"state": call.state, "tries": call.tries}, after={"number": call.number, **after},
    )  # fmt: skip


async def _tell_manager(call: FollowUpView, *, by: Actor) -> None:
    accounts = await holders_of(MANAGING, call.community_id) - {by.account_id}
    facts = {"number": call.number, "place": call.place, "summary": call.summary, "note": call.note or ""}
    await tell(
        [one for one in accounts if one is not None], "followup_poor", facts,
        link=f"/followups/{call.id}", entity_id=call.entity_id, community_id=call.community_id,
    )  # fmt: skip
