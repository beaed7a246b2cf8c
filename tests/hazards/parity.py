"""Generated cases for the parity of the hazards' reducers in Python and JavaScript, and of their field pages."""

from typing import Any

from hypothesis import strategies as st

import server.hazards.reducers  # noqa: F401 - says which of them phones have
from server.field.reducers import on_phones
from server.hazards.kinds import CATEGORIES, GRADES, HOURS, PACES, PLAN, SOURCES
from server.hazards.states import STATES

ids = st.sampled_from([f"0198{n:04d}-0000-7000-8000-000000000000" for n in range(6)])
words = st.one_of(
    st.sampled_from(["", "通道堆物。电动车", "，，漏水，", "字" * 40, "🔥🔥 着火！快", "a\nb", "it's <b>", "x;y"]),
    st.text(max_size=12),
)
moments = st.integers(1_700_000_000_000, 1_900_000_000_000)
maybe = st.one_of(st.none(), st.none(), moments)
days = st.sampled_from(
    [
        "",
        "2099-12-30",
        "2026-12-01",
        "2026-02-30",
        "2028-02-29",
        "2027-02-29",
        "20261201",
        "2099-12-31",
        "1999-01-01",
        "x",
    ]
)
text_or_list = st.one_of(words, st.lists(words, max_size=2))


def some(choices: Any) -> st.SearchStrategy[str]:
    """Return one of the choices, mostly; sometimes nothing, sometimes nonsense."""
    return st.one_of(st.sampled_from(list(choices)), st.sampled_from([*choices, "", "nonsense"]))


photos = st.lists(st.builds(lambda id_: {"id": id_, "role": "photo"}, ids), max_size=2)
some_photos = st.lists(st.builds(lambda id_: {"id": id_, "role": "photo"}, ids), min_size=1, max_size=2)
said = st.one_of(st.just("已经清走"), words)
people = st.fixed_dictionaries({"account": ids, "person": st.one_of(st.just(""), ids), "name": words})

events = st.fixed_dictionaries(
    {
        "id": ids, "verb": st.sampled_from(["report", "note", "submit"]), "state": st.sampled_from(sorted(STATES)), "at": moments,
        "account": ids, "name": words, "note": words, "photos": st.lists(ids, max_size=2), "pending": st.booleans(),
    }
)  # fmt: skip
extensions = st.fixed_dictionaries(
    {"id": ids, "by": ids, "name": words, "until": moments, "reason": words, "pending": st.booleans()}
)
documents = st.fixed_dictionaries(
    {
        "kind": st.just("hazard"), "id": ids, "v": st.integers(1, 99), "number": st.just("YH-20261125-003"),
        "state": st.sampled_from(sorted(STATES)), "grade": st.sampled_from(sorted(GRADES)),
        "category": st.sampled_from(sorted(CATEGORIES)), "source": st.sampled_from(sorted(SOURCES)), "round": st.just(""),
        "checkpoint": st.just(""), "building": st.just(""), "place": st.just("3栋1单元 大堂"), "summary": words,
        "description": words, "measure": words, "demand": words, "result": words, "pace": st.sampled_from(sorted(PACES)),
        "due": moments, "found": moments, "closed": maybe, "told_company": maybe, "told_authority": maybe, "isolated": maybe,
        "report_by": maybe, "illegal": st.booleans(), "planned": st.booleans(),
        "plan": st.one_of(st.just({}), st.fixed_dictionaries(dict.fromkeys(PLAN, words))),
        "responsible": st.one_of(st.just(""), ids), "responsible_name": words,
        "rectifiers": st.lists(ids, max_size=3, unique=True).map(sorted), "reporter": ids, "reporter_name": words,
        "ticket": st.just(""), "ticket_number": st.just(""), "extension": st.one_of(st.none(), extensions),
        "limits": st.just(dict(HOURS)), "events": st.lists(events, max_size=3),
        "photos": st.lists(
            st.fixed_dictionaries(
                {"id": ids, "role": st.sampled_from(["before", "after", "recheck", "note"]), "pending": st.booleans()}
            ),
            max_size=3,
        ),
        "pending": st.booleans(),
    }
)  # fmt: skip

