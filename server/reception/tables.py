"""What is written down at the front desk."""

from piccolo.columns import UUID, Boolean, Integer, Text
from piccolo.table import Table

from server.communities.tables import Community, Person, Room
from server.lib.columns import id_column, moment, reference, text


class Visit(Table, tablename="visit"):
    """Somebody came, called or wrote: one line of the register 接待登记表."""

    id = id_column()
    community_id = reference(Community)
    channel = text(8)  #: visit | call | wechat
    room_id = reference(Room, null=True)
    person_id = reference(Person, null=True)  #: of the register; somebody else has only `who`
    who = text(60, null=True)
    phone = text(20, null=True)
    words = Text(default=None)
    received_at = moment()
    account_id = UUID(default=None, null=True)  #: who received them
    receiver_name = text(60)
    outcome = text(12, null=True)  #: what became of it: ticket | answer | note | complaint; None: open
    said = Text(default=None, null=True)  #: what was answered or passed on
    told_name = text(60, null=True)  #: the colleague a note went to
    linked_id = UUID(default=None, null=True, index=True)  #: the ticket or complaint it became
    linked_label = text(40, null=True)
    settled_at = moment(null=True)
    settler_name = text(60, null=True)
    voided_at = moment(null=True)
    void_reason = Text(default=None, null=True)
    version = Integer(default=1)


class PlaceKey(Table, tablename="place_key"):
    """A key that hangs at the front desk."""

    id = id_column()
    community_id = reference(Community)
    name = text(60)
    hook = text(20, null=True)  #: where it hangs
    room_id = reference(Room, null=True)
    is_active = Boolean(default=True)
    version = Integer(default=1)


class KeyLoan(Table, tablename="key_loan"):
    """A key that was handed out; open until it is back."""

    id = id_column()
    community_id = reference(Community)
    key_id = reference(PlaceKey)
    borrower = text(60)
    phone = text(20, null=True)
    purpose = text(200)
    lent_at = moment()
    lender_name = text(60)
    due_at = moment()
    returned_at = moment(null=True)
    taker_name = text(60, null=True)  #: who took it back
    note = text(200, null=True)


class Letter(Table, tablename="letter"):
    """A letter or parcel that arrived for a room."""

    id = id_column()
    community_id = reference(Community)
    room_id = reference(Room)
    kind = text(10)  #: parcel | letter | registered | other
    addressee = text(60, null=True)
    detail = text(120, null=True)  #: carrier, number, how many
    shelf = text(20, null=True)
    state = text(10)  #: waiting | handed | returned
    arrived_at = moment()
    receiver_name = text(60)
    ended_at = moment(null=True)
    ended_to = text(60, null=True)  #: who took it away
    ended_note = text(200, null=True)
    ender_name = text(60, null=True)
    version = Integer(default=1)
