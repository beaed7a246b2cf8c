"""The life of a ticket, as a table: pure rules of plain values, and nothing else.

One row of STEPS per verb: from which states, to which, which party may take it, what it needs. A new step is a new row.
"""

from dataclasses import dataclass
from uuid import UUID

from server.lib.i18n import N_

STATES = {
    "submitted": N_("待受理"),
    "accepted": N_("待派单"),
    "transferred": N_("待改派"),
    "dispatched": N_("已派单"),
    "rework": N_("返工"),
    "taken": N_("已接单"),
    "arrived": N_("已到场"),
    "quoted": N_("待同意报价"),
    "owner_confirmed": N_("已同意报价"),
    "in_progress": N_("维修中"),
    "suspended": N_("暂停"),
    "finished": N_("待验收"),
    "owner_accepted": N_("已验收"),
    "paid": N_("已付款"),
    "followed_up": N_("已回访"),
    "closed": N_("已完成"),
    "rejected": N_("不予受理"),
    "cancelled": N_("已取消"),
}

SAID_TO_RESIDENTS = {
    "accepted": N_("已受理"),
    "transferred": N_("重新安排中"),
    "quoted": N_("请确认报价"),
    "rework": N_("返工中"),
    "followed_up": N_("已验收"),
}
"""What a state is called to who reported it, where the office's word would mean nothing to them."""

TONES = {
    "submitted": "bad",
    "accepted": "bad",
    "transferred": "bad",
    "dispatched": "brand",
    "rework": "bad",
    "taken": "brand",
    "arrived": "brand",
    "quoted": "warn",
    "owner_confirmed": "brand",
    "in_progress": "warn",
    "suspended": "",
    "finished": "warn",
}
"""How a state's badge is painted; the others are grey."""

UNASSIGNED = frozenset({"submitted", "accepted", "transferred"})
ON_SITE = frozenset({"arrived", "quoted", "owner_confirmed", "in_progress"})
MOVING = frozenset({"dispatched", "rework", "taken"}) | ON_SITE
ASSIGNED = MOVING | {"suspended"}
OPEN = UNASSIGNED | ASSIGNED | {"finished"}
"""Somebody still has to repair something, or to say that it is good."""

SETTLING = frozenset({"owner_accepted", "paid", "followed_up"})
"""The work is accepted; the office still has to be paid, or to ask how it was."""

LATE_STATES = UNASSIGNED | MOVING
"""The clock of the finish runs."""

BACK = "back"
"""The target of the step that ends a pause: the state it began in."""

