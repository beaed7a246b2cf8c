"""How the operations change a hazard's document, in Python; static/js/field/reducers/hazard.js does the same to the letter.

They know no capabilities: whose step it is decides the server. What they do know is the order of the steps, what each needs, and that
nobody re-checks their own work or approves their own request.
"""

from typing import Any

from server.field.reducers import Refusal, reducer
from server.hazards import states
from server.hazards.changing import role_of
from server.hazards.kinds import (
    CATEGORIES,
    GRADES,
    HOURS,
    ILLEGAL_REPORT,
    MAJOR_REPORT,
    PACES,
    PLAN,
    SOURCES,
    end_of_day,
    guess_grade,
    pace_of,
    summary_of,
)
from server.hazards.states import Doer, Missing, NotNow, Standing
from server.lib.i18n import N_

Document = dict[str, Any]
HOUR = 3_600_000
PLACE_LENGTH = 120

UNKNOWN = N_("这台手机上还没有这条隐患，请先同步")
TWICE = N_("这条隐患已经上报过了")
NOT_NOW = N_("现在不能做这一步，请看最新进展")
OWN_WORK = N_("整改和复查不能是同一个人，请换一位同事复查")
OWN_REQUEST = N_("不能审批自己的申请")
CHOOSE = N_("请从列表中选择")
NOT_LATER = N_("新的期限要晚于现在的期限")

MISSING = {
    "photo": N_("请拍一张照片"),
    "note": N_("请写一句说明"),
    "place": N_("请写明位置，例如 3栋1单元 大堂"),
    "responsible": N_("请选择整改责任人"),
    "deadline": N_("请选择整改期限"),
    "until": N_("请填写日期，例如 2026-11-23"),
    "plan": N_("五落实要逐项写明"),
    "isolate": N_("重大隐患：请先隔离现场"),
    "tell_company": N_("重大隐患：请先报告公司"),
    "tell_authority": N_("重大隐患：请先报告主管部门"),
    "anything": N_("请写一句或拍张照片"),
}


def text(op: Document, name: str) -> str:
    """Return an argument as text; '' when it is missing or no single text."""
    value = op["args"].get(name, "")
    return value if isinstance(value, str) else ""


def one_of(op: Document, name: str, choices: Any, default: str = "") -> str:
    """Return an argument that has to be one of `choices`; '' stands for `default`. Raise Refusal."""
    value = text(op, name) or default
    if value not in choices:
        raise Refusal(CHOOSE)
    return value


def day_of(op: Document, name: str) -> int | None:
    """Return the last second of the day an argument names, in milliseconds; None when it is empty. Raise Refusal."""
    value = text(op, name)
    if not value:
        return None
    try:
        return int(end_of_day(value).timestamp()) * 1000
    except ValueError:
        raise Refusal(MISSING["until"]) from None


def standing(doc: Document) -> Standing:
    """Return what the rules need to know of a document."""
    return Standing(
        doc["state"],
        doc["grade"],
        doc["illegal"],
        doc["responsible"] or None,
        frozenset(doc["rectifiers"]),
        doc["extension"]["by"] if doc["extension"] else None,
        frozenset(verb for verb in states.ONCE if doc[DONE_AT[verb]] is not None),
        doc["planned"],
    )


DONE_AT = {"isolate": "isolated", "tell_company": "told_company", "tell_authority": "told_authority"}


def step(doc: Document | None, op: Document, verb: str, brings: set[str] | None = None) -> Document:
    """Return the document with the step taken and told; raise Refusal when its turn has not come or something is missing."""
    if doc is None:
        raise Refusal(UNKNOWN)
    known, note = standing(doc), text(op, "note")
    doer = Doer(op["by"]["account"], op["by"]["person"] or None)
    if states.CHECKER in states.STEPS[verb].parties and states.is_rectifier(doer, known):
        raise Refusal(OWN_WORK)
    if verb == "decide" and known.asked_by == doer.account:
        raise Refusal(OWN_REQUEST)
    brought = (brings or set()) | ({"note"} if note else set()) | ({"photo"} if op["photos"] else set())
    try:
        states.check_order(verb, known, brought)
    except NotNow:
        raise Refusal(NOT_NOW) from None
    except Missing as error:
        raise Refusal(MISSING[error.args[0]]) from None
    state = states.STEPS[verb].target or doc["state"]
    photos = [{"id": one["id"], "role": role_of(verb), "pending": op["pending"]} for one in op["photos"]]
    event = told(op, verb, state, note)
    return doc | {"state": state, "events": [event, *doc["events"]], "photos": doc["photos"] + photos}


