"""The life of a hazard, as a table: pure rules of plain values, and nothing else.

One row of STEPS per verb: from which states, to which (None: it stays), which party may take it, what it needs. The same table,
without the parties, is in static/js/field/reducers/hazard.js; tests keep both equal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from server.lib.i18n import N_

STATES = {
    "found": N_("待登记"),
    "registered": N_("待下通知"),
    "notice_issued": N_("待整改"),
    "rectifying": N_("整改中"),
    "submitted": N_("待复查"),
    "rechecking": N_("复查中"),
    "failed": N_("复查未通过"),
    "closed": N_("已销号"),
    "dismissed": N_("不成立"),
}

TONES = {
    "found": "bad",
    "registered": "warn",
    "notice_issued": "brand",
    "rectifying": "brand",
    "submitted": "warn",
    "rechecking": "warn",
    "failed": "bad",
}
"""How a state's badge is painted; the others are grey."""

ENDS = frozenset({"closed", "dismissed"})
OPEN = frozenset(STATES) - ENDS
"""Somebody still has to do something."""

CLOCK = frozenset({"found", "registered", "notice_issued", "rectifying", "failed"})
"""The deadline of the rectification runs; once it is handed in for the re-check it has been met or missed."""

ON_IT = CLOCK - {"found", "registered"}
RECHECK = frozenset({"submitted", "rechecking"})
START = frozenset({"found", "registered", "notice_issued", "failed", "rectifying"})
"""Two who begin without knowing of each other do it together: the second joins."""

# The parties of a hazard. Who is which is decided by `parties_of` alone.
STAFF = "staff"  # works here and may report hazards
HANDLER = "handler"  # puts hazards right (`hazard.handle`)
OFFICE = "office"  # registers, issues notices, approves (`hazard.manage`)
RECTIFIER = "rectifier"  # is to put this one right, or has begun to
CHECKER = "checker"  # may re-check this one: never who put it right
SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One row: `verb` leads from one of `sources` to `target` when one of `parties` does it and brings what it `needs`."""

    verb: str
    sources: frozenset[str]
    target: str | None
    parties: frozenset[str]
    needs: frozenset[str] = frozenset()
    stamps: str | None = None  #: the column that is set to the time of the step


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
        _step("register", {"found"}, "registered", {OFFICE}, stamps="registered_at"),
        _step("notice", {"registered"}, "notice_issued", {OFFICE}, "responsible", "deadline", stamps="noticed_at"),
        _step("assign", ON_IT, None, {OFFICE}, "responsible"),
        _step("start", START, "rectifying", {HANDLER, RECTIFIER}),
        _step("submit", {"rectifying"}, "submitted", {RECTIFIER}, "photo", "note", stamps="submitted_at"),
        _step("inspect", {"submitted"}, "rechecking", {CHECKER}),
        _step("pass", RECHECK, "closed", {CHECKER}, "photo", stamps="closed_at"),
        _step("fail", RECHECK, "failed", {CHECKER}, "photo", "note"),
        _step("extend", ON_IT, None, {RECTIFIER, HANDLER}, "note", "until"),
        _step("decide", OPEN, None, {OFFICE}),
        _step("isolate", OPEN, None, {STAFF}, "note", stamps="isolated_at"),
        _step("tell_company", OPEN, None, {STAFF}, "note", stamps="told_company_at"),
        _step("tell_authority", OPEN, None, {OFFICE}, "note", stamps="told_authority_at"),
        _step("dissuade", OPEN, None, {STAFF}, "note", stamps="dissuaded_at"),
        _step("plan", CLOCK, None, {OFFICE}, "plan"),
        _step("grade", CLOCK, None, {OFFICE}, "note"),
        _step("ticket", OPEN, None, {OFFICE}),
        _step("escalate", CLOCK, None, {SYSTEM}),
        _step("dismiss", {"found", "registered"}, "dismissed", {OFFICE}, "note", stamps="closed_at"),
        _step("note", frozenset(STATES), None, {STAFF}),
    )
}

BIRTHS = {"report": "found"}
"""The state a hazard begins in."""

MAJOR_ONLY = frozenset({"isolate", "tell_company", "plan"})
ONCE = {"isolate": "isolated_at", "tell_company": "told_company_at", "tell_authority": "told_authority_at"}
"""What is done once: the columns say whether it has been."""


class Refused(Exception):
    """The rules do not allow this step."""


class NotNow(Refused):
    """The step does not follow the hazard's state."""


class NotYours(Refused):
    """The step is not this party's."""


class OwnWork(NotYours):
    """Nobody re-checks what they put right, or approves what they asked for."""


class Missing(Refused):
    """The step lacks what it needs (`args[0]`): photo, note, responsible, deadline, until, plan, or the major path's order."""


