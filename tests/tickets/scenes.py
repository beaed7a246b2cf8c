"""Short cuts for tests: a report that has come so far."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.lib.acting import Act, Carried
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.security.capabilities import granted
from server.storage.photos import Sent, store
from server.tickets import accepting, dispatching, finishing, reporting, working
from server.tickets.finding import TicketView, find
from server.tickets.reporting import Report
from tests.cast import CHEN, COMMUNITIES, SHIFU, ZHOU, Character, room_id
from tests.storage.pictures import encoded, picture


def on_stage(test: Callable[..., Any]) -> Callable[..., Any]:
    """Run a test's body with a database connection that reaches every community (a fixture's task cannot lend its own)."""

    @wraps(test)
    async def run(*arguments: Any, **named: Any) -> None:
        async with DB.scope(EVERYWHERE):
            await test(*arguments, **named)

    return run


def actor(who: Character) -> Actor:
    """Return `who` as the actor of a change."""
    return Actor(
        account_id=who.account_id, name=who.name, person_id=who.person_id, community_id=COMMUNITIES[who.community],
        posts=frozenset(who.posts), capabilities=granted(who.posts, ()),
        room_ids=tuple(room_id(label, who.community) for label, _role in who.rooms),
    )  # fmt: skip


def leak(who: Character = CHEN, **changes: Any) -> Report:
    """Return the report of a leaking pipe in 1302."""
    values: dict[str, Any] = {
        "id": uuid7(), "category": "water", "level": "P3", "location": "private", "place": "3栋1单元1302",
        "text": "厨房水管漏水。柜子都湿了", "room_id": room_id("3栋1单元1302"), "contact_phone": who.phone,
        "reporter_id": who.person_id, "reporter_account_id": who.account_id,
    } | changes  # fmt: skip
    return Report(**values)


async def photo_of(who: Character) -> Carried:
    """Store a photo of `who`'s; return it as a form carries it."""
    stored = await store(Sent(encoded(picture())), by=actor(who))
    return Carried((stored.id,))


class Scene:
    """A ticket that goes its usual way. Each step returns the ticket after it."""

    id: UUID

    async def reported(self, **changes: Any) -> TicketView:
        ticket = await reporting.report(leak(**changes), by=actor(CHEN))
        self.id = ticket.id
        return ticket

    async def dispatched(self, to: Character = SHIFU) -> TicketView:
        ticket = await self.reported()
        return await dispatching.dispatch(ticket.id, to.person_id, by=actor(ZHOU), act=Act(base=ticket.version))

    async def arrived(self) -> TicketView:
        ticket = await self.dispatched()
        ticket = await working.take(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))
        return await working.arrive(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))

    async def started(self) -> TicketView:
        ticket = await self.arrived()
        return await working.start(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))

    async def finished(self) -> TicketView:
        ticket = await self.started()
        photos = await photo_of(SHIFU)
        return await finishing.finish(
            ticket.id,
            by=actor(SHIFU),
            act=Act(base=ticket.version, note="更换角阀，试水不漏", photos=photos),
            materials=[],
        )

    async def closed(self) -> TicketView:
        ticket = await self.finished()
        return await accepting.confirm(ticket.id, by=actor(CHEN), act=Act(base=ticket.version), rating="good")


async def seen(id_: UUID, who: Character) -> TicketView:
    """Return the ticket as `who` finds it."""
    return await find(id_, by=actor(who))


__all__ = [
    "DB", "EVERYWHERE", "Scene", "actor", "execute", "fetch", "fetchrow", "fetchval", "leak", "on_stage", "photo_of", "seen",
]  # fmt: skip
