"""How the operations change the documents of a meter and of its route, in Python; static/js/field/reducers/meter.js does it to the letter.

A reading is a fact and never refused for being odd: it has to be confirmed (`confirmed`), then it is doubtful and waits for
somebody else. A second reading of a period is kept beside the first.
"""

from decimal import Decimal
from typing import Any

from server.field.reducers import Refusal, reducer
from server.lib.i18n import N_
from server.meters.kinds import REASONS
from server.meters.plausibility import Judged, Known, judge
from server.meters.usage import figure, plain

Document = dict[str, Any]

UNKNOWN = N_("这台手机上还没有这块表，请先同步")
FIGURE_WANTED = N_("请填写表上的数字，例如 1234.56")
CHOOSE = N_("请选择原因")
NUMBER_WANTED = N_("请填写新表的表号")
ALREADY = N_("这块表已经换过了")
ASK = {
    "digits": N_("位数比表盘多，请再看一遍。确实如此，请勾选“我已核对”后保存"),
    "backwards": N_("比上期小，请再看一遍。确实如此，请勾选“我已核对”后保存，由内业核对"),
    "rollover": N_("比上期小，可能走满归零。请再看一遍，确实如此请勾选“我已核对”后保存，由内业批准"),
    "jump": N_("用量比平时大很多，请再看一遍。确实如此，请勾选“我已核对”后保存"),
    "zero": N_("有人住，用量却是 0，请再看一遍。确实如此，请勾选“我已核对”后保存"),
    "second": N_("这块表本期已经抄过。要再抄一次，请勾选“我已核对”后保存，两次都交给内业核对"),
}
"""What is asked before an odd reading is saved, by the weightiest flag."""

NUMBER_LENGTH = 40


def text(op: Document, name: str) -> str:
    """Return an argument as text; '' when it is missing or no single text."""
    value = op["args"].get(name, "")
    return value if isinstance(value, str) else ""


def trimmed(op: Document, name: str) -> str:
    """Return an argument as text without the blanks around it (only what both languages call a blank)."""
    return text(op, name).strip(" ")


def typed_figure(op: Document, name: str) -> Decimal:
    """Return an argument as a reading; raise Refusal when it is none."""
    value = figure(trimmed(op, name))
    if value is None:
        raise Refusal(FIGURE_WANTED)
    return value


def known(doc: Document, *, with_current: bool = False) -> Known:
    """Return what plausibility needs to know of a document; `with_current`: the period's own reading is already behind us."""
    previous, reading = doc["previous"], doc["reading"]
    if with_current and reading and reading["value"] and reading["status"] in ("ok", "accepted"):
        previous = {"value": reading["value"], "real": ""}
    return Known(
        doc["digits"],
        Decimal(doc["ratio"]),
        Decimal(previous["value"]) if previous else None,
        Decimal(previous["real"]) if previous and previous["real"] else None,
        Decimal(doc["usual"]) if doc["usual"] else None,
        doc["occupied"],
    )


def beside(doc: Document, op: Document) -> str:
    """Return why a reading does not become the period's own ("late", "removed", "second"), or ''."""
    if text(op, "period") not in ("", doc["period"]):
        return "late"
    if doc["replaced"]:
        return "removed"
    return "second" if doc["reading"] and doc["reading"]["kind"] == "actual" else ""


def entry(op: Document, kind: str, value: str, judged: Judged, flags: list[str], role: str) -> Document:
    """Return a reading as the document shows it."""
    return {
        "id": op["id"],
        "kind": kind,
        "value": value,
        "usage": "" if judged.usage is None else plain(judged.usage),
        "at": op["at"],
        "account": op["by"]["account"],
        "name": op["by"]["name"],
        "flags": flags,
        "status": "doubtful" if flags else "ok",
        "reason": "",
        "photos": [{"id": one["id"], "role": role, "pending": op["pending"]} for one in op["photos"]],
        "pending": op["pending"],
    }


def ask(op: Document, flags: list[str]) -> None:
    """Raise Refusal with what has to be looked at again, unless that has been confirmed."""
    if flags and text(op, "confirmed") != "yes":
        raise Refusal(ASK[flags[0]])


@reducer("meter.read", "meter")
def read(doc: Document | None, op: Document) -> Document:
    """Add a reading."""
    if doc is None:
        raise Refusal(UNKNOWN)
    value, why = typed_figure(op, "value"), beside(doc, op)
    return added(doc, op, "actual", value, why)