def told(op: Document, verb: str, state: str, note: str) -> Document:
    """Return the event of an operation."""
    return {
        "id": op["id"],
        "verb": verb,
        "state": state,
        "at": op["at"],
        "account": op["by"]["account"],
        "name": op["by"]["name"],
        "note": note,
        "photos": [one["id"] for one in op["photos"]],
        "pending": op["pending"],
    }


def report_by(grade: str, category: str, found: int) -> int | None:
    """Return by when company and authority have to know, in milliseconds, or None."""
    if grade == "major":
        return found + int(MAJOR_REPORT.total_seconds()) * 1000
    return found + int(ILLEGAL_REPORT.total_seconds()) * 1000 if CATEGORIES[category].illegal else None


# ---- A new one ------------------------------------------------------------------------------------------------------


def born(id_: str, op: Document, facts: dict[str, str]) -> Document:
    """Return the document of a new hazard. `facts`: category, grade, source, place, text, measure, round, checkpoint, building.

    Also for other operations that find one, such as a × on a round.
    """
    category, grade = facts["category"], facts["grade"]
    pace = pace_of(category, grade)
    return {
        "kind": "hazard", "id": id_, "v": 0, "number": "", "state": "found", "grade": grade, "category": category,
        "source": facts["source"], "round": facts.get("round", ""), "checkpoint": facts.get("checkpoint", ""),
        "building": facts.get("building", ""), "place": facts["place"], "summary": summary_of(facts["text"]),
        "description": facts["text"], "measure": facts.get("measure", ""), "demand": "", "result": "", "pace": pace,
        "due": op["at"] + HOURS[pace] * HOUR, "found": op["at"], "closed": None, "told_company": None, "told_authority": None,
        "isolated": None, "report_by": report_by(grade, category, op["at"]), "illegal": CATEGORIES[category].illegal,
        "planned": False, "plan": {}, "responsible": "", "responsible_name": "", "rectifiers": [],
        "reporter": op["by"]["account"], "reporter_name": op["by"]["name"], "ticket": "", "ticket_number": "",
        "extension": None, "limits": dict(HOURS), "events": [told(op, "report", "found", facts["text"])],
        "photos": [{"id": one["id"], "role": role_of("report"), "pending": op["pending"]} for one in op["photos"]],
        "pending": op["pending"],
    }  # fmt: skip


@reducer("hazard.report", "hazard")
def report(doc: Document | None, op: Document) -> Document:
    """Make a hazard: at least one photo, where it is, what kind."""
    if doc is not None:
        raise Refusal(TWICE)
    place = text(op, "place")
    if not op["photos"]:
        raise Refusal(MISSING["photo"])
    if not place or len(place) > PLACE_LENGTH:
        raise Refusal(MISSING["place"])
    return born(
        op["entity"],
        op,
        {
            "category": one_of(op, "category", CATEGORIES),
            "grade": one_of(op, "grade", GRADES, guess_grade(text(op, "text"))),
            "source": one_of(op, "source", SOURCES, "report"),
            "place": place,
            "text": text(op, "text"),
            "measure": text(op, "measure"),
            "round": text(op, "round"),
            "checkpoint": text(op, "checkpoint"),
            "building": text(op, "building"),
        },
    )


# ---- The office -----------------------------------------------------------------------------------------------------


def graded(doc: Document, grade: str, category: str) -> Document:
    """Return the document with grade and category, and the limits that follow from them."""
    pace = pace_of(category, grade)
    return doc | {
        "grade": grade,
        "category": category,
        "illegal": CATEGORIES[category].illegal,
        "pace": pace,
        "due": doc["found"] + doc["limits"][pace] * HOUR,
        "report_by": report_by(grade, category, doc["found"]),
    }


@reducer("hazard.register", "hazard", at_desk=True)
def register(doc: Document | None, op: Document) -> Document:
    """Take it into the register, with the right grade and category."""
    new = step(doc, op, "register")
    grade = one_of(op, "grade", GRADES, new["grade"])
    category = one_of(op, "category", CATEGORIES, new["category"])
    same = grade == new["grade"] and category == new["category"]
    return new if same else graded(new, grade, category)


def chosen(op: Document) -> Document:
    """Return who is to put it right: the argument is "<person> <name>", so that the phone can show the name."""
    person, _blank, name = text(op, "responsible").partition(" ")
    return {"responsible": person, "responsible_name": name}


