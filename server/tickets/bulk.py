"""Many tickets given to one repairman at once: each by the rules of one, and what cannot be is said ticket by ticket."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import transaction
from server.lib.acting import Act
from server.lib.i18n import N_
from server.security.actor import Actor
from server.tickets import dispatching
from server.tickets.changing import Overtaken
from server.tickets.dispatching import NoSuchRepairman
from server.tickets.finding import TicketView, find
from server.tickets.states import Refused

MOST = 100
"""How many at once: two pages of the board."""

WHY = {
    "done": N_("已派出"),
    "same": N_("已经是这位师傅，或这位师傅不能接单"),
    "changed": N_("刚被别人改过，请打开看过再派"),
    "over": N_("已经完工、取消，或状态不允许派单"),
    "gone": N_("找不到这张工单"),
}


class Given(msgspec.Struct):
    """What became of one ticket: a key of WHY."""

    ticket_id: UUID
    outcome: str
    ticket: TicketView | None = None


def ticked(text: str) -> tuple[UUID, int]:
    """Read a ticked row: the ticket's id and the version that was shown; raise ValueError for nonsense.

    >>> ticked("00000000-0000-0000-0000-000000000001.3")
    (UUID('00000000-0000-0000-0000-000000000001'), 3)
    """
    id_, _dot, version = text.partition(".")
    return UUID(id_), int(version)


async def give(seen: Sequence[tuple[UUID, int]], repairman_id: UUID, *, by: Actor) -> list[Given]:
    """Give tickets, each as its version was `seen`, to a repairman, at most MOST; return what became of each, in order.

    All in one transaction; what is refused changes nothing of that ticket and keeps no other back.
    """
    once = dict(list(dict(seen).items())[:MOST])
    async with transaction():
        # In the order of their ids: two people who tick the same rows wait for each other and never in a circle.
        given = {id_: await _give(id_, once[id_], repairman_id, by) for id_ in sorted(once)}
    return [given[id_] for id_ in once]


async def _give(ticket_id: UUID, version: int, repairman_id: UUID, by: Actor) -> Given:
    try:
        async with transaction():
            ticket = await dispatching.dispatch(ticket_id, repairman_id, by=by, act=Act(base=version))
    except NotFoundException:
        return Given(ticket_id, "gone")
    except NoSuchRepairman:
        return Given(ticket_id, "same", await find(ticket_id, by=by))
    except (Overtaken, Refused):
        now = await find(ticket_id, by=by)
        return Given(ticket_id, "changed" if now.version != version and now.is_open else "over", now)
    return Given(ticket_id, "done", ticket)
