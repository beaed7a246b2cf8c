"""How the operations change a repair's document, in Python; static/js/field/reducers/ticket.js does the same to the letter.

They know no capabilities and no codes: whose step it is, and whether a code is the owner's, decides the server.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.field.reducers import Reducer, Refusal, reducer
from server.hazards.kinds import summary_of
from server.lib.i18n import N_
from server.tickets import states
from server.tickets.changing import role_of
from server.tickets.kinds import CATEGORIES
from server.tickets.lines import MOST_LINES, Line, total
from server.tickets.states import BACK, CAUSES, REASONS, Missing, NotNow, Standing

Document = dict[str, Any]
Change = Callable[[Document, Document], Document]

UNKNOWN = N_("这台手机上还没有这张工单，请先同步")
TWICE = N_("这条报修已经提交过了")
NOT_NOW = N_("现在不能做这一步，请看最新进展")
NOT_CHARGED = N_("这一单不向业主收费，不用报价")
CHOOSE = N_("请从列表中选择")
COUNT = N_("数量请填数字，例如 1 或 0.5")
PLACE = N_("请写明位置，例如 3栋1单元 大堂")
HOME = N_("请选择房号")
TELL = N_("请拍张照片或写一句说明")

MISSING = {
    "photo": N_("请拍一张照片"),
    "note": N_("请写一句说明"),
    "reason": N_("请选择原因"),
    "lines": N_("请至少填一项"),
    "consent": N_("请业主签名或报验收码"),
    "anything": N_("请写一句或拍张照片"),
}

AT_HOME = frozenset({"agree", "decline", "sign"})
"""The owner's word on the repairman's phone: only where somebody lives."""

LINE = re.compile(r"line:([0-9a-f-]{36}):(labour|material):([0-9]{1,9}):([^:]{1,8}):([^\n]{1,60})")
"""The name of a field of the price list: id, kind, price in 分, unit, name, as the phone showed them. Its value is how many."""

MANY = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")
CODE = re.compile(r"[0-9]{4}")


def text(op: Document, name: str) -> str:
    """Return an argument as text; '' when it is missing or no single text."""
    value = op["args"].get(name, "")
    return value if isinstance(value, str) else ""


def lines_of(op: Document) -> list[Line]:
    """Return the lines that an operation fills in, by their fields' names; raise Refusal for a quantity that is none."""
    found = []
    for name in sorted(op["args"]):
        parts, count = LINE.fullmatch(name), text(op, name)
        if not parts or not count:
            continue
        if not MANY.fullmatch(count):
            raise Refusal(COUNT)
        id_, kind, price, unit, called = parts.groups()
        if Decimal(count):
            found.append(Line(kind, called, unit, Decimal(count), int(price), as_id(id_)))
    if len(found) > MOST_LINES:
        raise Refusal(COUNT)
    return found


def as_id(value: str) -> UUID | None:
    """Return a text as an id, or None when it is none."""
    try:
        return UUID(value)
    except ValueError:
        return None


def shown(line: Line) -> Document:
    """Return a line as documents have it."""
    return {"name": line.name, "unit": line.unit, "count": line.count, "price": line.price, "amount": line.amount}


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


def shots(op: Document, verb: str) -> list[Document]:
    """Return the photos of an operation."""
    return [{"id": one["id"], "role": role_of(verb), "pending": op["pending"]} for one in op["photos"]]


def brought(op: Document, verb: str) -> set[str]:
    """Return what an operation brings of what steps need; raise Refusal."""
    note, photos = text(op, "note"), op["photos"]
    found = {"materials"} | ({"note"} if note else set()) | ({"photo"} if photos else set())
    found |= {"anything"} if note or photos else set()
    found |= {"reason"} if text(op, "reason") in REASONS else set()
    found |= {"consent"} if consents(op) else set()
    return found | ({"lines"} if verb == "quote" and lines_of(op) else set())


def consents(op: Document) -> bool:
    """Whether the owner has signed, or said the code."""
    if text(op, "how") == "code":
        return bool(CODE.fullmatch(text(op, "code")))
    return text(op, "how") == "signature" and bool(op["photos"])