# The parties of a ticket. Who is which is decided by `parties_of` alone.
RESIDENT = "resident"  # reported it, or lives in its room
ASSIGNEE = "assignee"  # the repairman it is given to
WITNESS = "witness"  # the repairman in somebody's home, whom the owner gives a signature or a code
HAND = "hand"  # any repairman, while the ticket lies in the pool
OFFICE = "office"  # gives out work
JUDGE = "judge"  # may say that the work is good: the resident at home, the office for common parts
CASHIER = "cashier"  # takes the money
CALLER = "caller"  # asks afterwards how it was; never who did the work
SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One row: `verb` leads from one of `sources` to `target` when one of `parties` does it and brings what it `needs`."""

    verb: str
    sources: frozenset[str]
    target: str | None  #: None: the state stays as it is; BACK: as it was before the pause
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
        # The office takes it in and gives it out.
        _step("accept", {"submitted"}, "accepted", {OFFICE}, stamps="accepted_at"),
        _step("reject", UNASSIGNED, "rejected", {OFFICE}, "note", stamps="closed_at"),
        _step("dispatch", UNASSIGNED, "dispatched", {OFFICE}, "assignee", stamps="assigned_at"),
        _step("offer", UNASSIGNED, "accepted", {OFFICE}, stamps="accepted_at"),
        _step("grab", {"accepted"}, "taken", {HAND}, "assignee", stamps="assigned_at"),
        _step("reassign", ASSIGNED, "dispatched", {OFFICE}, "assignee", stamps="assigned_at"),
        # The repairman on his way and on the spot.
        _step("take", {"dispatched", "rework"}, "taken", {ASSIGNEE}),
        _step("transfer", ASSIGNED - {"quoted"}, "transferred", {ASSIGNEE}, "note"),
        _step("arrive", {"taken"}, "arrived", {ASSIGNEE}, stamps="arrived_at"),
        _step("quote", {"arrived", "owner_confirmed", "in_progress"}, "quoted", {ASSIGNEE}, "lines"),
        _step("agree", {"quoted"}, "owner_confirmed", {JUDGE, OFFICE, WITNESS}, "consent", stamps="agreed_at"),
        _step("decline", {"quoted"}, "arrived", {JUDGE, OFFICE, WITNESS}, "note"),
        _step("start", {"arrived", "owner_confirmed"}, "in_progress", {ASSIGNEE}, stamps="started_at"),
        _step("suspend", MOVING, "suspended", {ASSIGNEE, OFFICE}, "reason", stamps="suspended_at"),
        _step("resume", {"suspended"}, BACK, {ASSIGNEE, OFFICE}),
        _step("finish", {"in_progress"}, "finished", {ASSIGNEE}, "photo", "note", "materials", stamps="finished_at"),
        # Whether it is good.
        _step("rework", {"finished"}, "rework", {JUDGE, OFFICE}, "note"),
        _step("confirm", {"finished"}, "owner_accepted", {JUDGE, OFFICE}, "rating", stamps="accepted_work_at"),
        _step("sign", {"finished"}, "owner_accepted", {WITNESS}, "consent", stamps="accepted_work_at"),
        _step("lapse", {"finished"}, "owner_accepted", {SYSTEM}, stamps="accepted_work_at"),
        # What is left afterwards.
        _step("pay", {"owner_accepted", "followed_up"}, "paid", {CASHIER}, "payment", stamps="paid_at"),
        _step("follow_up", {"owner_accepted", "paid"}, "followed_up", {CALLER}),
        _step("reopen", SETTLING | {"closed"}, "rework", {CALLER, OFFICE}, "note"),
        _step("close", SETTLING, "closed", {SYSTEM}, stamps="closed_at"),
        _step(
            "cancel",
            UNASSIGNED | (ASSIGNED - {"in_progress"}),
            "cancelled",
            {RESIDENT, OFFICE},
            "note",
            stamps="closed_at",
        ),
        # What leaves it where it is.
        _step("note", OPEN | SETTLING, None, {RESIDENT, ASSIGNEE, OFFICE}, "anything"),
        _step("urge", LATE_STATES, None, {RESIDENT}),
        _step("adjust", OPEN, None, {OFFICE}, "change"),
        _step("escalate", LATE_STATES, None, {SYSTEM}),
    )
}

BIRTHS = {"resident": "submitted", "office": "accepted"}
"""The state a report begins in, by who makes it: what the office writes down itself it has accepted."""

RATINGS = {"good": N_("满意"), "fair": N_("较满意"), "poor": N_("不满意")}

PAYERS = {
    "company": N_("物业承担"),
    "owner": N_("业主付费"),
    "warranty": N_("保修（建设单位）"),
    "fund": N_("维修资金"),
    "liable": N_("责任人付费"),
}
"""Who bears the cost, apart from what is broken."""

PAYING = frozenset({"owner", "liable"})
"""Who is charged, and has to agree beforehand."""

REASONS = {"parts": N_("待料"), "owner": N_("待业主"), "outside": N_("委外处理"), "approval": N_("待审批")}
"""Why work is suspended."""

CONSENTS = {"app": N_("手机上同意"), "signature": N_("现场签名"), "code": N_("报了验收码"), "phone": N_("电话同意")}
"""How an owner has agreed to a price or to the finished work."""

CAUSES = {
    "wear": N_("自然老化"),
    "misuse": N_("使用不当"),
    "building": N_("施工质量"),
    "material": N_("配件质量"),
    "outside": N_("外力损坏"),
    "other": N_("其他原因"),
}
"""Why something broke, as who repaired it codes it."""

WAYS_TO_PAY = {
    "cash": N_("现金"),
    "wechat": N_("微信"),
    "alipay": N_("支付宝"),
    "card": N_("刷卡"),
    "transfer": N_("转账"),
}


class Refused(Exception):
    """The rules do not allow this step."""


class NotNow(Refused):
    """The step does not follow the ticket's state."""


