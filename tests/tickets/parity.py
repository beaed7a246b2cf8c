"""Generated cases for the parity of the repairs' reducers in Python and JavaScript, and of their field pages."""

from typing import Any

from hypothesis import strategies as st

from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.reducers import VERBS
from server.tickets.states import CAUSES, REASONS, STATES
from tests.hazards.parity import documents as hazards
from tests.hazards.parity import (
    events,
    ids,
    maybe,
    moments,
    page,
    people,
    photos,
    said,
    some,
    some_photos,
    text_or_list,
    words,
)

LINES = [f"line:{'0198c5a0-0000-7000-8000-' + str(n) * 12}:{kind}:{price}:{unit}:{name}" for n, kind, price, unit, name in (
    (1, "labour", 5000, "次", "换阀门"), (2, "material", 333, "个", "角阀: DN15"), (3, "material", 100000000, "米", "水管🔧"), (4, "other", 1, "个", "x"),
)]  # fmt: skip
counts = st.one_of(
    st.sampled_from(["", "1", "0.5", "0.05", "2.25", "0", "0.00", "007", "01.50", "9999.99", "x", "1.234", "-1", "１"]),
    words,
)
filled = st.dictionaries(st.sampled_from([*LINES, "line:", "lines"]), counts, max_size=3)
lines = st.lists(
    st.fixed_dictionaries({"name": words, "unit": st.just("个"), "count": st.just("0.5"), "price": st.integers(0, 9999), "amount": st.integers(0, 9999)}),
    max_size=2,
)  # fmt: skip
shots = st.lists(
    st.fixed_dictionaries(
        {"id": ids, "role": st.sampled_from(["report", "before", "after", "note"]), "pending": st.booleans()}
    ),
    max_size=3,
)
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "id": ids, "v": st.integers(1, 99), "number": st.just("GD-20261126-003"), "state": st.sampled_from(sorted(STATES)),
    "level": st.sampled_from(sorted(LEVELS)), "category": st.sampled_from(sorted(CATEGORIES)),
    "location": st.sampled_from(["private", "private", "common"]), "place": st.sampled_from(["3栋1单元1302", "大堂"]), "summary": words,
    "description": words, "arrive_by": maybe, "due": maybe, "when": moments, "photos": shots, "pending": st.booleans(),
}  # fmt: skip
appointed = st.one_of(
    st.just({"appoint_from": None, "appoint_until": None}),
    moments.map(lambda at: {"appoint_from": at, "appoint_until": at + 7_200_000}),
)


