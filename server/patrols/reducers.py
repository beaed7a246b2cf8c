"""How operations change the document of a round; static/js/field/reducers/round.js says the same in JavaScript.

Time is the operation's own (`op["at"]`), so that work done in a basement counts when it was done, not when it arrived. A round that the
office has meanwhile written down as missed comes back to life that way.
"""

from collections.abc import Callable
from typing import Any

from server.field.reducers import Refusal, reducer
from server.hazards.kinds import CATEGORIES
from server.hazards.reducers import PLACE_LENGTH, TWICE, born
from server.lib.formats import cmp_decimal
from server.lib.i18n import N_
from server.patrols.entries import BAD, MOST_TEXT, NUMBER, TRI
from server.patrols.states import finished_as

Document = dict[str, Any]
GRADES = ("none", "position", "qr", "nfc")
NEAR = 1000
"""Millionths of a degree, about 100 m: as near as a phone between high-rises knows."""


def reducing(type_: str) -> Callable[[Callable[[Document, Document], None]], Callable[[Document, Document], None]]:
    """Register a function that changes a fresh copy of the round it is given."""

    def register(change: Callable[[Document, Document], None]) -> Callable[[Document, Document], None]:
        @reducer(type_, "round")
        def reduced(document: Document | None, op: Document) -> Document:
            if document is None:
                raise Refusal(N_("这次巡查不在了"))
            fresh = copied(document)
            change(fresh, op)
            return fresh

        return change

    return register


def copied(document: Document) -> Document:
    """Return a copy whose points, people and answers may be changed."""
    points = [one | {"checks": dict(one["checks"]), "more": dict(one["more"])} for one in document["points"]]
    return document | {"points": points, "people": list(document["people"]), "handed": list(document["handed"])}


@reducing("round.start")
def start(document: Document, op: Document) -> None:
    """Begin the round, join a colleague on it, or take it over."""
    if document["finished"] is not None:
        raise Refusal(N_("这次巡查已经完成"))
    begin(document, op)
    partner = text(op, "partner")
    if partner and all(one["name"] != partner for one in document["people"]):
        document["people"].append({"account": "", "name": partner})


def begin(document: Document, op: Document) -> None:
    """Put whoever does the operation on the round; the first one starts it."""
    at, by = op["at"], op["by"]
    if at < document["opens"]:
        raise Refusal(N_("还没到开始时间"))
    in_time(document, at)
    if all(one["account"] != by["account"] for one in document["people"]):
        document["people"].append({"account": by["account"], "name": by["name"]})
    document["holder"] = by["account"]
    document["state"] = "doing"
    if document["started"] is None or at < document["started"]:
        document["started"] = at


def in_time(document: Document, at: int) -> None:
    """Raise Refusal when the shift is over: what was not done then is the supervisor's to add, with a reason."""
    if at > document["ends"]:
        raise Refusal(N_("班次已结束，不能补做，请主管补录"))


@reducing("round.scan")
def scan(document: Document, op: Document) -> None:
    """Come to a point: by its tag, its code, or by hand with a reason. A second scan can only make the proof better."""
    if document["finished"] is not None and op["at"] > document["finished"]:
        raise Refusal(N_("这次巡查已经完成"))
    if document["finished"] is None:
        begin(document, op)
    point = point_of(document, op)
    grade = grade_of(point, op)
    if grade in ("none", "position") and not text(op, "reason"):
        raise Refusal(N_("没有扫码，请写明原因"))
    if point["at"] is None:
        point["at"], point["by"] = op["at"], op["by"]["name"]
    if not point["grade"] or GRADES.index(grade) > GRADES.index(point["grade"]):
        point["grade"] = grade
    pend(point, op)


def grade_of(point: Document, op: Document) -> str:
    """Return how well it is known that somebody stands there; raise Refusal for another point's code."""
    code = text(op, "code")
    if text(op, "how") == "nfc":
        if code and code == point.get("nfc"):
            return "nfc"
        raise Refusal(N_("这不是本点的 NFC 标签"))
    if code:
        parts = code.split(".")
        if len(parts) == 3 and parts[0] == "NY" and parts[1] == point["code"]:
            return "qr"
        raise Refusal(N_("这不是本点的二维码"))
    return "position" if is_near(point, op) else "none"


def is_near(point: Document, op: Document) -> bool:
    """Whether the phone says that it is within NEAR of the point: both as whole millionths of a degree."""
    here = [text(op, "lat"), text(op, "lon")]
    if point.get("lat") is None or not all(is_whole(one) for one in here):
        return False
    return bool(abs(int(here[0]) - point["lat"]) <= NEAR and abs(int(here[1]) - point["lon"]) <= NEAR)


def is_whole(number: str) -> bool:
    """Whether a text is a whole number of up to nine digits, with or without a minus."""
    digits = number[1:] if number[:1] == "-" else number
    return 0 < len(digits) < 10 and all(one in "0123456789" for one in digits)


@reducing("round.tick")
def tick(document: Document, op: Document) -> None:
    """Answer one entry. Something wrong that a colleague has found is not wiped away by somebody else's √."""
    point, item, value = point_of(document, op), text(op, "item"), text(op, "value")
    if point["at"] is None:
        raise Refusal(N_("请先扫码到点"))
    in_time(document, op["at"])
    if document["finished"] is not None and op["at"] > document["finished"]:
        raise Refusal(N_("这次巡查已经完成"))
    if text(op, "what") == "photo":
        value = str(len(op["photos"]))
    more = more_of(op, value)
    known = point["more"].get(item)
    if known and known["bad"] and not more["bad"] and known["account"] != op["by"]["account"]:
        return
    point["checks"][item] = value
    if more["bad"] or more["note"] or more["photos"]:
        point["more"][item] = more
    elif item in point["more"]:
        del point["more"][item]
    pend(point, op)
    settle(document)


