"""The life of a ticket, without a database: every row of the table, and random walks over it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tickets import states
from server.tickets.states import (
    ASSIGNEE,
    JUDGE,
    OFFICE,
    RESIDENT,
    STEPS,
    SYSTEM,
    Doer,
    Missing,
    NotNow,
    NotYours,
    Standing,
)

OWNER, NEIGHBOUR, CLERK, WORKER, OTHER_WORKER = (UUID(int=n) for n in range(1, 6))
ROOM, NEXT_DOOR = UUID(int=11), UUID(int=12)

PEOPLE = {
    "owner": Doer(OWNER, OWNER, frozenset({ROOM}), False, False),
    "neighbour": Doer(NEIGHBOUR, NEIGHBOUR, frozenset({NEXT_DOOR}), False, False),
    "clerk": Doer(CLERK, CLERK, frozenset(), True, False),
    "worker": Doer(WORKER, WORKER, frozenset(), False, True),
    "other worker": Doer(OTHER_WORKER, OTHER_WORKER, frozenset(), False, True),
}
NEEDS = ("photo", "note", "assignee", "rating")


def ticket(state="submitted", location="private", assignee=WORKER):
    return Standing(state, location, ROOM if location == "private" else None, OWNER, assignee)


def test_every_state_has_a_name_and_is_reached():
    reached = set(states.BIRTHS.values()) | {step.target for step in STEPS.values()}
    named = set(states.STATES)
    assert reached == named
    assert {source for step in STEPS.values() for source in step.sources} <= named
    assert set(states.TONES) <= named


def test_every_open_state_has_a_way_on_and_every_other_is_an_end():
    for state in states.STATES:
        onward = [verb for verb, step in STEPS.items() if state in step.sources]
        assert bool(onward) == (state in states.OPEN or state == "owner_accepted")


def test_who_is_who():
    assert states.parties_of(PEOPLE["owner"], ticket()) == {RESIDENT, JUDGE}
    assert states.parties_of(PEOPLE["neighbour"], ticket()) == frozenset()
    assert states.parties_of(PEOPLE["clerk"], ticket()) == {OFFICE}
    assert states.parties_of(PEOPLE["worker"], ticket()) == {ASSIGNEE}
    assert states.parties_of(PEOPLE["other worker"], ticket()) == frozenset()


def test_the_office_judges_what_belongs_to_all():
    assert states.parties_of(PEOPLE["owner"], ticket(location="common")) == {RESIDENT}
    assert not states.may("confirm", "finished", frozenset({RESIDENT}))
    assert states.may("confirm", "finished", frozenset({OFFICE}))


def test_nobody_judges_their_own_work():
    handyman = Doer(WORKER, WORKER, frozenset({ROOM}), True, True)
    assert states.parties_of(handyman, ticket()) == {RESIDENT, ASSIGNEE}


def test_a_former_repairman_is_nobody():
    retired = Doer(WORKER, WORKER, frozenset(), False, False)
    assert states.parties_of(retired, ticket()) == frozenset()


@pytest.mark.parametrize("need", ["photo", "note"])
def test_finishing_needs_a_photo_and_a_note(need):
    with pytest.raises(Missing, match=need):
        states.check("finish", "in_progress", frozenset({ASSIGNEE}), {"photo", "note"} - {need})


def test_the_owner_cannot_take_back_what_has_begun():
    for state in ("in_progress", "finished", "closed"):
        with pytest.raises(NotNow):
            states.check("cancel", state, frozenset({RESIDENT}), {"note"})


steps = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(sorted(PEOPLE)), st.sets(st.sampled_from(NEEDS))),
    max_size=40,
)


@given(st.sampled_from(["report", "register"]), st.sampled_from(["private", "common"]), steps)
def test_random_steps_by_random_people_never_lead_astray(birth, location, walk):
    state = states.BIRTHS["resident" if birth == "report" else "office"]
    assignee, history = None, [birth]
    for verb, name, brings in walk:
        who = PEOPLE[name]
        parties = states.parties_of(who, ticket(state, location, assignee))
        try:
            step = states.check(verb, state, parties, brings)
        except (NotNow, NotYours, Missing):
            continue
        assert state in step.sources
        assert step.needs <= brings
        assert SYSTEM not in step.parties, "nobody but the system closes"
        assert name != "neighbour"
        if verb in {"take", "start", "finish"}:
            assert who.person_id == assignee
        if verb in {"confirm", "rework"}:
            assert who.person_id != assignee
        if "assignee" in step.needs:
            assignee = WORKER if assignee != WORKER else OTHER_WORKER
        state = step.target
        history.append(verb)
    assert state in states.STATES
    assert states.explained(history) == state
    assert (assignee is None) == (state in states.UNASSIGNED or "dispatch" not in history)
