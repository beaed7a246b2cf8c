"""Labels of places, and the voices of those who reported by one."""

from piccolo.columns import UUID, Boolean, Bytea, Integer
from piccolo.table import Table

from server.communities.tables import Building, Community
from server.lib.columns import id_column, moment, reference, text
from server.tickets.tables import Ticket


class PlaceCode(Table, tablename="place_code"):
    """A label on a lift, a pump or a door: whoever scans it can report what is wrong there."""

    id = id_column()
    community_id = reference(Community)
    code = text(12, unique=True)  #: random, in the address on the label
    name = text(60)  #: the place as a ticket names it: 3栋1单元 电梯
    category = text(20, null=True)  #: what is usually wrong there
    building_id = reference(Building, null=True)
    is_active = Boolean(default=True)
    version = Integer(default=1)


class TicketVoice(Table, tablename="ticket_voice"):
    """Who reported a trouble without signing in, or said that they met with it, too."""

    id = id_column()
    community_id = reference(Community)
    ticket_id = reference(Ticket)
    place_code_id = reference(PlaceCode, null=True)
    kind = text(8)  #: report | too
    token_hash = Bytea(default=None, null=True)  #: of the secret address at which a stranger's report is claimed
    account_id = UUID(default=None, null=True)  #: whose it is, once claimed
    at = moment()
    claimed_at = moment(null=True)