def added(doc: Document, op: Document, kind: str, value: Decimal, why: str) -> Document:
    """Return the document with a figure: as the period's own, or beside it when there is a reason `why`."""
    if why in ("late", "removed"):
        return doc | {"others": [*doc["others"], entry(op, kind, plain(value), Judged(None), [why], "reading")]}
    judged = judge(known(doc), value, kind)
    flags = [*judged.flags, *([why] if why else [])]
    ask(op, flags)
    new = entry(op, kind, plain(value), judged, flags, "reading")
    return doc | ({"others": [*doc["others"], new]} if why else {"reading": new})


@reducer("meter.unreadable", "meter")
def unreadable(doc: Document | None, op: Document) -> Document:
    """Say that it could not be read, and why; with an estimate if there is one."""
    if doc is None:
        raise Refusal(UNKNOWN)
    if text(op, "reason") not in REASONS:
        raise Refusal(CHOOSE)
    why, estimate = beside(doc, op), trimmed(op, "estimate")
    if estimate and why != "second":
        new = added(doc, op, "estimated", typed_figure(op, "estimate"), why)
    else:
        one = entry(op, "unread", "", Judged(None), [why] if why else [], "reading")
        one |= {"status": "superseded" if why else "ok"}
        new = doc | ({"others": [*doc["others"], one]} if why else {"reading": one})
    return with_reason(new, "others" if why else "reading", reason_of(op))


def reason_of(op: Document) -> str:
    """Return the reason as it is kept: its code, and what was written about it."""
    note = text(op, "note")
    return text(op, "reason") + (f" {note}" if note else "")


def with_reason(doc: Document, where: str, reason: str) -> Document:
    """Return the document with the reason put into the entry that was added last."""
    if where == "reading":
        return doc | {"reading": doc["reading"] | {"reason": reason}}
    return doc | {"others": [*doc["others"][:-1], doc["others"][-1] | {"reason": reason}]}


@reducer("meter.replace", "meter")
def replace(doc: Document | None, op: Document) -> Document:
    """Take the meter down and hang another in its place."""
    if doc is None:
        raise Refusal(UNKNOWN)
    if doc["replaced"]:
        raise Refusal(ALREADY)
    final, initial, number = typed_figure(op, "old_final"), typed_figure(op, "initial"), trimmed(op, "number")
    if not number or number == doc["number"] or len(number) > NUMBER_LENGTH:
        raise Refusal(NUMBER_WANTED)
    judged = judge(known(doc, with_current=True), final, "final")
    flags = list(judged.flags)
    ask(op, flags)
    new = {"id": text(op, "new"), "number": number, "initial": plain(initial), "pending": op["pending"]}
    return doc | {"final": entry(op, "final", plain(final), judged, flags, "final"), "replaced": new}


# ---- The route: which of its meters are done ------------------------------------------------------------------------

DONE = ("read", "doubtful", "estimated", "changed")
"""The marks of meters that need nobody's steps any more in this period."""


def marked(doc: Document | None, op: Document, mark: str, value: str) -> Document:
    """Return the route with a meter marked; what has been read keeps its figure and becomes doubtful when it is read again."""
    if doc is None:
        raise Refusal(UNKNOWN)
    if text(op, "period") not in ("", doc["period"]):
        return doc
    stops = [marked_stop(one, op, mark, value) if one["id"] == op["entity"] else one for one in doc["stops"]]
    return doc | {"stops": stops, "done": sum(1 for one in stops if one["mark"] in DONE)}


def marked_stop(stop: Document, op: Document, mark: str, value: str) -> Document:
    """Return one stop marked."""
    if mark != "changed" and stop["mark"] in ("read", "doubtful", "changed"):
        again = mark in ("read", "doubtful")
        return stop | {"mark": "doubtful" if again else stop["mark"], "pending": op["pending"]}
    return stop | {"mark": mark, "value": value, "pending": op["pending"]}


@reducer("meter.read", "meter_route")
def mark_read(doc: Document | None, op: Document) -> Document:
    """Mark a meter as read."""
    value = plain(typed_figure(op, "value"))
    return marked(doc, op, "doubtful" if text(op, "confirmed") == "yes" else "read", value)


@reducer("meter.unreadable", "meter_route")
def mark_unreadable(doc: Document | None, op: Document) -> Document:
    """Mark a meter as estimated or not read."""
    estimate = trimmed(op, "estimate")
    if not estimate:
        return marked(doc, op, "unread", "")
    return marked(doc, op, "estimated", plain(typed_figure(op, "estimate")))


@reducer("meter.replace", "meter_route")
def mark_replaced(doc: Document | None, op: Document) -> Document:
    """Mark a meter as changed."""
    return marked(doc, op, "changed", plain(typed_figure(op, "initial")))
