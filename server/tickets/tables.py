"""Work orders 工单 and what happened to them."""

from piccolo.columns import JSONB, UUID, Integer, Text
from piccolo.table import Table

from server.communities.tables import Building, Community, Person, Room
from server.lib.columns import id_column, moment, reference, text


class Ticket(Table, tablename="ticket"):
    """A repair request and the work order it becomes (one row: the office speaks of one 工单)."""

    id = id_column()
    community_id = reference(Community)
    number = text(24)  #: GD-20261123-018, dense per community and day
    state = text(20, index=True)
    category = text(20)
    level = text(4)  #: P1..P4
    location = text(10)  #: private | common
    room_id = reference(Room, null=True)
    building_id = reference(Building, null=True)
    place = text(120)  #: what people say: the room's label, or "3栋1单元 大堂"
    summary = text(120)
    description = Text(default=None, null=True)
    contact_phone = text(20, null=True)
    reporter_id = reference(Person, null=True)
    reporter_account_id = UUID(default=None, null=True, index=True)
    assignee_id = reference(Person, null=True)
    due_at = moment(null=True)
    reported_at = moment()
    assigned_at = moment(null=True)
    started_at = moment(null=True)
    finished_at = moment(null=True)
    closed_at = moment(null=True)
    result = Text(default=None, null=True)
    rating = text(8, null=True)  #: good | fair | poor: the owner's word on the finished work
    version = Integer(default=1)


class TicketEvent(Table, tablename="ticket_event"):
    """One step of a ticket's life, as its people are told it. Only appended."""

    id = id_column()
    community_id = reference(Community)
    ticket_id = reference(Ticket)
    kind = text(20)  #: the verb: report, accept, dispatch, take, ...
    state = text(20)  #: the state it led to
    account_id = UUID(default=None, null=True)
    actor_name = text(60)
    actor_post = text(12, null=True)
    note = Text(default=None, null=True)
    detail = JSONB(default="{}")
    at = moment()
    device_at = moment(null=True)
