"""The rules of who belongs to a room when: pure functions of plain values. Nothing here reads or writes.

A stay is never deleted and its start never changes. A change is planned first (`Change`), shown to the clerk, and then carried
out as planned. On any date a room has at most one first owner; who owns it on a date owes that date's fees (Civil Code 937,
944); a day without an owner is the developer's (property regulations art. 41).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from server.lib.i18n import N_

OWNING = frozenset({"owner", "co_owner"})
AHEAD = timedelta(days=365)
"""How far in the future a change may be dated."""

LONG_PAST = date(1900, 1, 1)
"""The end of a corrected stay that had no start: before every date that is ever asked for."""

DAY = timedelta(days=1)


class Stay(msgspec.Struct, frozen=True):
    """One person in one role in one room, from `since` (None: before records began) to `until` (inclusive; None: still)."""

    id: UUID
    person_id: UUID
    role: str
    since: date | None = None
    until: date | None = None
    moved_in_on: date | None = None
    ended_why: str | None = None

    @property
    def is_void(self) -> bool:
        """Whether it was entered by mistake and counts for nothing."""
        return self.ended_why == "corrected"


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A stay to be."""

    person_id: UUID
    role: str
    since: date | None
    until: date | None = None
    moved_in_on: date | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does: `edits` are stays as they will be (same id, same start), `starts` the new ones.

    `otherwise` is how the room stands as far as the stays will not tell (None: as it stood).
    """

    edits: tuple[Stay, ...] = ()
    starts: tuple[Start, ...] = ()
    otherwise: str | None = None


class Refused(Exception):
    """The change breaks a rule: the message (to be translated, with `values`) belongs beside `field`."""

    def __init__(self, field: str, message: str, **values: object) -> None:
        super().__init__(message)
        self.field, self.message, self.values = field, message, values


def holds(stay: Stay | Start, day: date) -> bool:
    """Whether `stay` counts on `day`."""
    if isinstance(stay, Stay) and stay.is_void:
        return False
    return (stay.since is None or stay.since <= day) and (stay.until is None or stay.until >= day)


def on_day(stays: Iterable[Stay], day: date, *roles: str) -> list[Stay]:
    """Return the stays that count on `day`, of `roles` only when some are given."""
    return [stay for stay in stays if holds(stay, day) and (not roles or stay.role in roles)]


def liable(stays: Iterable[Stay], day: date) -> list[UUID]:
    """Return who owes the fees of `day`, the first owner first; [] means the developer."""
    owners = sorted(on_day(stays, day, *OWNING), key=lambda stay: stay.role != "owner")
    return [stay.person_id for stay in owners]


def overlap(one: Stay | Start, other: Stay | Start) -> bool:
    """Whether two stays share a day."""
    if any(isinstance(stay, Stay) and stay.is_void for stay in (one, other)):
        return False
    return not (
        (one.until is not None and other.since is not None and one.until < other.since)
        or (other.until is not None and one.since is not None and other.until < one.since)
    )


def hand_over(
    stays: Sequence[Stay], buyers: Sequence[UUID], on: date, today: date, *, moved_in_on: date | None
) -> Change:
    """Plan the first owners of a room nobody owns (交付): `buyers`, the first owner first, from `on`."""
    _not_too_far(on, today)
    if any(stay.role in OWNING and not stay.is_void and (stay.until is None or stay.until >= on) for stay in stays):
        raise Refused("on", N_("这一天已经有业主，请办过户"))
    return Change(starts=_owners(buyers, on, moved_in_on), otherwise="vacant")


def move_in(stays: Sequence[Stay], on: date, today: date) -> Change:
    """Plan that the owners of `on` moved in that day (入住)."""
    _not_too_far(on, today)
    owners = on_day(stays, on, *OWNING)
    if not owners:
        raise Refused("on", N_("这一天还没有业主"))
    return Change(edits=tuple(msgspec.structs.replace(stay, moved_in_on=on) for stay in owners))


def transfer(
    stays: Sequence[Stay], buyers: Sequence[UUID], on: date, today: date, *, members_leave: bool, moved_in: bool = False
) -> Change:
    """Plan a transfer of ownership (过户): the owners end the day before `on`, `buyers` begin, the first owner first.

    Tenants stay (a sale does not break a lease, Civil Code 725).
    """
    _not_too_far(on, today)
    owning = [stay for stay in stays if stay.role in OWNING and not stay.is_void]
    later = [stay.since for stay in owning if stay.since is not None and stay.since >= on]
    if later:
        raise Refused("on", N_("%(day)s 起已有业主，过户日期要晚于这一天"), day=max(later))
    sellers = [stay for stay in owning if holds(stay, on)]
    if not sellers:
        raise Refused("on", N_("这一天没有业主，请办入住"))
    if {stay.person_id for stay in sellers} == set(buyers):
        raise Refused("name_1", N_("新业主就是现在的业主"))
    leaving = [stay for stay in on_day(stays, on, "member") if stay.since is None or stay.since < on]
    ended = sellers + (leaving if members_leave else [])
    return Change(
        edits=tuple(msgspec.structs.replace(stay, until=on - DAY, ended_why="transfer") for stay in ended),
        starts=_owners(buyers, on, on if moved_in else None),
        otherwise="vacant" if on <= today else None,
    )


def let(stays: Sequence[Stay], tenants: Sequence[UUID], since: date, until: date | None, today: date) -> Change:
    """Plan that `tenants` live in the room from `since`, until the lease ends (None: open)."""
    _not_too_far(since, today)
    if until is not None and until < since:
        raise Refused("until", N_("退租日期早于入住日期"))
    starts = tuple(Start(person_id=one, role="tenant", since=since, until=until) for one in tenants)
    return Change(starts=_without_doubles(stays, starts, N_("这位租户已经登记在本房")))


def join(stays: Sequence[Stay], person_id: UUID, since: date | None, today: date) -> Change:
    """Plan that a member of the household lives in the room, from `since` (None: nobody knows)."""
    if since is not None:
        _not_too_far(since, today)
    start = Start(person_id=person_id, role="member", since=since)
    return Change(starts=_without_doubles(stays, (start,), N_("这位家庭成员已经登记在本房")))


def leave(stay: Stay, last_day: date, today: date) -> Change:
    """Plan that a tenant or a member of the household lives here until `last_day`."""
    _not_too_far(last_day, today)
    if stay.role in OWNING:
        raise Refused("on", N_("业主不能迁出，请办过户"))
    if stay.is_void or (stay.until is not None and stay.until <= last_day):
        raise Refused("on", N_("在这一天之前已经结束了"))
    if stay.since is not None and last_day < stay.since:
        raise Refused("on", N_("早于开始日期；如果是登记错了，请用“更正”"))
    return Change(edits=(msgspec.structs.replace(stay, until=last_day, ended_why="moved_out"),))


def reopen(stays: Sequence[Stay], stay: Stay) -> Change:
    """Plan to take back the end of a tenant's or member's stay."""
    if stay.role in OWNING or stay.is_void or stay.until is None:
        raise Refused("on", N_("这条登记没有结束，不需要恢复"))
    again = msgspec.structs.replace(stay, until=None, ended_why=None)
    others = [one for one in stays if one.id != stay.id]
    if any(one.person_id == stay.person_id and one.role == stay.role and overlap(one, again) for one in others):
        raise Refused("on", N_("后来又登记过同一个人，不能恢复"))
    return Change(edits=(again,))


def correct(stays: Sequence[Stay], stay: Stay, today: date) -> Change:
    """Plan to take back a stay that was entered by mistake: it counts for no day, but is kept.

    With a first owner go the co-owners of the same day, and those whom their transfer ended come back, until the day the wrong
    owner would have gone.
    """
    if stay.is_void:
        raise Refused("reason", N_("这条登记已经更正过了"))
    wrong, back = [stay], []
    if stay.role == "owner" and stay.since is not None:
        wrong += [one for one in stays if one.role == "co_owner" and one.since == stay.since and not one.is_void]
        before = stay.since - DAY
        back = [one for one in stays if one.until == before and one.ended_why == "transfer"]
    edits = tuple(void(one) for one in wrong) + tuple(
        msgspec.structs.replace(one, until=stay.until, ended_why=stay.ended_why) for one in back
    )
    is_owned = bool(on_day(applied(stays, Change(edits=edits), ()), today, *OWNING))
    return Change(edits=edits, otherwise="developer" if stay.role in OWNING and not is_owned else None)


def void(stay: Stay) -> Stay:
    """Return `stay` as one that never was: it ends the day before it began."""
    until = LONG_PAST if stay.since is None else stay.since - DAY
    return msgspec.structs.replace(stay, until=until, ended_why="corrected")


def applied(stays: Sequence[Stay], change: Change, ids: Iterable[UUID]) -> list[Stay]:
    """Return the room's stays after `change`; new ones take their ids from `ids`."""
    edited = {stay.id: stay for stay in change.edits}
    kept = [edited.get(stay.id, stay) for stay in stays]
    new = [Stay(id=id_, **msgspec.structs.asdict(start)) for id_, start in zip(ids, change.starts, strict=False)]
    return kept + new


