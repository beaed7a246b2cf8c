"""What server and phone must make of meters alike: documents, operations, pages."""

from typing import Any

from hypothesis import strategies as st

from server.meters.kinds import FLAGS, KINDS, REASONS, STATUSES
from tests.support.parity import ids, moments, texts

figures = st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,3})?", fullmatch=True, alphabet=".0123456789") | st.sampled_from(
    ["0", "99995", "12.500", "0012"]
)
typed = figures | texts | st.sampled_from([" 12.5 ", "-1", "1e3", "1,2", "1234567890", "1.2345", "１２"])
periods = st.sampled_from(["", "2026-10", "2026-11"])
usages = st.sampled_from(["", "0", "12.5", "-3", "100003.25"])
sizes = st.sampled_from(["", "0", "9.5", "12.33", "250"])
photos = st.lists(st.fixed_dictionaries({"id": ids, "role": st.just("reading"), "pending": st.booleans()}), max_size=2)

entries = st.fixed_dictionaries(
    {
        "id": ids, "kind": st.sampled_from(["actual", "estimated", "unread"]), "value": st.just("") | figures, "usage": usages,
        "at": moments, "account": ids, "name": texts, "flags": st.lists(st.sampled_from(sorted(FLAGS)), max_size=2),
        "status": st.sampled_from(sorted(STATUSES)), "reason": st.sampled_from(["", *REASONS, "other 狗"]), "photos": photos,
        "pending": st.booleans(),
    }
)  # fmt: skip
finals = entries.map(lambda one: one | {"kind": "final"})
previous = st.none() | st.fixed_dictionaries(
    {
        "value": figures, "real": st.just("") | figures, "kind": st.sampled_from(["actual", "estimated", "initial"]),
        "period": st.sampled_from(["2026-09", "2026-10"]), "at": moments,
    }
)  # fmt: skip
replaced = st.none() | st.fixed_dictionaries(
    {"id": ids, "number": texts, "initial": st.just("") | figures, "pending": st.booleans()}
)
meters = st.fixed_dictionaries(
    {
        "kind": st.just("meter"), "id": ids, "v": st.integers(1, 9), "what": st.sampled_from(sorted(KINDS)), "number": texts, "place": texts, "room": st.just("") | ids,
        "route": st.just("") | ids, "occupied": st.booleans(), "digits": st.integers(3, 6),
        "ratio": st.sampled_from(["1", "0.5", "30", "1.005"]), "period": periods, "previous": previous, "usual": sizes,
        "reading": st.none() | entries, "others": st.lists(entries, max_size=2), "final": st.none() | finals, "replaced": replaced,
        "history": st.lists(
            st.fixed_dictionaries(
                {"period": st.just("2026-10"), "kind": st.sampled_from(["actual", "unread"]), "value": st.just("") | figures, "usage": usages}
            ),
            max_size=3,
        ),
    }
)  # fmt: skip
stops = st.fixed_dictionaries(
    {
        "id": ids, "place": texts, "number": texts, "what": st.sampled_from(sorted(KINDS)), "last": st.just("") | figures,
        "value": st.just("") | figures, "mark": st.sampled_from(["", "read", "doubtful", "unread", "estimated", "changed"]),
        "pending": st.booleans(),
    }
)  # fmt: skip
routes = st.lists(stops, max_size=6).flatmap(
    lambda several: st.fixed_dictionaries(
        {
            "kind": st.just("meter_route"), "id": ids, "v": st.integers(1, 9), "name": texts, "order": texts, "reader": st.just("") | ids,
            "reader_name": texts, "period": periods, "opens": st.sampled_from(["", "2026-11-20"]),
            "due": st.sampled_from(["", "2026-11-25"]), "done": st.integers(0, 6), "total": st.just(len(several)),
            "stops": st.just(several),
        }
    )
)  # fmt: skip


def operations(**args: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return operations with these arguments, each of which may be missing or a list."""
    whole = st.fixed_dictionaries(
        {}, optional={"period": periods, "confirmed": st.sampled_from(["yes", "no", ""])} | args
    )
    return st.fixed_dictionaries(
        {
            "id": ids, "entity": ids, "args": whole, "at": moments, "pending": st.booleans(),
            "by": st.fixed_dictionaries({"account": ids, "person": ids, "name": texts}),
            "photos": st.lists(st.fixed_dictionaries({"id": ids, "role": texts}), max_size=2),
        }
    )  # fmt: skip


read = operations(value=typed | st.lists(figures, max_size=2))
unreadable = operations(reason=st.sampled_from([*REASONS, "nonsense"]), note=texts, estimate=st.just("") | typed)
replace = operations(old_final=typed, initial=typed, number=texts | st.just("W-2"), new=ids)

CASES = {
    (type_, kind): st.tuples(st.none() | documents, ops)
    for type_, ops in (("meter.read", read), ("meter.unreadable", unreadable), ("meter.replace", replace))
    for kind, documents in (("meter", meters), ("meter_route", routes))
}

typed_again = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("value", "reason", "estimate", "note", "old_final", "number", "initial"), texts)
)
one_meter = st.fixed_dictionaries({"route": routes, "meter": meters, "typed": typed_again, "problem": texts})

PAGES = {
    "field/meters/index.html": st.fixed_dictionaries({"routes": st.lists(routes, max_size=4)}),
    "field/meters/route.html": st.fixed_dictionaries(
        {
            "route": routes,
            "query": st.fixed_dictionaries({}, optional={"show": st.sampled_from(["todo", "odd", "all"])}),
        }
    ),
    "field/meters/meter.html": one_meter,
    "field/meters/otherwise.html": one_meter,
    "field/meters/replacement.html": one_meter,
}
