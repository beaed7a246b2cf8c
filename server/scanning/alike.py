"""What is reported already: the same kind of trouble, at the same place or in the same building, within a day. One hint for each place."""

import datetime as dt
from uuid import UUID

import msgspec

from server.db import rows
from server.security.actor import Actor
from server.tickets import states
from server.tickets.board import among
from server.tickets.kinds import CATEGORIES
from server.tickets.reporting import building_of

HOURS = 24
MOST = 3


class Alike(msgspec.Struct):
    """A trouble somebody has reported already."""

    id: UUID
    number: str
    category: str
    location: str
    place: str
    summary: str
    state: str
    reported_at: dt.datetime
    is_checked: bool  #: reported by a person we know, or seen by the office: its words may be shown to strangers
    voices: int  #: how many others met with it

    @property
    def told(self) -> str:
        """What a stranger is told of it: the reporter's words only once the office has seen them."""
        return self.summary if self.is_checked else CATEGORIES[self.category].label


COLUMNS = """ticket.id, ticket.number, ticket.category, ticket.location, ticket.place, ticket.summary, ticket.state, ticket.reported_at,
    (ticket.state <> 'submitted' or ticket.reporter_id is not null) as is_checked,
    (select count(*) from ticket_voice where ticket_id = ticket.id and kind = 'too') as voices"""
STILL = f"{among(states.OPEN)} and ticket.reported_at > now() - interval '{HOURS} hours'"

COMMON = f"""select distinct on (ticket.place) {COLUMNS} from ticket
    where ticket.community_id = $1 and ticket.location = 'common' and ticket.category = $2 and {STILL}
    and (ticket.place = $3 or ticket.building_id = $4)
    and ($5::uuid[] is null or ticket.building_id is null or ticket.building_id in (select building_id from room where id = any ($5)))
    order by ticket.place, ticket.reported_at desc limit {MOST}"""
HOME = f"""select {COLUMNS} from ticket where ticket.community_id = $1 and ticket.location = 'private' and ticket.category = $2
    and {STILL} and ticket.room_id = $3 order by ticket.reported_at desc limit 1"""
AT_LABEL = f"""select distinct on (ticket.category) {COLUMNS} from ticket
    where ticket.community_id = $1 and ticket.location = 'common' and ticket.place = $2 and {among(states.OPEN)}
    and ticket.reported_at > now() - interval '7 days' order by ticket.category, ticket.reported_at desc limit {MOST}"""


async def alike(
    category: str, *, by: Actor, location: str, place: str = "", room_id: UUID | None = None
) -> list[Alike]:
    """Return what is reported of `category` at a common `place` (or in its building), or in a room; residents see their own buildings and rooms."""
    office = by.can("ticket.read")
    if location == "private":
        known = room_id is not None and (office or room_id in by.room_ids)
        return await rows(Alike, HOME, by.here, category, room_id) if known else []
    place = place.strip()
    building = await building_of(by.here, None, place)
    reach = None if office else list(by.room_ids)
    return await rows(Alike, COMMON, by.here, category, place, building, reach) if place else []


async def at_label(community_id: UUID, place: str) -> list[Alike]:
    """Return what is reported of the place of a label and not mended yet, the newest of each kind."""
    return await rows(Alike, AT_LABEL, community_id, place)
