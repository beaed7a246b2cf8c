"""The life of a hazard, without a database: every row of the table, deadlines, and random walks by random people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hazards import states
from server.hazards.escalating import steps_due
from server.hazards.kinds import CATEGORIES, HOURS, PACES, due_after, end_of_day, guess_grade, pace_of, summary_of
from server.hazards.states import STEPS, Doer, Missing, NotNow, NotYours, OwnWork, Standing

PEOPLE = {
    "clerk": Doer("clerk", "p-clerk", reports=True),
    "repairman": Doer("repairman", "p-repairman", reports=True, handles=True),
    "guard": Doer("guard", "p-guard", reports=True, handles=True),
    "steward": Doer("steward", "p-steward", reports=True, manages=True),
    "manager": Doer("manager", "p-manager", reports=True, manages=True),
    "company": Doer("company", None, reports=True, manages=True, company=True),
    "owner": Doer("owner", "p-owner"),
}
NEEDS = ("photo", "note", "responsible", "deadline", "until", "plan")


def test_every_state_has_a_name_and_is_reached():
    reached = set(states.BIRTHS.values()) | {step.target for step in STEPS.values() if step.target}
    assert reached == set(states.STATES)
    assert {source for step in STEPS.values() for source in step.sources} <= set(states.STATES)
    assert set(states.TONES) == states.OPEN


def test_every_open_state_has_a_way_on_and_the_others_are_ends():
    for state in states.STATES:
        onward = [verb for verb, step in STEPS.items() if state in step.sources and step.target not in {None, state}]
        assert bool(onward) == (state in states.OPEN)


def test_who_put_it_right_never_checks_it():
    hazard = Standing("submitted", responsible="p-guard", rectifiers=frozenset({"repairman"}))
    for name in ("guard", "repairman"):
        with pytest.raises(OwnWork):
            states.check("pass", hazard, PEOPLE[name], {"photo"})
    assert states.check("pass", hazard, PEOPLE["steward"], {"photo"}).target == "closed"


def test_a_major_one_is_checked_by_the_company_alone():
    hazard = Standing("submitted", grade="major", rectifiers=frozenset({"repairman"}))
    for name in ("guard", "steward", "manager"):
        with pytest.raises(NotYours):
            states.check("pass", hazard, PEOPLE[name], {"photo"})
    assert states.check("pass", hazard, PEOPLE["company"], {"photo"}).target == "closed"


walks = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(sorted(PEOPLE)), st.sets(st.sampled_from(NEEDS))),
    max_size=60,
)


@given(st.sampled_from(["general", "major"]), st.booleans(), walks)
def test_random_steps_by_random_people_never_lead_astray(grade, illegal, walk):
    hazard, history, submitter = Standing("found", grade, illegal), ["report"], None
    for verb, name, brings in walk:
        who = PEOPLE[name]
        try:
            step = states.check(verb, hazard, who, brings)
        except (NotNow, NotYours, Missing):
            continue
        assert name != "owner", "residents have no part in it"
        assert hazard.state in step.sources
        assert step.needs <= brings
        assert verb != "escalate", "nobody but the system escalates"
        if verb in {"inspect", "pass", "fail"}:
            assert who.account not in hazard.rectifiers
            assert who.person is None or who.person != hazard.responsible
            assert who.account != submitter
            assert hazard.grade == "general" or name == "company"
        if verb == "decide":
            assert who.account != hazard.asked_by
        if verb == "notice" and hazard.grade == "major":
            assert hazard.done == set(states.ONCE)
            assert hazard.planned
        submitter = who.account if verb == "submit" else submitter
        hazard = after(hazard, verb, who)
        history.append(verb)
    assert hazard.state in states.STATES
    assert states.explained(history) == hazard.state


def after(hazard: Standing, verb: str, who: Doer) -> Standing:
    """Return what a step leaves behind."""
    hazard = replace(hazard, state=STEPS[verb].target or hazard.state)
    if verb in {"notice", "assign"}:
        hazard = replace(hazard, responsible="p-repairman")
    if verb in {"start", "submit"}:
        hazard = replace(
            hazard, rectifiers=hazard.rectifiers | {who.account}, responsible=hazard.responsible or who.person
        )
    if verb in states.ONCE:
        hazard = replace(hazard, done=hazard.done | {verb})
    if verb == "grade":
        hazard = replace(hazard, grade="major" if hazard.grade == "general" else "general")
    if verb == "extend":
        hazard = replace(hazard, asked_by=who.account)
    if verb == "decide":
        hazard = replace(hazard, asked_by=None)
    return replace(hazard, planned=hazard.planned or verb == "plan")


@given(st.sampled_from(sorted(PEOPLE)), st.sampled_from(sorted(states.STATES)), st.sampled_from(["general", "major"]))
def test_what_a_page_offers_is_what_the_rules_allow(name, state, grade):
    hazard = Standing(
        state, grade, responsible="p-repairman", rectifiers=frozenset({"repairman"}), asked_by="repairman"
    )
    offered = set(states.verbs_of(PEOPLE[name], hazard))
    for verb in STEPS:
        try:
            states.check(verb, hazard, PEOPLE[name], NEEDS)
            allowed = True
        except states.Refused:
            allowed = False
        assert allowed == (verb in offered) or (verb == "start" and state == "rectifying")


# ---- Grades and deadlines -------------------------------------------------------------------------------------------

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("category", "grade", "hours"),
    [
        ("escape", "general", 2),
        ("storage", "general", 2),
        ("power", "general", 72),
        ("water", "general", 168),
        ("water", "major", 72),
    ],
)
def test_the_deadline_follows_category_and_grade(category, grade, hours):
    assert due_after(pace_of(category, grade), AT, HOURS) == AT + timedelta(hours=hours)


def test_every_category_has_a_pace_and_every_pace_a_limit():
    assert {one.pace for one in CATEGORIES.values()} <= set(PACES) == set(HOURS)


def test_a_day_ends_at_midnight_in_china():
    assert end_of_day("2026-12-01") == datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-W01-1", "1999-01-01", "20261201", "", "2026-1-1"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError):
        end_of_day(text)


def test_words_of_danger_make_it_major():
    assert guess_grade("配电箱冒烟") == "major"
    assert guess_grade("地砖松动") == "general"


def test_a_hazard_is_known_by_its_first_sentence():
    assert summary_of("通道堆物，堵门。还有电动车") == "通道堆物，堵门"
    assert summary_of("字" * 40) == "字" * 29 + "…"
    assert summary_of("，。") == ""


@pytest.mark.parametrize(("hours", "steps"), [(-1, 0), (0, 1), (23, 1), (24, 2), (71, 2), (72, 3), (9999, 3)])
def test_lateness_goes_up_step_by_step(hours, steps):
    assert steps_due(timedelta(hours=hours)) == steps
