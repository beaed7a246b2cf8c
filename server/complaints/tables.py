"""Complaints and suggestions, and what happened to them."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text
from piccolo.table import Table

from server.communities.tables import Building, Community, Person, Room
from server.lib.columns import id_column, moment, reference, text
from server.tickets.tables import Ticket


class Complaint(Table, tablename="complaint"):
    """One complaint, suggestion or praise. The id is made by the form."""

    id = id_column()
    community_id = reference(Community)
    number = text(24)  #: TS-20261126-003, dense per community and day
    kind = text(12)  #: complaint | suggestion | praise
    channel = text(12)  #: app | desk | phone | letter | hotline | media
    case_no = text(40, null=True)  #: the hotline's own number
    state = text(12, index=True)
    cause = text(12, null=True)
    anonymous = Boolean(default=False)
    filer_account_id = UUID(default=None, null=True, index=True)  #: never shown to the office when anonymous
    filer_id = reference(Person, null=True)
    contact_phone = text(20, null=True)
    room_id = reference(Room, null=True)
    building_id = reference(Building, null=True)
    place = text(120)
    summary = text(120)
    description = Text(default=None)
    about_id = reference(Person, null=True)  #: the member of staff it is about; never handles it, never sees it
    ticket_id = reference(Ticket, null=True)
    major = text(12, null=True)  #: why it is major: injury | group | media | hotline | other
    handler_id = reference(Person, null=True)
    received_at = moment()
    reply_by = moment()
    due_at = moment()  #: of the answer
    last_by = moment()  #: of the answer at the very latest: 7 days, or the hotline's own
    replied_at = moment(null=True)
    resulted_at = moment(null=True)
    result = Text(default=None, null=True)
    verdict = text(1, null=True)  #: A | B | C
    closed_at = moment(null=True)
    reopened = Integer(default=0)
    escalation = Integer(default=0)  #: how many steps up it has been told
    version = Integer(default=1)


class ComplaintEvent(Table, tablename="complaint_event"):
    """One step of a complaint. Only appended."""

    id = id_column()
    community_id = reference(Community)
    complaint_id = reference(Complaint)
    kind = text(16)  #: the verb
    state = text(12)  #: the state it led to
    account_id = UUID(default=None, null=True)
    actor_name = text(60)
    actor_post = text(12, null=True)
    note = Text(default=None, null=True)
    detail = JSONB(default="{}")
    at = moment()
