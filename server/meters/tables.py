"""Meters, their readings, and how reading is organised."""

from decimal import Decimal

from piccolo.columns import JSONB, UUID, Boolean, Date, Integer, Numeric, Text
from piccolo.table import Table

from server.communities.tables import Community, Person, Room
from server.lib.columns import id_column, moment, reference, text


class Meter(Table, tablename="meter"):
    """One meter 表. Of a room, or of a common place (`room_id` None). A changed meter is a new row."""

    id = id_column()
    community_id = reference(Community)
    kind = text(10)  #: water | hot_water | power | gas | heat
    number = text(40)  #: what is printed on it 表号
    room_id = reference(Room, null=True)
    place = text(120)  #: what people say: the room's label, or "3栋 生活水泵房"
    sort = text(80)  #: natural order of places
    digits = Integer(default=None)  #: whole digits of its register
    ratio = Numeric(digits=(10, 3), default=Decimal(1))  #: 倍率: what one unit of the register stands for
    installed_on = Date(default=None, null=True)
    removed_on = Date(default=None, null=True)
    replaced_by = UUID(default=None, null=True, index=True)  #: the meter that hangs in its place now
    import_id = UUID(default=None, null=True)
    version = Integer(default=1)
    created_at = moment()


class MeterPeriod(Table, tablename="meter_period"):
    """A round of reading 抄表期, such as 2026-11. One is open at a time."""

    id = id_column()
    community_id = reference(Community)
    period = text(7)
    opens_on = Date(default=None, null=False)
    due_on = Date(default=None, null=False)
    state = text(8)  #: open | closed
    created_at = moment()
    closed_at = moment(null=True)


class MeterRoute(Table, tablename="meter_route"):
    """A reading route 抄表路线: the meters one person reads, in the order of the walk."""

    id = id_column()
    community_id = reference(Community)
    name = text(60)
    reader_id = reference(Person, null=True)
    in_use = Boolean(default=True)
    version = Integer(default=1)
    created_at = moment()


class MeterStop(Table, tablename="meter_stop"):
    """A meter's place in its route; no meter is on two."""

    id = id_column()
    community_id = reference(Community)
    route_id = reference(MeterRoute)
    meter_id = reference(Meter, index=False)
    position = Integer(default=None)


class MeterReading(Table, tablename="meter_reading"):
    """What a register showed, or that it could not be read. A fact: only its standing (status, usage, rolled) follows the review."""

    id = id_column()
    community_id = reference(Community)
    meter_id = reference(Meter, index=False)
    period = text(7)
    kind = text(10)  #: actual | estimated | initial | final | unread
    value = Numeric(digits=(12, 3), default=None, null=True)  #: None only for unread
    usage = Numeric(
        digits=(18, 6), default=None, null=True
    )  #: since the counted reading before; None where something begins
    rolled = Boolean(default=False)  #: the register had passed its end: approved by somebody
    flags = JSONB(default="[]")
    status = text(12)  #: ok | doubtful | accepted | rejected | superseded
    reason = Text(default=None, null=True)
    source = text(8)  #: phone | desk | import
    account_id = UUID(default=None, null=True)
    reader_name = text(60)
    read_at = moment()
    device_at = moment(null=True)
    received_at = moment()
    import_id = UUID(default=None, null=True)


class MeterReview(Table, tablename="meter_review"):
    """What somebody decided about a reading, and why. Only appended."""

    id = id_column()
    community_id = reference(Community)
    reading_id = reference(MeterReading)
    verdict = text(10)  #: accept | rollover | reject | correct
    reason = Text(default=None)
    account_id = UUID(default=None)
    reviewer_name = text(60)
    at = moment()
