"""Generated cases for the parity of the rounds' reducers in Python and JavaScript, and of their field pages."""

from typing import Any

from hypothesis import strategies as st

from server.patrols.states import STATES

ids = st.sampled_from([f"0198{n:04d}-0000-7000-8000-000000000000" for n in range(4)])
words = st.one_of(st.sampled_from(["", "滴水", "<b>", "字" * 201, "🔥"]), st.text(max_size=8))
moments = st.integers(1_800_000_000_000, 1_800_000_900_000)
maybe = st.one_of(st.none(), moments)
numbers = st.sampled_from(["", "0.40", "0.6", "-1", "7", "1e3", "99999999999", "x", "0.400"])
limits = st.sampled_from(["", "0.40", "0.6", "5"])
entries = st.sampled_from(["1", "2", "3b"])
photos = st.lists(st.builds(lambda id_: {"id": id_, "role": "item"}, ids), max_size=2)
more = st.fixed_dictionaries(
    {
        "bad": st.booleans(), "note": words, "level": st.sampled_from(["", "general", "major"]), "hazard": st.one_of(st.just(""), ids),
        "photos": st.lists(st.fixed_dictionaries({"id": ids, "role": st.just("item"), "pending": st.booleans()}), max_size=1),
        "account": ids, "name": words,
    }
)  # fmt: skip
values = st.sampled_from(["ok", "bad", "na", "0.52"])


def point(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return points with this number."""
    return st.fixed_dictionaries(
        {
            "id": st.just(str(number)), "name": st.sampled_from(["生活水泵房", "大堂"]), "place": st.sampled_from(["地下一层", "大堂 东"]),
            "list": st.just("0198aaaa-0000-7000-8000-000000000000"), "code": st.sampled_from(["AAAA2222", "BBBB3333"]),
            "sort": st.sampled_from(["water", "other"]), "at": maybe, "by": words,
            "grade": st.sampled_from(["", "none", "position", "qr", "nfc"]), "done": maybe,
            "bad": st.integers(0, 2),
            "checks": st.dictionaries(entries, values), "more": st.dictionaries(entries, more, max_size=2),
        },
        optional={"nfc": st.just("04:AB"), "lat": st.just(30_250_000), "lon": st.just(120_150_000), "pending": st.just(True)},
    )  # fmt: skip


rounds = st.fixed_dictionaries(
    {
        "kind": st.just("round"), "id": ids, "v": st.integers(1, 9), "name": st.just("设备日检"), "post": st.sampled_from(["patrol", "repair"]),
        "state": st.sampled_from(sorted(STATES)), "opens": moments, "due": moments, "late": moments,
        "ends": st.one_of(moments, st.just(1_800_000_900_000)), "in_order": st.booleans(), "dwell": st.just(30), "two": st.booleans(),
        "people": st.lists(st.fixed_dictionaries({"account": ids, "name": words}), max_size=2), "holder": st.one_of(st.just(""), ids),
        "handed": st.lists(st.fixed_dictionaries({"name": words, "note": words, "at": moments, "pending": st.booleans()}), max_size=1),
        "started": maybe, "finished": maybe, "signed": words, "signature": st.just([]), "note": words, "found": st.integers(0, 3),
        "points": st.tuples(point(1), point(2)).map(list),
    }
)  # fmt: skip
args = st.fixed_dictionaries(
    {},
    optional={
        "point": st.sampled_from(["1", "1", "2", "9"]), "item": entries, "value": st.one_of(values, numbers, words),
        "what": st.sampled_from(["tri", "number", "choice", "text", "photo", "sign"]), "low": limits, "high": limits,
        "least": st.sampled_from(["", "1", "2"]), "wrong": st.one_of(words, st.lists(values, max_size=2)), "note": words,
        "level": st.sampled_from(["", "general", "major", "x"]), "hazard": st.one_of(st.just(""), ids),
        "category": st.sampled_from(["water", "x", ""]), "summary": words, "place": words,
        "code": st.sampled_from(["", "NY.AAAA2222.s", "NY.BBBB3333.s", "AAAA2222", "04:AB", "NY.A"]), "how": st.sampled_from(["", "qr", "nfc", "typed"]),
        "reason": words, "lat": st.sampled_from(["", "30250900", "30251001", "-1", "x", "30.25"]), "lon": st.sampled_from(["", "120150000", "1"]),
        "need": st.one_of(entries, st.lists(entries, max_size=3)), "signed": words, "partner": words,
    },
)  # fmt: skip


def op(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return operations of this type."""
    return st.fixed_dictionaries(
        {
            "id": ids, "type": st.just(type_), "entity": ids, "args": args, "at": moments,
            "by": st.fixed_dictionaries({"account": ids, "person": ids, "name": words}), "photos": photos, "pending": st.booleans(),
        }
    )  # fmt: skip


TYPES = ("round.start", "round.scan", "round.tick", "round.point", "round.hand_over", "round.finish")
CASES = {(type_, "round"): st.tuples(st.one_of(rounds, rounds, rounds, st.none()), op(type_)) for type_ in TYPES} | {
    ("round.tick", "hazard"): st.tuples(st.one_of(st.none(), st.none(), st.just({"kind": "hazard"})), op("round.tick"))
}

me = st.fixed_dictionaries(
    {
        "id": ids, "locale": st.sampled_from(["zh-CN", "en"]), "csrf": st.just("t"), "name": words,
        "posts": st.sampled_from([["patrol"], ["patrol", "repair"], []]), "capabilities": st.just(["patrol.walk"]),
        "tabs": st.just([{"href": "/field/rounds", "label": "巡查", "icon": "shield-check", "count": 0}]),
    }
)  # fmt: skip
checklist = st.fixed_dictionaries(
    {
        "kind": st.just("checklist"), "id": st.just("0198aaaa-0000-7000-8000-000000000000"), "v": st.just(1), "name": words,
        "number": st.just(1),
        "entries": st.lists(
            st.fixed_dictionaries(
                {
                    "id": entries, "text": words, "what": st.sampled_from(["tri", "number", "choice", "text", "photo", "sign"]),
                    "unit": st.sampled_from(["", "MPa"]), "low": limits, "high": limits, "range": st.sampled_from(["", "0.40–0.60"]),
                    "options": st.just(["好", "坏"]), "wrong": st.just(["坏"]), "least": st.just(1), "most": st.just(3),
                    "critical": st.booleans(), "optional": st.booleans(), "when_item": st.sampled_from(["", "", "1"]),
                    "when_is": st.just("bad"),
                }
            ),
            max_size=3,
        ),
    }
)  # fmt: skip


def page(path: str, **documents: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return contexts of a page."""
    return st.fixed_dictionaries(
        {
            "me": me, "path": st.just(path), "params": st.just({"id": "0", "point": "1"}),
            "query": st.sampled_from([{}, {"bad": "1"}, {"bad": "3b"}]), "now": moments,
        }
        | documents
    )  # fmt: skip


PAGES = {
    "field/rounds/index.html": page("/field/rounds", rounds=st.lists(rounds, max_size=3)),
    "field/rounds/show.html": page("/field/rounds/0", round=rounds),
    "field/rounds/point.html": page("/field/rounds/0/points/1", round=rounds, lists=st.tuples(checklist).map(list)),
}