class NotYours(Refused):
    """The step is not this party's."""


class Missing(Refused):
    """The step lacks what it needs, such as photo, note, assignee or rating (`args[0]`)."""


@dataclass(frozen=True)
class Standing:
    """What decides who somebody is to a ticket, and where a step leads."""

    state: str
    location: str  #: private | common
    room_id: UUID | None
    reporter_account_id: UUID | None
    assignee_id: UUID | None
    pooled: bool = False
    suspended_from: str | None = None
    owes: bool = False  #: a charge was agreed to and not yet paid


@dataclass(frozen=True)
class Doer:
    """What the rules know of somebody."""

    account_id: UUID | None
    person_id: UUID | None
    room_ids: frozenset[UUID]
    assigns: bool  #: may give out work (`ticket.assign`)
    works: bool  #: does repairs (`ticket.work`)
    charges: bool = False  #: takes money (`ticket.charge`)
    calls: bool = False  #: asks owners afterwards (`followup.call`)


def parties_of(doer: Doer, ticket: Standing) -> frozenset[str]:
    """Return which parties of `ticket` somebody is; nobody judges their own work, or asks how it was."""
    found = set()
    reported = doer.account_id is not None and doer.account_id == ticket.reporter_account_id
    lives_here = ticket.location == "private" and ticket.room_id in doer.room_ids
    works_on_it = doer.person_id is not None and doer.person_id == ticket.assignee_id
    if reported or lives_here:
        found.add(RESIDENT)
    if works_on_it and doer.works:
        found.add(ASSIGNEE)
        if ticket.location == "private":
            found.add(WITNESS)
    if doer.works and ticket.pooled and ticket.assignee_id is None:
        found.add(HAND)
    if not works_on_it:
        found |= {OFFICE} if doer.assigns else set()
        found |= {CASHIER} if doer.charges else set()
        found |= {CALLER} if doer.calls else set()
        if (reported or lives_here) and ticket.location == "private":
            found.add(JUDGE)
    return frozenset(found)


def may(verb: str, ticket: Standing, parties: frozenset[str]) -> bool:
    """Whether one of `parties` may take the step `verb` from where `ticket` is."""
    return bool(STEPS[verb].parties & parties) and fits(verb, ticket)


def fits(verb: str, ticket: Standing) -> bool:
    """Whether the step `verb` can follow, whoever takes it."""
    if ticket.state not in STEPS[verb].sources:
        return False
    return ticket.owes if verb == "pay" else not (verb == "close" and ticket.owes)


def verbs_of(ticket: Standing, parties: frozenset[str]) -> list[str]:
    """Return the steps these parties may take now, in the order of the table."""
    return [verb for verb in STEPS if may(verb, ticket, parties)]


def target_of(verb: str, ticket: Standing) -> str:
    """Return the state that a step leads to."""
    target = STEPS[verb].target
    if target == BACK:
        assert ticket.suspended_from is not None
        return ticket.suspended_from
    return target or ticket.state


def check(verb: str, ticket: Standing, parties: frozenset[str], brings: frozenset[str] | set[str]) -> Step:
    """Return the row for a step; raise NotYours, NotNow or Missing when the rules do not allow it."""
    if not STEPS[verb].parties & parties:
        raise NotYours(verb)
    return check_order(verb, ticket, brings)


def check_order(verb: str, ticket: Standing, brings: frozenset[str] | set[str]) -> Step:
    """Return the row for a step that somebody may take; raise NotNow or Missing. All that a phone without signal can know."""
    step = STEPS[verb]
    if not fits(verb, ticket):
        raise NotNow(verb)
    for need in sorted(step.needs - set(brings)):
        raise Missing(need)
    return step


def explained(verbs: list[str]) -> str:
    """Return the state that events lead to, the first being `report` or `register`; raise NotNow when they cannot have happened."""
    state = {"report": BIRTHS["resident"], "register": BIRTHS["office"]}[verbs[0]]
    before = state
    for verb in verbs[1:]:
        step = STEPS[verb]
        if state not in step.sources:
            raise NotNow(verb)
        if step.target == "suspended":
            before = state
        state = before if step.target == BACK else step.target or state
    return state