def vacancy_on(stays: Iterable[Stay], day: date, otherwise: str) -> str:
    """Return how the room stands on `day`: let, occupied, vacant, or `otherwise` as far as the stays do not contradict it."""
    present = on_day(stays, day)
    if any(stay.role == "tenant" for stay in present):
        return "let"
    if any(stay.role == "member" or (stay.moved_in_on is not None and stay.moved_in_on <= day) for stay in present):
        return "occupied"
    is_owned = any(stay.role in OWNING for stay in present)
    return "vacant" if otherwise == "let" or (otherwise == "developer" and is_owned) else otherwise


def _owners(buyers: Sequence[UUID], on: date, moved_in_on: date | None) -> tuple[Start, ...]:
    if len(set(buyers)) != len(buyers) or not buyers:
        raise Refused("name_1", N_("同一个人写了两次"))
    return tuple(
        Start(person_id=one, role="co_owner" if index else "owner", since=on, moved_in_on=moved_in_on)
        for index, one in enumerate(buyers)
    )


def _without_doubles(stays: Sequence[Stay], starts: tuple[Start, ...], message: str) -> tuple[Start, ...]:
    """Return `starts`; raise Refused when one of them is already here in that role."""
    if len({start.person_id for start in starts}) != len(starts):
        raise Refused("name_1", N_("同一个人写了两次"))
    for start in starts:
        if any(one.person_id == start.person_id and one.role == start.role and overlap(one, start) for one in stays):
            raise Refused("name_1", message)
    return starts


def _not_too_far(day: date, today: date) -> None:
    if day > today + AHEAD:
        raise Refused("on", N_("日期最多提前一年"))