def more_of(op: Document, value: str) -> Document:
    """Return what an answer has beside its value; raise Refusal when the answer is not one."""
    what, note = text(op, "what"), text(op, "note")
    bad = is_wrong(op, what, value)
    photos = [{"id": one["id"], "role": one["role"], "pending": op["pending"]} for one in op["photos"]]
    if what == "photo" and cmp_decimal(value, text(op, "least") or "1") < 0:
        raise Refusal(N_("照片不够"))
    told = bad and (what == "tri" or text(op, "hazard") != "")
    if told and not note:
        raise Refusal(N_("异常要写明情况"))
    if told and not photos:
        raise Refusal(N_("异常要拍照"))
    return {
        "bad": bad,
        "note": note,
        "level": ("major" if text(op, "level") == "major" else "general") if bad else "",
        "hazard": text(op, "hazard") if bad else "",
        "photos": photos,
        "account": op["by"]["account"],
        "name": op["by"]["name"],
    }


def is_wrong(op: Document, what: str, value: str) -> bool:
    """Whether an answer is not as it should be; raise Refusal when it is no answer of its kind."""
    if what == "number":
        if NUMBER.fullmatch(value) is None:
            raise Refusal(N_("请填写数字"))
        low, high = text(op, "low"), text(op, "high")
        return bool((low and cmp_decimal(value, low) < 0) or (high and cmp_decimal(value, high) > 0))
    if what == "tri":
        if value not in TRI:
            raise Refusal(N_("请选择"))
        return value == BAD
    if not value or len(value) > MOST_TEXT:
        raise Refusal(N_("请填写这一项"))
    return value in texts(op, "wrong")


@reducer("round.tick", "hazard")
def hazard(document: Document | None, op: Document) -> Document:
    """Make the hazard of what is wrong, in the same operation."""
    if document is not None:
        raise Refusal(TWICE)
    if not is_wrong(op, text(op, "what"), text(op, "value")):
        raise Refusal(N_("请选择"))
    facts = {
        "category": text(op, "category") if text(op, "category") in CATEGORIES else "other",
        "grade": "major" if text(op, "level") == "major" else "general",
        "source": "patrol",
        "place": text(op, "place")[:PLACE_LENGTH],
        "text": f"{text(op, 'summary')}：{text(op, 'note')}",
        "round": op["entity"],
    }
    return born(text(op, "hazard"), op, facts)


@reducing("round.point")
def finish_point(document: Document, op: Document) -> None:
    """Finish a point: everything that is asked has its answer, everything wrong its explanation."""
    point = point_of(document, op)
    if point["at"] is None:
        raise Refusal(N_("请先扫码到点"))
    in_time(document, op["at"])
    if any(item not in point["checks"] for item in texts(op, "need")):
        raise Refusal(N_("还有没检查的项目"))
    if any(more["bad"] and not more["note"] for more in point["more"].values()):
        raise Refusal(N_("异常项请写明情况"))
    if point["done"] is None:
        point["done"] = op["at"]
    pend(point, op)
    settle(document)


@reducing("round.hand_over")
def hand_over(document: Document, op: Document) -> None:
    """Give the round out of one's hands; whoever starts it next goes on."""
    if document["state"] != "doing":
        raise Refusal(N_("只有巡查中的可以交接"))
    document["holder"] = ""
    note = {"name": op["by"]["name"], "note": text(op, "note"), "at": op["at"], "pending": op["pending"]}
    document["handed"].append(note)


@reducing("round.finish")
def finish(document: Document, op: Document) -> None:
    """End the round with a name under it; what was left out needs a reason."""
    if document["finished"] is not None:
        raise Refusal(N_("这次巡查已经完成"))
    if document["started"] is None:
        raise Refusal(N_("请先开始巡查"))
    if not text(op, "signed"):
        raise Refusal(N_("请签名"))
    if skipped(document) and not text(op, "note"):
        raise Refusal(N_("还有点没巡查，请写明原因"))
    document["finished"], document["signed"], document["note"] = op["at"], text(op, "signed"), text(op, "note")
    document["signature"] = [
        {"id": one["id"], "role": one["role"], "pending": op["pending"]} for one in op["photos"][:1]
    ]
    settle(document)


def settle(document: Document) -> None:
    """Count what is wrong, and give a finished round its state."""
    for point in document["points"]:
        point["bad"] = sum(1 for more in point["more"].values() if more["bad"])
    document["found"] = sum(one["bad"] for one in document["points"])
    if document["finished"] is not None:
        over_time = document["finished"] > document["ends"]
        document["state"] = finished_as(
            document["found"], skipped(document), document["started"], document["late"], over_time=over_time
        )


def skipped(document: Document) -> int:
    """Return how many points are not finished."""
    return sum(1 for one in document["points"] if one["done"] is None)


def point_of(document: Document, op: Document) -> Document:
    """Return the point an operation is about; raise Refusal when the round has none like it."""
    for one in document["points"]:
        if one["id"] == text(op, "point"):
            return dict_of(one)
    raise Refusal(N_("这个点不在路线上了"))


def dict_of(point: Any) -> Document:
    """Return the point as what it is."""
    assert isinstance(point, dict)
    return point


def text(op: Document, name: str) -> str:
    """Return an argument as a text, "" when it is not there or a list."""
    value = op["args"].get(name)
    return value if isinstance(value, str) else ""


def texts(op: Document, name: str) -> list[str]:
    """Return an argument as a list of texts."""
    value = op["args"].get(name)
    return value if isinstance(value, list) else [value] if value else []


def pend(point: Document, op: Document) -> None:
    """Mark a point that has something the server does not know yet."""
    if op["pending"]:
        point["pending"] = True