def step(doc: Document | None, op: Document, verb: str) -> Document:
    """Return the document with the step taken and told; raise Refusal when its turn has not come or something is missing."""
    if doc is None:
        raise Refusal(UNKNOWN)
    if verb in AT_HOME and doc["location"] != "private":
        raise Refusal(NOT_NOW)
    if verb == "quote" and not doc["pays"]:
        raise Refusal(NOT_CHARGED)
    standing = Standing(doc["state"], doc["location"], None, None, None, False, doc["suspended_from"] or None)
    try:
        target = states.check_order(verb, standing, brought(op, verb)).target
    except NotNow:
        raise Refusal(NOT_NOW) from None
    except Missing as error:
        raise Refusal(MISSING[error.args[0]]) from None
    state = doc["suspended_from"] if target == BACK else target or doc["state"]
    new = doc | SETS.get(verb, nothing)(doc, op)
    event = told(op, verb, state, text(op, "note"))
    return new | {"state": state, "events": [event, *doc["events"]], "photos": doc["photos"] + shots(op, verb)}


def nothing(_doc: Document, _op: Document) -> Document:
    """Change nothing beyond the state."""
    return {}


def finished(doc: Document, op: Document) -> Document:
    """Say what was done, why it broke and what was used."""
    cause = text(op, "cause")
    if cause and cause not in CAUSES:
        raise Refusal(CHOOSE)
    used = [shown(one) for one in lines_of(op)]
    return {"result": text(op, "note"), "cause": cause or doc["cause"], "used": used, "finished": op["at"]}


def quoted(_doc: Document, op: Document) -> Document:
    """Name the price; what was agreed to before no longer holds."""
    lines = lines_of(op)
    return {"quote": total(lines), "quoted": [shown(one) for one in lines], "charge": 0, "agreed": ""}


SETS: dict[str, Change] = {
    "arrive": lambda _doc, _op: {"arrive_by": None},
    "suspend": lambda doc, op: {"suspended_from": doc["state"], "reason": text(op, "reason")},
    "resume": lambda _doc, _op: {"suspended_from": "", "reason": ""},
    "finish": finished,
    "quote": quoted,
    "agree": lambda doc, op: {"charge": doc["quote"] or 0, "agreed": text(op, "how")},
}
"""What a step changes beyond the state."""

VERBS = (
    "take", "arrive", "start", "suspend", "resume", "finish", "quote", "agree", "decline", "sign", "transfer", "note",
)  # fmt: skip


def taking(verb: str) -> Reducer:
    """Return the reducer of one step."""

    def take_step(doc: Document | None, op: Document) -> Document:
        return step(doc, op, verb)

    return take_step


for name in VERBS:
    reducer(f"ticket.{name}", "ticket")(taking(name))


@reducer("ticket.grab", "offer")
def grab(doc: Document | None, op: Document) -> Document:
    """Take an open offer: whether it is still there says the server."""
    if doc is None:
        raise Refusal(UNKNOWN)
    if doc["state"] != "accepted":
        raise Refusal(NOT_NOW)
    return doc | {"state": "taken", "pending": op["pending"]}


@reducer("ticket.report", "report")
def report(doc: Document | None, op: Document) -> Document:
    """Report a repair: what kind, where, and a photo or a word. The room is "<id> <label>", so that the phone can show it."""
    if doc is not None:
        raise Refusal(TWICE)
    category, words, place = text(op, "category"), text(op, "note"), text(op, "place")
    if category not in CATEGORIES:
        raise Refusal(CHOOSE)
    if text(op, "location") == "private":
        place = text(op, "room").partition(" ")[2]
        if not place:
            raise Refusal(HOME)
    if not place or len(place) > 60:
        raise Refusal(PLACE)
    if not words and not op["photos"]:
        raise Refusal(TELL)
    return {
        "kind": "report", "id": op["entity"], "v": 0, "number": "", "state": "submitted", "category": category, "place": place,
        "summary": summary_of(words), "reported": op["at"], "photos": shots(op, "report"),
        "pending": op["pending"],
    }  # fmt: skip