LIKELY = {
    "report": (), "register": ("found",), "notice": ("registered",), "start": ("found", "notice_issued", "failed"),
    "submit": ("rectifying",), "inspect": ("submitted",), "recheck": ("submitted", "rechecking"), "note": (),
    "extend": ("rectifying", "notice_issued"), "decide": ("rectifying",), "isolate": ("found",), "tell_company": ("found",),
    "tell_authority": ("found",), "dissuade": ("found",), "plan": ("registered",),
}  # fmt: skip

ARGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "report": {
        "category": some(CATEGORIES), "grade": some(GRADES), "source": some(SOURCES), "place": st.one_of(words, st.just("大堂")),
        "text": text_or_list, "measure": words, "round": words, "checkpoint": words,
    },
    "recheck": {"result": some(["pass", "fail"]), "note": said},
    "extend": {"until": days, "note": said},
    "dissuade": {"helped": some(["yes", "no"]), "note": said},
}  # fmt: skip


def operation(verb: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return operations of one type, as reducers see them."""
    args = ARGS.get(verb, {"note": st.one_of(said, text_or_list)})
    return st.fixed_dictionaries(
        {
            "id": ids, "type": st.just(f"hazard.{verb}"), "entity": ids,
            "args": st.one_of(st.fixed_dictionaries(args), st.fixed_dictionaries({}, optional=args)),
            "at": moments, "by": people, "photos": st.one_of(some_photos, photos), "pending": st.booleans(),
        }
    )  # fmt: skip


def document_for(verb: str) -> st.SearchStrategy[dict[str, Any] | None]:
    """Return documents that the operation often fits."""
    likely = LIKELY[verb]
    if verb == "report":
        return st.one_of(st.none(), st.none(), documents)
    fitting = st.tuples(documents, st.sampled_from(likely or sorted(STATES))).map(
        lambda both: both[0] | {"state": both[1]}
    )
    return st.one_of(fitting, fitting, documents, st.none())


CASES = {
    (f"hazard.{verb}", "hazard"): st.tuples(document_for(verb), operation(verb))
    for verb in LIKELY
    if (f"hazard.{verb}", "hazard") in on_phones()
}


# ---- Pages ----------------------------------------------------------------------------------------------------------

capabilities = st.lists(
    st.sampled_from(["hazard.report", "hazard.handle", "hazard.manage", "hazard.company"]), unique=True, max_size=4
)
me = st.fixed_dictionaries(
    {
        "kind": st.just("me"), "id": ids, "name": words, "person": st.one_of(st.just(""), ids), "locale": st.just("zh-CN"),
        "capabilities": capabilities, "csrf": st.just("token"), "tabs": st.just([]),
    }
)  # fmt: skip
typed = st.fixed_dictionaries(
    {}, optional={"note": words, "text": words, "grade": st.sampled_from(["major", "general"]), "place": words}
)


def page(path: st.SearchStrategy[str], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return what a page knows beside its documents."""
    common = {
        "me": me, "path": path, "params": st.just({}), "query": st.just({}), "now": moments, "problem": words, "typed": typed,
    }  # fmt: skip
    return st.fixed_dictionaries(common | more)


rules = st.lists(
    st.fixed_dictionaries(
        {
            "people": st.lists(
                st.fixed_dictionaries({"person": ids, "name": words, "post": st.just("repair")}), max_size=3
            )
        }
    ),
    max_size=1,
)
PAGES = {
    "field/hazards/index.html": page(st.just("/field/hazards"), hazards=st.lists(documents, max_size=5)),
    "field/hazards/new.html": page(
        st.just("/field/hazards/new"), query=st.fixed_dictionaries({}, optional={"place": words, "source": words})
    ),
    "field/hazards/show.html": page(st.just("/field/hazards/1"), hazard=documents),
    "field/hazards/step.html": page(
        st.just("/field/hazards/1/x"),
        hazard=documents,
        rules=rules,
        params=st.fixed_dictionaries({"step": st.sampled_from([*LIKELY, "nonsense"])}),
    ),
}
