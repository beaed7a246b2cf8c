"""What a change will do, in sentences for the page that asks before it is done."""

from collections.abc import Iterable
from uuid import UUID

from server.communities.labels import ROLES, VACANCIES
from server.communities.occupancies import Change, Stay, applied, vacancy_on
from server.communities.parties import Party
from server.communities.rooms import Resident
from server.lib.formats import day, mask_name, today
from server.lib.i18n import _
from server.lib.ids import uuid7


def stand_ins(parties: Iterable[Party]) -> list[UUID]:
    """Return the ids of `parties`; somebody new gets one that is never stored."""
    return [party.id or uuid7() for party in parties]


def sentences(change: Change, known: list[Resident], parties: list[Party]) -> list[str]:
    """Return one sentence per stay that ends, moves in, or begins."""
    residents = {one.id: one for one in known}
    told = []
    for stay in change.edits:
        one = residents[stay.id]
        who = _("%(role)s %(name)s", role=_(ROLES[stay.role]), name=mask_name(one.name))
        told.append(edited(stay, one, who))
    for start, party in zip(change.starts, parties, strict=False):
        who = _("%(role)s %(name)s", role=_(ROLES[start.role]), name=party.name)
        if start.since is None:
            told.append(_("%(who)s 登记进本房", who=who))
        elif start.until is not None:
            told.append(
                _("%(who)s 自 %(since)s 起，到 %(until)s 止", who=who, since=day(start.since), until=day(start.until))
            )
        else:
            told.append(_("%(who)s 自 %(since)s 起", who=who, since=day(start.since)))
    return told


def edited(stay: Stay, before: Resident, who: str) -> str:
    """Return what happens to a stay that is there already."""
    if stay.is_void:
        return _("%(who)s（%(span)s）作废，不再算数，记录保留", who=who, span=before.span)
    if stay.until == before.until:
        return _("%(who)s 入住日期记为 %(day)s", who=who, day=day(stay.moved_in_on))
    if stay.until is None:
        return _("%(who)s 恢复，没有结束日期", who=who)
    return _("%(who)s 到 %(day)s 为止", who=who, day=day(stay.until))


def vacancy_sentence(stays: list[Stay], change: Change, vacancy: str) -> str:
    """Return how the room will stand today after `change`, or "" when that stays as it is."""
    after = applied(stays, change, [uuid7() for _start in change.starts])
    new = vacancy_on(after, today(), change.otherwise or vacancy)
    if new == vacancy:
        return ""
    return _("房态由“%(old)s”改为“%(new)s”", old=_(VACANCIES[vacancy]), new=_(VACANCIES[new]))