@dataclass(frozen=True)
class Standing:
    """What the rules need to know of a hazard."""

    state: str
    grade: str = "general"
    illegal: bool = False
    responsible: UUID | str | None = None  #: the person
    rectifiers: frozenset[UUID | str] = (
        frozenset()
    )  #: accounts that began or handed in the work, in this round or before
    asked_by: UUID | str | None = None  #: the account whose request for more time waits
    done: frozenset[str] = frozenset()  #: which of ONCE have been done
    planned: bool = False


@dataclass(frozen=True)
class Doer:
    """What the rules know of somebody."""

    account: UUID | str | None
    person: UUID | str | None
    reports: bool = False  #: `hazard.report`
    handles: bool = False  #: `hazard.handle`
    manages: bool = False  #: `hazard.manage`
    company: bool = False  #: `hazard.company`: re-checks the major ones


def is_rectifier(doer: Doer, hazard: Standing) -> bool:
    """Whether somebody is to put this right, or has worked on it."""
    return (doer.person is not None and doer.person == hazard.responsible) or doer.account in hazard.rectifiers


def parties_of(doer: Doer, hazard: Standing) -> frozenset[str]:
    """Return which parties of `hazard` somebody is. The re-check of a major hazard is the company's."""
    found = set()
    rectifies = is_rectifier(doer, hazard)
    if doer.reports or doer.handles or doer.manages:
        found.add(STAFF)
    if doer.handles:
        found.add(HANDLER)
    if doer.manages:
        found.add(OFFICE)
    if rectifies and STAFF in found:
        found.add(RECTIFIER)
    checks = doer.company if hazard.grade == "major" else doer.handles or doer.manages
    if checks and not rectifies:
        found.add(CHECKER)
    return frozenset(found)


def fits(verb: str, hazard: Standing) -> bool:
    """Whether the step follows the hazard's state and kind, whoever takes it."""
    if hazard.state not in STEPS[verb].sources or verb in hazard.done:
        return False
    major = hazard.grade == "major"
    if verb in MAJOR_ONLY and not major:
        return False
    if verb == "tell_authority" and not (major or hazard.illegal):
        return False
    if verb == "dissuade" and not hazard.illegal:
        return False
    if verb == "start" and major:  # nobody sets to work on it before notice and plan
        return hazard.state in ON_IT
    if verb == "extend":
        return hazard.asked_by is None
    return verb != "decide" or hazard.asked_by is not None


def lacks(verb: str, hazard: Standing) -> str | None:
    """Return what the major path still wants before `verb`: "isolate", "tell_company", "tell_authority" or "plan"."""
    if hazard.grade != "major" or verb != "notice":
        return None
    wanted = next((one for one in ONCE if one not in hazard.done), None)
    return wanted or (None if hazard.planned else "plan")


def verbs_of(doer: Doer, hazard: Standing) -> list[str]:
    """Return the steps somebody may take now, in the order of the table."""
    return [verb for verb in STEPS if _may(verb, doer, hazard)]


def _may(verb: str, doer: Doer, hazard: Standing) -> bool:
    own = verb == "decide" and doer.account == hazard.asked_by
    joins = verb == "start" and hazard.state == "rectifying"
    fit = fits(verb, hazard) and lacks(verb, hazard) is None
    return fit and not own and not joins and bool(STEPS[verb].parties & parties_of(doer, hazard))


def check(verb: str, hazard: Standing, doer: Doer, brings: Iterable[str], *, system: bool = False) -> Step:
    """Return the row for a step; raise NotYours, OwnWork, NotNow or Missing when the rules do not allow it."""
    step = STEPS[verb]
    check_party(step, hazard, frozenset({SYSTEM}) if system else parties_of(doer, hazard), doer)
    check_order(verb, hazard, brings)
    return step


def check_party(step: Step, hazard: Standing, parties: frozenset[str], doer: Doer) -> None:
    """Raise OwnWork or NotYours when none of `parties` may take the step."""
    if step.verb == "decide" and doer.account == hazard.asked_by:
        raise OwnWork(step.verb)
    if step.parties & parties:
        return
    if CHECKER in step.parties and is_rectifier(doer, hazard):
        raise OwnWork(step.verb)
    raise NotYours(step.verb)


def check_order(verb: str, hazard: Standing, brings: Iterable[str]) -> None:
    """Raise NotNow or Missing when the step does not fit now, whoever takes it."""
    if not fits(verb, hazard):
        raise NotNow(verb)
    wanted = lacks(verb, hazard)
    if wanted:
        raise Missing(wanted)
    for need in sorted(STEPS[verb].needs - set(brings)):
        raise Missing(need)


def explained(verbs: list[str]) -> str:
    """Return the state that events lead to, the first being a birth; raise NotNow when they cannot have happened."""
    state = BIRTHS[verbs[0]]
    for verb in verbs[1:]:
        if state not in STEPS[verb].sources:
            raise NotNow(verb)
        state = STEPS[verb].target or state
    return state
