"""The search box of the desk: a room, a person, a plate or a ticket from anywhere."""

from typing import Any

import msgspec

from server.communities.people import PersonLine, search_people
from server.communities.register import Filters, RoomLine, find
from server.communities.rooms import TicketLine
from server.communities.words import patterns
from server.db import rows
from server.security.actor import Actor

MOST = 8


class Found(msgspec.Struct):
    """What was found, a few of each kind. `rooms_total` says how many rooms there are in all."""

    rooms: list[RoomLine] = []
    rooms_total: int = 0
    people: list[PersonLine] = []
    tickets: list[TicketLine] = []

    @property
    def only(self) -> str | None:
        """The address of the one thing found, when there is no other to choose from."""
        if len(self.rooms) == 1 and not self.tickets and len(self.people) <= 1:
            return f"/rooms/{self.rooms[0].id}"
        if len(self.tickets) == 1 and not self.rooms and not self.people:
            return f"/tickets/{self.tickets[0].id}"
        return None


async def find_anything(by: Actor, query: str) -> Found:
    """Return what `query` finds among what `by` may read."""
    words = patterns(query)
    if not words:
        return Found()
    found = Found()
    if by.can("register.read"):
        rooms = await find(by, Filters(q=query), 1, MOST)
        found.rooms, found.rooms_total = rooms.items, rooms.total
        found.people = await search_people(by, words, MOST)
    if by.can("ticket.read"):
        found.tickets = await search_tickets(by, words)
    return found


async def search_tickets(by: Actor, words: list[list[str]]) -> list[TicketLine]:
    """Return the newest tickets whose number or summary holds every word."""
    conditions: list[str] = []
    values: list[Any] = [by.here]
    for spellings in words:
        values.append(spellings)
        conditions.append(f"lower(number || ' ' || summary) like any (${len(values)}::text[])")
    return await rows(
        TicketLine,
        "select id, number, summary, state, reported_at from ticket where community_id = $1"
        f" and {' and '.join(conditions)} order by reported_at desc limit {MOST}",
        *values,
    )
