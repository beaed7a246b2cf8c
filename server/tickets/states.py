"""The life of a ticket, as a table: pure rules of plain values, and nothing else.

One row of STEPS per verb: from which states, to which, which party may take it, what it needs. A new step is a new row.
"""

from dataclasses import dataclass
from uuid import UUID

from server.lib.i18n import N_

STATES = {
    "submitted": N_("待受理"),
    "accepted": N_("待派单"),
    "dispatched": N_("已派单"),
    "rework": N_("返工"),
    "taken": N_("已接单"),
    "in_progress": N_("维修中"),
    "finished": N_("待验收"),
    "owner_accepted": N_("已验收"),
    "closed": N_("已完成"),
    "cancelled": N_("已取消"),
}

SAID_TO_RESIDENTS = {
    "accepted": N_("已受理"),
    "rework": N_("返工中"),
}
"""What a state is called to who reported it, where the office's word would mean nothing to them."""

TONES = {
    "submitted": "bad",
    "accepted": "bad",
    "dispatched": "brand",
    "rework": "bad",
    "taken": "brand",
    "in_progress": "warn",
    "finished": "warn",
}
"""How a state's badge is painted; the others are grey."""

UNASSIGNED = frozenset({"submitted", "accepted"})
ASSIGNED = frozenset({"dispatched", "rework", "taken", "in_progress"})
OPEN = UNASSIGNED | ASSIGNED | {"finished"}
"""Somebody still has to do something."""

LATE_STATES = UNASSIGNED | ASSIGNED
"""The clock of the finish runs."""

# The parties of a ticket. Who is which is decided by `parties_of` alone.
RESIDENT = "resident"  # reported it, or lives in its room
ASSIGNEE = "assignee"  # the repairman it is given to
OFFICE = "office"  # gives out work
JUDGE = "judge"  # may say that the work is good: the resident at home, the office for common parts
SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One row: `verb` leads from one of `sources` to `target` when one of `parties` does it and brings what it `needs`."""

    verb: str
    sources: frozenset[str]
    target: str
    parties: frozenset[str]
    needs: frozenset[str] = frozenset()
    stamps: str | None = None  #: the column that is set to the time of the step


def _step(
    verb: str,
    sources: frozenset[str] | set[str],
    target: str,
    parties: set[str],
    *needs: str,
    stamps: str | None = None,
) -> Step:
    return Step(verb, frozenset(sources), target, frozenset(parties), frozenset(needs), stamps)


STEPS: dict[str, Step] = {
    step.verb: step
    for step in (
        _step("accept", {"submitted"}, "accepted", {OFFICE}),
        _step("dispatch", UNASSIGNED, "dispatched", {OFFICE}, "assignee", stamps="assigned_at"),
        _step("reassign", ASSIGNED, "dispatched", {OFFICE}, "assignee", stamps="assigned_at"),
        _step("take", {"dispatched", "rework"}, "taken", {ASSIGNEE}),
        _step("start", {"taken"}, "in_progress", {ASSIGNEE}, stamps="started_at"),
        _step("finish", {"in_progress"}, "finished", {ASSIGNEE}, "photo", "note", stamps="finished_at"),
        _step("rework", {"finished"}, "rework", {JUDGE, OFFICE}, "note"),
        _step("confirm", {"finished"}, "owner_accepted", {JUDGE, OFFICE}, "rating"),
        _step("close", {"owner_accepted"}, "closed", {SYSTEM}, stamps="closed_at"),
        _step(
            "cancel", UNASSIGNED | {"dispatched", "taken"}, "cancelled", {RESIDENT, OFFICE}, "note", stamps="closed_at"
        ),
    )
}

BIRTHS = {"resident": "submitted", "office": "accepted"}
"""The state a report begins in, by who makes it: what the office writes down itself it has accepted."""

RATINGS = {"good": N_("满意"), "fair": N_("较满意"), "poor": N_("不满意")}


class Refused(Exception):
    """The rules do not allow this step."""


class NotNow(Refused):
    """The step does not follow the ticket's state."""


class NotYours(Refused):
    """The step is not this party's."""


class Missing(Refused):
    """The step lacks what it needs: photo, note, assignee or rating (`args[0]`)."""


@dataclass(frozen=True)
class Standing:
    """What decides who somebody is to a ticket."""

    state: str
    location: str  #: private | common
    room_id: UUID | None
    reporter_account_id: UUID | None
    assignee_id: UUID | None


@dataclass(frozen=True)
class Doer:
    """What the rules know of somebody."""

    account_id: UUID | None
    person_id: UUID | None
    room_ids: frozenset[UUID]
    assigns: bool  #: may give out work (`ticket.assign`)
    works: bool  #: does repairs (`ticket.work`)


def parties_of(doer: Doer, ticket: Standing) -> frozenset[str]:
    """Return which parties of `ticket` somebody is; nobody judges their own work."""
    found = set()
    reported = doer.account_id is not None and doer.account_id == ticket.reporter_account_id
    lives_here = ticket.location == "private" and ticket.room_id in doer.room_ids
    works_on_it = doer.person_id is not None and doer.person_id == ticket.assignee_id
    if reported or lives_here:
        found.add(RESIDENT)
    if works_on_it and doer.works:
        found.add(ASSIGNEE)
    if doer.assigns and not works_on_it:
        found.add(OFFICE)
    if (reported or lives_here) and ticket.location == "private" and not works_on_it:
        found.add(JUDGE)
    return frozenset(found)


def may(verb: str, state: str, parties: frozenset[str]) -> bool:
    """Whether one of `parties` may take the step `verb` from `state`."""
    step = STEPS[verb]
    return state in step.sources and bool(step.parties & parties)


def verbs_of(state: str, parties: frozenset[str]) -> list[str]:
    """Return the steps these parties may take now, in the order of the table."""
    return [verb for verb in STEPS if may(verb, state, parties)]


def check(verb: str, state: str, parties: frozenset[str], brings: frozenset[str] | set[str]) -> Step:
    """Return the row for a step; raise NotYours, NotNow or Missing when the rules do not allow it."""
    step = STEPS[verb]
    if not step.parties & parties:
        raise NotYours(verb)
    if state not in step.sources:
        raise NotNow(verb)
    for need in sorted(step.needs - set(brings)):
        raise Missing(need)
    return step


def explained(verbs: list[str]) -> str:
    """Return the state that events lead to, the first being `report` or `register`; raise NotNow when they cannot have happened."""
    state = {"report": BIRTHS["resident"], "register": BIRTHS["office"]}[verbs[0]]
    for verb in verbs[1:]:
        if state not in STEPS[verb].sources:
            raise NotNow(verb)
        state = STEPS[verb].target
    return state