def with_appointment(kind: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents of one kind, some with an appointment."""
    plain = st.fixed_dictionaries({"kind": st.just(kind)} | COMMON | more)
    return st.tuples(plain, appointed).map(lambda both: both[0] | both[1])


documents = with_appointment(
    "ticket", who=words, phone=st.sampled_from(["", "13800001302"]), masked=st.just("138****1302"), pays=st.booleans(),
    payer=words, paid=st.booleans(), suspended_from=st.sampled_from(["", "taken", "in_progress"]),
    reason=st.sampled_from(["", *REASONS]), quote=st.one_of(st.none(), st.integers(0, 10**7)), agreed=st.just(""),
    charge=st.integers(0, 10**7), cause=st.sampled_from(["", *CAUSES]), result=words, finished=maybe, quoted=lines, used=lines,
    events=st.lists(st.tuples(events, st.sampled_from([*VERBS, "report", "cancel"])).map(lambda both: both[0] | {"verb": both[1], "what": both[0]["note"]}), max_size=3),
)  # fmt: skip
offers = with_appointment("offer")
reports = st.fixed_dictionaries(
    {
        "kind": st.just("report"), "id": ids, "v": st.integers(0, 9), "number": st.sampled_from(["", "GD-20261126-003"]),
        "state": st.sampled_from(sorted(STATES)), "category": st.sampled_from(sorted(CATEGORIES)), "place": words, "summary": words,
        "reported": moments, "photos": shots, "pending": st.booleans(),
    }
)  # fmt: skip
homes = st.lists(
    st.fixed_dictionaries({"id": ids, "label": st.sampled_from(["3栋1单元1302", "1栋 <商铺>"]), "stairwell": words, "order": st.integers(0, 3)}),
    max_size=2,
)  # fmt: skip
price_lists = st.lists(
    st.fixed_dictionaries(
        {
            "lines": st.lists(
                st.fixed_dictionaries(
                    {
                        "id": ids, "kind": st.sampled_from(["labour", "material"]), "category": st.sampled_from(["", "water", "power"]),
                        "name": words, "unit": st.just("个"), "price": st.integers(0, 9999),
                    }
                ),
                max_size=4,
            )
        }
    ),
    max_size=1,
)  # fmt: skip

LIKELY = {
    "take": ("dispatched", "rework"), "arrive": ("taken",), "start": ("arrived",), "suspend": ("taken", "in_progress"),
    "resume": ("suspended",), "finish": ("in_progress",), "quote": ("arrived", "in_progress"), "agree": ("quoted",),
    "decline": ("quoted",), "sign": ("finished",), "transfer": ("taken", "suspended"), "note": ("taken",),
}  # fmt: skip
consent = {
    "how": some(["signature", "code"]), "code": st.sampled_from(["", "1234", "12", "abcd", "１２３４"]), "note": words,
    "amount": st.just("1"),
}  # fmt: skip
ARGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "suspend": {"reason": some(REASONS), "note": words},
    "finish": {"note": said, "cause": st.one_of(st.just(""), some(CAUSES))},
    "agree": consent,
    "sign": consent,
    "report": {
        "category": some(CATEGORIES), "location": some(["private", "common"]), "note": text_or_list, "place": st.one_of(words, st.just("大堂")),
        "room": st.sampled_from(["", "x", "0198 3栋1单元1302", "0198 "]), "urgency": words,
    },
}  # fmt: skip


def operation(verb: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return operations of one type, as reducers see them."""
    args = ARGS.get(verb, {"note": st.one_of(said, text_or_list)})
    given = st.one_of(st.fixed_dictionaries(args), st.fixed_dictionaries({}, optional=args))
    if verb in ("finish", "quote"):
        given = st.tuples(given, filled).map(lambda both: both[0] | both[1])
    return st.fixed_dictionaries(
        {
            "id": ids, "type": st.just(f"ticket.{verb}"), "entity": ids, "args": given, "at": moments, "by": people,
            "photos": st.one_of(some_photos, photos), "pending": st.booleans(),
        }
    )  # fmt: skip


def likely(verb: str) -> st.SearchStrategy[dict[str, Any] | None]:
    """Return documents that the operation often fits."""
    fitting = st.tuples(documents, st.sampled_from(LIKELY[verb])).map(lambda both: both[0] | {"state": both[1]})
    return st.one_of(fitting, fitting, documents, st.none())


CASES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    (f"ticket.{verb}", "ticket"): st.tuples(likely(verb), operation(verb)) for verb in VERBS
}
open_offers = offers.map(lambda one: one | {"state": "accepted"})
CASES["ticket.grab", "offer"] = st.tuples(st.one_of(open_offers, offers, st.none()), operation("grab"))
CASES["ticket.report", "report"] = st.tuples(st.one_of(st.none(), st.none(), reports), operation("report"))

PAGES = {
    "field/tickets/index.html": page(
        st.just("/field/tickets"), hazards=st.lists(hazards, max_size=2), tickets=st.lists(documents, max_size=5), offers=st.lists(offers, max_size=2),
        query=st.fixed_dictionaries({}, optional={"by": st.sampled_from(["place", "x"])}),
    ),
    "field/tickets/show.html": page(st.just("/field/tickets/1"), ticket=documents),
    "field/tickets/step.html": page(
        st.just("/field/tickets/1/x"), ticket=documents, prices=price_lists,
        params=st.fixed_dictionaries({"step": st.sampled_from([*VERBS, "nonsense"])}),
    ),
    "field/tickets/report.html": page(st.just("/field/report"), homes=homes),
    "field/tickets/reports.html": page(st.just("/field/reports"), reports=st.lists(reports, max_size=3)),
}  # fmt: skip
