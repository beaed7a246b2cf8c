"""The life of a complaint, as a table: pure rules of plain values, and nothing else."""

from dataclasses import dataclass
from uuid import UUID

from server.lib.i18n import N_

STATES = {
    "received": N_("待处理"),
    "assigned": N_("处理中"),
    "replied": N_("已回复"),
    "resulted": N_("已答复"),
    "reopened": N_("重新处理"),
    "closed": N_("已办结"),
    "withdrawn": N_("已撤回"),
}
TONES = {"received": "bad", "assigned": "brand", "replied": "brand", "resulted": "warn", "reopened": "bad"}

WORKING = frozenset({"received", "assigned", "replied", "reopened"})
"""The answer is still owed: its clock runs."""

OPEN = WORKING | {"resulted"}

FILER = "filer"  # made it
OFFICE = "office"  # handles complaints (`complaint.handle`)
HANDLER = "handler"  # it was given to
MANAGER = "manager"  # oversees them (`complaint.oversee`)
CALLER = "caller"  # asks afterwards how it was answered (`followup.call`)
SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One row: `verb` leads from one of `sources` to `target` (None: it stays) when one of `parties` brings what it `needs`."""

    verb: str
    sources: frozenset[str]
    target: str | None
    parties: frozenset[str]
    needs: frozenset[str] = frozenset()
    stamps: str | None = None


def _step(
    verb: str,
    sources: frozenset[str] | set[str],
    target: str | None,
    parties: set[str],
    *needs: str,
    stamps: str | None = None,
) -> Step:
    return Step(verb, frozenset(sources), target, frozenset(parties), frozenset(needs), stamps)


STEPS: dict[str, Step] = {
    step.verb: step
    for step in (
        _step("assign", {"received"}, "assigned", {OFFICE, MANAGER}, "handler"),
        _step("reassign", WORKING - {"received"}, None, {OFFICE, MANAGER}, "handler"),
        _step("reply", WORKING - {"replied"}, "replied", {OFFICE, HANDLER}, "note"),
        _step("result", WORKING, "resulted", {OFFICE, HANDLER}, "note", "cause", stamps="resulted_at"),
        _step("accept", {"resulted"}, "closed", {FILER, CALLER}, "verdict", stamps="closed_at"),
        _step("refuse", {"resulted", "closed"}, "reopened", {FILER, CALLER}, "note"),
        _step("lapse", {"resulted"}, "closed", {SYSTEM}, stamps="closed_at"),
        _step("extend", WORKING, None, {MANAGER}, "note", "until"),
        _step("mark", WORKING, None, {OFFICE, MANAGER, HANDLER}, "major"),
        _step("withdraw", WORKING, "withdrawn", {FILER}, "note", stamps="closed_at"),
        _step("note", OPEN, None, {FILER, OFFICE, HANDLER, MANAGER}, "anything"),
        _step("escalate", WORKING, None, {SYSTEM}),
    )
}


class Refused(Exception):
    """The rules do not allow this step."""


class NotNow(Refused):
    """The step does not follow the complaint's state."""


class NotYours(Refused):
    """The step is not this party's."""


class Missing(Refused):
    """The step lacks what it needs (`args[0]`)."""


@dataclass(frozen=True)
class Standing:
    """What decides who somebody is to a complaint."""

    state: str
    filer_account_id: UUID | None
    handler_id: UUID | None
    about_id: UUID | None


@dataclass(frozen=True)
class Doer:
    """What the rules know of somebody."""

    account_id: UUID | None
    person_id: UUID | None
    handles: bool
    oversees: bool
    calls: bool


def parties_of(doer: Doer, case: Standing) -> frozenset[str]:
    """Return which parties of a complaint somebody is: whoever it is about is none, whatever their post (trade practice: avoidance 回避)."""
    if doer.person_id is not None and doer.person_id == case.about_id:
        return frozenset()
    found = set()
    if doer.account_id is not None and doer.account_id == case.filer_account_id:
        found.add(FILER)
    is_handler = doer.person_id is not None and doer.person_id == case.handler_id
    if is_handler:
        found.add(HANDLER)
    if doer.handles:
        found.add(OFFICE)
    if doer.oversees:
        found.add(MANAGER)
    if doer.calls and not is_handler:
        found.add(CALLER)
    return frozenset(found)


def may(verb: str, case: Standing, parties: frozenset[str]) -> bool:
    """Whether one of `parties` may take the step `verb` now."""
    return bool(STEPS[verb].parties & parties) and case.state in STEPS[verb].sources


def verbs_of(case: Standing, parties: frozenset[str]) -> list[str]:
    """Return the steps these parties may take now, in the order of the table."""
    return [verb for verb in STEPS if may(verb, case, parties)]


def check(verb: str, case: Standing, parties: frozenset[str], brings: frozenset[str] | set[str]) -> Step:
    """Return the row for a step; raise NotYours, NotNow or Missing when the rules do not allow it."""
    step = STEPS[verb]
    if not step.parties & parties:
        raise NotYours(verb)
    if case.state not in step.sources:
        raise NotNow(verb)
    for need in sorted(step.needs - set(brings)):
        raise Missing(need)
    return step


def explained(verbs: list[str]) -> str:
    """Return the state that a complaint's events lead to, the first being `file`; raise NotNow when they cannot have happened."""
    state = "received"
    for verb in verbs[1:]:
        if state not in STEPS[verb].sources:
            raise NotNow(verb)
        state = STEPS[verb].target or state
    return state
