"""The rules of occupancies: worked examples, and what must hold after any sequence of changes."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.communities import occupancies
from server.communities.occupancies import Change, Refused, Stay, applied, liable, on_day, vacancy_on

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
CHEN, LIN, HE, ZHANG, SON = (UUID(int=n) for n in range(1, 6))


def owner(who: UUID, since: date | None = None, until: date | None = None, **more: object) -> Stay:
    return Stay(id=uuid4(), person_id=who, role="owner", since=since, until=until, **more)


def fresh() -> list[UUID]:
    return [uuid4() for _ in range(6)]


def test_a_transfer_ends_the_seller_the_day_before() -> None:
    stays = [owner(CHEN)]
    after = applied(stays, occupancies.transfer(stays, [LIN], date(2026, 11, 1), TODAY, members_leave=True), fresh())
    assert liable(after, date(2026, 10, 31)) == [CHEN]
    assert liable(after, date(2026, 11, 1)) == [LIN]


def test_co_owners_owe_together_the_first_owner_first() -> None:
    stays = [owner(CHEN)]
    after = applied(stays, occupancies.transfer(stays, [LIN, HE], TODAY, TODAY, members_leave=True), fresh())
    assert liable(after, TODAY) == [LIN, HE]


def test_a_room_nobody_owns_is_the_developers() -> None:
    assert liable([], TODAY) == []


def test_the_sellers_household_leaves_and_tenants_stay() -> None:
    son = Stay(id=uuid4(), person_id=SON, role="member")
    tenant = Stay(id=uuid4(), person_id=HE, role="tenant", since=date(2026, 1, 1))
    stays = [owner(CHEN), son, tenant]
    after = applied(stays, occupancies.transfer(stays, [LIN], TODAY, TODAY, members_leave=True), fresh())
    assert {stay.person_id for stay in on_day(after, TODAY)} == {LIN, HE}


@pytest.mark.parametrize("on", [date(2026, 5, 1), date(2026, 4, 1)])
def test_a_transfer_before_the_present_owner_began_is_refused(on: date) -> None:
    stays = [owner(CHEN, None, date(2026, 4, 30), ended_why="transfer"), owner(LIN, date(2026, 5, 1))]
    with pytest.raises(Refused) as refusal:
        occupancies.transfer(stays, [HE], on, TODAY, members_leave=True)
    assert refusal.value.field == "on"


def test_a_date_more_than_a_year_ahead_is_refused() -> None:
    with pytest.raises(Refused):
        occupancies.transfer([owner(CHEN)], [LIN], TODAY + timedelta(days=366), TODAY, members_leave=True)


def test_the_same_owner_again_is_refused() -> None:
    with pytest.raises(Refused):
        occupancies.transfer([owner(CHEN)], [CHEN], TODAY, TODAY, members_leave=True)


def test_an_owner_may_take_in_a_co_owner() -> None:
    stays = [owner(CHEN)]
    after = applied(stays, occupancies.transfer(stays, [CHEN, LIN], TODAY, TODAY, members_leave=False), fresh())
    assert liable(after, TODAY) == [CHEN, LIN]


def test_correcting_a_transfer_brings_the_seller_back() -> None:
    son = Stay(id=uuid4(), person_id=SON, role="member")
    stays = [owner(CHEN), son]
    sold = applied(stays, occupancies.transfer(stays, [LIN, HE], TODAY, TODAY, members_leave=True), fresh())
    wrong = next(stay for stay in sold if stay.person_id == LIN)
    after = applied(sold, occupancies.correct(sold, wrong, TODAY), ())
    assert liable(after, TODAY) == [CHEN]
    assert {stay.person_id for stay in on_day(after, TODAY)} == {CHEN, SON}
    assert len(after) == 4


def test_correcting_the_middle_of_three_owners_closes_the_gap() -> None:
    stays = [owner(CHEN)]
    stays = applied(stays, occupancies.transfer(stays, [LIN], date(2025, 1, 1), TODAY, members_leave=True), fresh())
    stays = applied(stays, occupancies.transfer(stays, [HE], date(2026, 1, 1), TODAY, members_leave=True), fresh())
    after = applied(stays, occupancies.correct(stays, stays[1], TODAY), ())
    assert liable(after, date(2025, 6, 1)) == [CHEN]
    assert liable(after, date(2026, 1, 1)) == [HE]


def test_correcting_what_began_before_records_hides_it_from_every_day() -> None:
    stays = [owner(CHEN)]
    after = applied(stays, occupancies.correct(stays, stays[0], TODAY), ())
    assert liable(after, date(1999, 1, 1)) == [] == liable(after, TODAY)


def test_an_owner_cannot_simply_leave() -> None:
    with pytest.raises(Refused):
        occupancies.leave(owner(CHEN), TODAY, TODAY)


def test_a_tenant_leaves_and_the_room_is_vacant_the_next_day() -> None:
    tenant = Stay(id=uuid4(), person_id=LIN, role="tenant", since=date(2026, 1, 1))
    stays = [owner(CHEN), tenant]
    after = applied(stays, occupancies.leave(tenant, TODAY, TODAY), ())
    assert vacancy_on(after, TODAY, "let") == "let"
    assert vacancy_on(after, TODAY + DAY, "let") == "vacant"


def test_the_same_tenant_twice_at_a_time_is_refused_but_may_come_back() -> None:
    stays = [Stay(id=uuid4(), person_id=LIN, role="tenant", since=date(2025, 1, 1), until=date(2025, 12, 31))]
    with pytest.raises(Refused):
        occupancies.let(stays, [LIN], date(2025, 12, 31), None, TODAY)
    assert occupancies.let(stays, [LIN], date(2026, 1, 1), None, TODAY).starts


def test_vacancy_follows_moving_in() -> None:
    stays = [owner(CHEN)]
    after = applied(stays, occupancies.move_in(stays, TODAY, TODAY), ())
    assert vacancy_on(after, TODAY, "vacant") == "occupied"
    assert vacancy_on(after, TODAY - DAY, "vacant") == "vacant"


days = st.dates(date(2026, 10, 1), date(2027, 2, 1))
people = st.sampled_from([CHEN, LIN, HE, ZHANG, SON])
verbs = st.one_of(
    st.tuples(st.just("transfer"), days, st.lists(people, min_size=1, max_size=3, unique=True), st.booleans()),
    st.tuples(st.just("hand_over"), days, st.lists(people, min_size=1, max_size=2, unique=True), st.booleans()),
    st.tuples(st.just("let"), days, people, st.one_of(st.none(), days)),
    st.tuples(st.just("join"), st.one_of(st.none(), days), people, st.none()),
    st.tuples(st.just("move_in"), days, people, st.none()),
    st.tuples(st.just("leave"), days, st.integers(0, 30), st.none()),
    st.tuples(st.just("reopen"), days, st.integers(0, 30), st.none()),
    st.tuples(st.just("correct"), days, st.integers(0, 30), st.none()),
)


def plan(stays: list[Stay], verb: tuple) -> Change:  # type: ignore[type-arg]
    name, day, what, more = verb
    if name == "transfer":
        return occupancies.transfer(stays, what, day, TODAY, members_leave=more)
    if name == "hand_over":
        return occupancies.hand_over(stays, what, day, TODAY, moved_in_on=day if more else None)
    if name == "let":
        return occupancies.let(stays, [what], day, more, TODAY)
    if name == "join":
        return occupancies.join(stays, what, day, TODAY)
    if name == "move_in":
        return occupancies.move_in(stays, day, TODAY)
    if not stays:
        return Change()
    stay = stays[what % len(stays)]
    if name == "leave":
        return occupancies.leave(stay, day, TODAY)
    return occupancies.correct(stays, stay, TODAY) if name == "correct" else occupancies.reopen(stays, stay)


@settings(max_examples=400, deadline=None)
@given(st.booleans(), st.lists(verbs, max_size=14))
def test_whatever_the_office_does(starts_owned: bool, story: list) -> None:  # type: ignore[type-arg]
    stays = [owner(CHEN)] if starts_owned else []
    for verb in story:
        try:
            change = plan(stays, verb)
        except Refused:
            continue
        before, stays = stays, applied(stays, change, fresh())
        history_is_kept(before, stays)
        assert len(change.edits) == len({stay.id for stay in change.edits})
    for offset in range(-60, 120):
        day = TODAY + offset * DAY
        assert len(on_day(stays, day, "owner")) <= 1
        roles = [(stay.person_id, stay.role) for stay in on_day(stays, day)]
        assert len(roles) == len(set(roles))
        if on_day(stays, day, "co_owner"):
            assert on_day(stays, day, "owner")
    assert sum(stay.role == "owner" and stay.until is None for stay in stays) <= 1
    open_ones = [(stay.person_id, stay.role) for stay in stays if stay.until is None]
    assert len(open_ones) == len(set(open_ones))


def history_is_kept(before: list[Stay], after: list[Stay]) -> None:
    """Nobody disappears, nobody's start or role is rewritten, and only a correction ends before its start."""
    for old, new in zip(before, after, strict=False):
        assert (old.id, old.person_id, old.role, old.since) == (new.id, new.person_id, new.role, new.since)
    assert len(after) >= len(before)
    for stay in after:
        if not stay.is_void and stay.since and stay.until:
            assert stay.until >= stay.since