@reducer("hazard.notice", "hazard", at_desk=True)
def notice(doc: Document | None, op: Document) -> Document:
    """Issue the notice: who, by when, what."""
    pace, due = text(op, "pace"), day_of(op, "due")
    brings = ({"responsible"} if text(op, "responsible") else set()) | ({"deadline"} if due or pace in PACES else set())
    new = step(doc, op, "notice", brings)
    pace = pace if pace in PACES else new["pace"]
    return (
        new
        | chosen(op)
        | {"pace": pace, "due": due or op["at"] + new["limits"][pace] * HOUR, "demand": text(op, "note")}
    )


# ---- Putting it right, looking again --------------------------------------------------------------------------------


def with_rectifier(doc: Document, op: Document) -> Document:
    """Return the document with the doer among those who worked on it."""
    return doc | {"rectifiers": sorted({*doc["rectifiers"], op["by"]["account"]})}


@reducer("hazard.start", "hazard")
def start(doc: Document | None, op: Document) -> Document:
    """Begin the work; what nobody was given is theirs who begins."""
    new = with_rectifier(step(doc, op, "start"), op)
    mine = {"responsible": op["by"]["person"], "responsible_name": op["by"]["name"]}
    return new if new["responsible"] else new | mine


@reducer("hazard.submit", "hazard")
def submit(doc: Document | None, op: Document) -> Document:
    """Hand it in for the re-check."""
    return with_rectifier(step(doc, op, "submit"), op) | {"result": text(op, "note")}


@reducer("hazard.inspect", "hazard")
def inspect(doc: Document | None, op: Document) -> Document:
    """Be on the way to look."""
    return step(doc, op, "inspect")


@reducer("hazard.recheck", "hazard")
def recheck(doc: Document | None, op: Document) -> Document:
    """Close it out, or send it back."""
    if one_of(op, "result", ("pass", "fail")) == "fail":
        return step(doc, op, "fail")
    return step(doc, op, "pass") | {"closed": op["at"]}


@reducer("hazard.note", "hazard")
def note(doc: Document | None, op: Document) -> Document:
    """Add words or photos."""
    if not text(op, "note") and not op["photos"]:
        raise Refusal(MISSING["anything"])
    return step(doc, op, "note")


# ---- More time ------------------------------------------------------------------------------------------------------


@reducer("hazard.extend", "hazard")
def extend(doc: Document | None, op: Document) -> Document:
    """Ask for more time."""
    until = day_of(op, "until")
    new = step(doc, op, "extend", {"until"} if until else set())
    if until is None or until <= new["due"]:
        raise Refusal(NOT_LATER)
    by = op["by"]
    asked = {"id": op["id"], "by": by["account"], "name": by["name"], "until": until, "reason": text(op, "note")}
    return new | {"extension": asked | {"pending": op["pending"]}}


@reducer("hazard.decide", "hazard", at_desk=True)
def decide(doc: Document | None, op: Document) -> Document:
    """Grant or refuse it."""
    granted = one_of(op, "granted", ("yes", "no")) == "yes"
    new = step(doc, op, "decide")
    return new | {"due": new["extension"]["until"] if granted else new["due"], "extension": None}


# ---- Major ones, and what is against the law ------------------------------------------------------------------------


@reducer("hazard.isolate", "hazard")
def isolate(doc: Document | None, op: Document) -> Document:
    """Keep people away."""
    return step(doc, op, "isolate") | {"isolated": op["at"], "measure": text(op, "note")}


@reducer("hazard.tell_company", "hazard")
def tell_company(doc: Document | None, op: Document) -> Document:
    """Tell the company."""
    return step(doc, op, "tell_company") | {"told_company": op["at"]}


@reducer("hazard.tell_authority", "hazard")
def tell_authority(doc: Document | None, op: Document) -> Document:
    """Tell the authority."""
    return step(doc, op, "tell_authority") | {"told_authority": op["at"]}


@reducer("hazard.dissuade", "hazard")
def dissuade(doc: Document | None, op: Document) -> Document:
    """Talk to them."""
    one_of(op, "helped", ("yes", "no"))
    return step(doc, op, "dissuade")


@reducer("hazard.plan", "hazard", at_desk=True)
def plan(doc: Document | None, op: Document) -> Document:
    """Settle all five."""
    settled = {name: text(op, name) for name in PLAN}
    new = step(doc, op, "plan", {"plan"} if all(settled.values()) else set())
    return new | {"plan": settled, "planned": True}
