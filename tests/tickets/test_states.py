"""The life of a ticket, without a database: every row of the table, and random walks over it."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tickets import states
from server.tickets.states import (
    ASSIGNEE,
    CALLER,
    CASHIER,
    HAND,
    JUDGE,
    OFFICE,
    RESIDENT,
    STEPS,
    SYSTEM,
    WITNESS,
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
    "clerk": Doer(CLERK, CLERK, frozenset(), True, False, True, True),
    "worker": Doer(WORKER, WORKER, frozenset(), False, True),
    "other worker": Doer(OTHER_WORKER, OTHER_WORKER, frozenset(), False, True),
}
NEEDS = sorted({need for step in STEPS.values() for need in step.needs})


def ticket(state="submitted", location="private", assignee=WORKER, **more):
    return Standing(state, location, ROOM if location == "private" else None, OWNER, assignee, **more)


def test_every_state_has_a_name_and_is_reached():
    reached = set(states.BIRTHS.values()) | {
        step.target for step in STEPS.values() if step.target not in (None, states.BACK)
    }
    named = set(states.STATES)
    assert reached == named
    assert {source for step in STEPS.values() for source in step.sources} <= named
    assert set(states.TONES) <= named


def test_every_open_state_has_a_way_on_and_every_other_is_an_end():
    for state in states.STATES:
        onward = [verb for verb, step in STEPS.items() if state in step.sources and step.target is not None]
        assert bool(onward) == (state in states.OPEN | states.SETTLING | {"closed"})
        assert state != "closed" or onward == ["reopen"]


def test_who_is_who():
    assert states.parties_of(PEOPLE["owner"], ticket()) == {RESIDENT, JUDGE}
    assert states.parties_of(PEOPLE["neighbour"], ticket()) == frozenset()
    assert states.parties_of(PEOPLE["clerk"], ticket()) == {OFFICE, CASHIER, CALLER}
    assert states.parties_of(PEOPLE["worker"], ticket()) == {ASSIGNEE, WITNESS}
    assert states.parties_of(PEOPLE["worker"], ticket(location="common")) == {ASSIGNEE}
    pooled = ticket("accepted", assignee=None, pooled=True)
    assert states.parties_of(PEOPLE["other worker"], pooled) == {HAND}
    assert states.parties_of(PEOPLE["other worker"], ticket()) == frozenset()


def test_the_office_judges_what_belongs_to_all():
    assert states.parties_of(PEOPLE["owner"], ticket(location="common")) == {RESIDENT}
    assert not states.may("confirm", ticket("finished"), frozenset({RESIDENT}))
    assert states.may("confirm", ticket("finished"), frozenset({OFFICE}))


def test_nobody_judges_their_own_work():
    handyman = Doer(WORKER, WORKER, frozenset({ROOM}), True, True, True, True)
    assert states.parties_of(handyman, ticket()) == {RESIDENT, ASSIGNEE, WITNESS}


def test_a_former_repairman_is_nobody():
    retired = Doer(WORKER, WORKER, frozenset(), False, False)
    assert states.parties_of(retired, ticket()) == frozenset()


@pytest.mark.parametrize("need", ["photo", "note", "materials"])
def test_finishing_needs_a_photo_a_note_and_the_parts(need):
    with pytest.raises(Missing, match=need):
        states.check("finish", ticket("in_progress"), frozenset({ASSIGNEE}), {"photo", "note", "materials"} - {need})


def test_the_owner_cannot_take_back_what_has_begun():
    for state in ("in_progress", "finished", "closed"):
        with pytest.raises(NotNow):
            states.check("cancel", ticket(state), frozenset({RESIDENT}), {"note"})


def test_a_pause_goes_back_to_where_it_began():
    assert states.target_of("resume", ticket("suspended", suspended_from="arrived")) == "arrived"
    assert states.explained(["register", "dispatch", "take", "suspend", "resume", "arrive"]) == "arrived"
    with pytest.raises(NotNow):
        states.explained(["register", "dispatch", "take", "suspend", "arrive"])


def test_what_is_owed_is_paid_before_it_is_closed():
    owing = ticket("owner_accepted", owes=True)
    assert not states.fits("close", owing)
    assert states.fits("pay", owing) and states.fits("follow_up", owing)
    assert not states.fits("pay", ticket("owner_accepted"))


@dataclass
class Walk:
    """A ticket as the rules alone would have it, with what must never happen watched over."""

    state: str
    location: str
    assignee: UUID | None = None
    pooled: bool = False
    before: str | None = None
    quoted: bool = False
    agreed: bool = False
    charged: bool = False
    paid: bool = False
    history: list[str] = field(default_factory=list)

    def standing(self) -> Standing:
        return ticket(
            self.state, self.location, self.assignee,
            pooled=self.pooled, suspended_from=self.before, owes=self.charged and not self.paid,
        )  # fmt: skip

    def step(self, verb: str, name: str, brings: set[str]) -> None:
        who, now = PEOPLE.get(name), self.standing()
        parties = frozenset({SYSTEM}) if who is None else states.parties_of(who, now)
        try:
            row = states.check(verb, now, parties, brings)
        except (NotNow, NotYours, Missing):
            return
        target = states.target_of(verb, now)
        assert self.state in row.sources and row.needs <= brings and target in states.STATES
        self.watch(verb, name, who, target)
        self.note(verb, who, target)

    def watch(self, verb: str, name: str, who: Doer | None, target: str) -> None:
        assert name != "neighbour", "a neighbour has no say"
        assert (who is None) == (verb in {"close", "lapse", "escalate"}), "nobody but the system closes"
        if verb in {"take", "arrive", "quote", "start", "finish", "transfer", "sign"}:
            assert who.person_id == self.assignee
        if verb in {"confirm", "rework", "pay", "follow_up", "reopen"}:
            assert who.person_id != self.assignee, "nobody judges, cashes or asks about their own work"
        if verb == "grab":
            assert self.pooled and self.assignee is None
        if self.state == "suspended":
            assert target != "finished" and verb != "escalate", "no clock runs while it is suspended"
        if verb == "agree":
            assert self.quoted
        if target == "closed":
            assert self.paid or not self.charged

    def note(self, verb: str, who: Doer | None, target: str) -> None:
        if verb in {"dispatch", "reassign"}:
            self.assignee = WORKER if self.assignee != WORKER else OTHER_WORKER
        if verb == "grab":
            self.assignee = who.person_id
        if verb in {"transfer", "offer"}:
            self.assignee = None
        self.pooled = verb == "offer" or (self.pooled and verb not in {"grab", "dispatch", "transfer"})
        self.before = self.state if verb == "suspend" else None if target != "suspended" else self.before
        self.quoted = verb == "quote" or (self.quoted and target == "quoted")
        if verb == "quote":
            self.charged = False
        if verb == "agree":
            self.charged, self.paid = True, False
        if verb == "pay":
            self.paid = True
        self.state = target
        self.history.append(verb)


steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(STEPS)), st.sampled_from([*sorted(PEOPLE), "system"]),
        st.sets(st.sampled_from(NEEDS)) | st.just(set(NEEDS)),
    ),
    max_size=60,
)  # fmt: skip


@given(st.sampled_from(["report", "register"]), st.sampled_from(["private", "common"]), steps)
def test_random_steps_by_random_people_never_lead_astray(birth, location, wanted):
    walk = Walk(states.BIRTHS["resident" if birth == "report" else "office"], location, history=[birth])
    for verb, name, brings in wanted:
        walk.step(verb, name, brings)
        assert states.explained(walk.history) == walk.state
        assert (walk.state == "suspended") == (walk.before is not None)
        assert walk.assignee is not None or walk.state in states.UNASSIGNED | {"cancelled", "rejected"}


@given(st.data(), st.sampled_from(["private", "common"]))
def test_walks_that_only_take_what_is_offered_reach_every_end(data, location):
    walk = Walk("submitted", location, history=["report"])
    for _turn in range(data.draw(st.integers(0, 40))):
        offers = [
            (verb, name)
            for name in [*PEOPLE, "system"]
            for verb in states.verbs_of(
                walk.standing(),
                frozenset({SYSTEM}) if name == "system" else states.parties_of(PEOPLE[name], walk.standing()),
            )
        ]
        if not offers:
            assert walk.state in {"cancelled", "rejected"}
            break
        walk.step(*data.draw(st.sampled_from(offers)), set(NEEDS))
    assert states.explained(walk.history) == walk.state
