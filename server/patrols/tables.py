"""Checkpoints, checklists and their versions, routes, schedules, rounds with their points and checks."""

from piccolo.columns import JSONB, UUID, Boolean, Date, Integer, Numeric, SmallInt, Text
from piccolo.table import Table

from server.communities.tables import Building, Community
from server.lib.columns import id_column, moment, reference, text


class Checkpoint(Table, tablename="checkpoint"):
    """A place 巡更点 that rounds come by, with the code on its plate."""

    id = id_column()
    community_id = reference(Community)
    name = text(60)
    place = text(120)
    building_id = reference(Building, null=True)
    kind = text(12)  #: see server/patrols/kinds.py
    latitude = Numeric(digits=(9, 6), default=None, null=True)
    longitude = Numeric(digits=(9, 6), default=None, null=True)
    code = text(8)  #: public, unique in the community: tells the phone which point it is
    secret = text(16)  #: printed in the QR code, never on a phone: tells the server that somebody stood there
    nfc = text(40, null=True)
    is_active = Boolean(default=True)
    created_at = moment()


class Checklist(Table, tablename="checklist"):
    """A list of what is looked at; `draft` is what the editor shows, its published versions are rows of their own."""

    id = id_column()
    community_id = reference(Community)
    key = text(30, null=True)  #: of the lists that came with the product
    name = text(60)
    frequency = text(60, null=True)
    draft = JSONB(default="[]")
    published = Integer(default=0)  #: the number of the newest version
    version = Integer(default=1)
    is_active = Boolean(default=True)


class ChecklistVersion(Table, tablename="checklist_version"):
    """One published state of a checklist: never changed, so that a finished round keeps the list it was done with."""

    id = id_column()
    community_id = reference(Community)
    checklist_id = reference(Checklist)
    number = Integer(default=1)
    name = text(60)
    content = JSONB(default="[]")
    is_on_phones = Boolean(default=True)
    published_at = moment()
    published_by = text(60)


class PatrolRoute(Table, tablename="patrol_route"):
    """Where a round leads. Times in minutes, the dwell in seconds."""

    id = id_column()
    community_id = reference(Community)
    name = text(60)
    post = text(12)  #: who walks it: patrol | repair
    ordering = text(8)  #: fixed | free | shuffled (another order each time, so that nobody can wait for the guard)
    dwell = Integer(default=30)
    early = Integer(default=30)
    slack = Integer(default=30)
    length = Integer(default=120)
    two_at_night = Boolean(default=False)
    is_active = Boolean(default=True)
    version = Integer(default=1)


class PatrolStop(Table, tablename="patrol_stop"):
    """A checkpoint on a route, with the list that is gone through there."""

    id = id_column()
    community_id = reference(Community)
    route_id = reference(PatrolRoute)
    checkpoint_id = reference(Checkpoint)
    checklist_id = reference(Checklist)
    position = SmallInt(default=1)


class PatrolSchedule(Table, tablename="patrol_schedule"):
    """When rounds of a route are due. It has no end: it goes on until somebody switches it off."""

    id = id_column()
    community_id = reference(Community)
    route_id = reference(PatrolRoute)
    kind = text(10)  #: daily | weekly | monthly
    clock_times = JSONB(default="[]")  #: ["08:00", "10:00", …] in China
    weekdays = JSONB(default="[]")  #: of a weekly one: 1 Monday … 7 Sunday
    month_day = SmallInt(default=None, null=True)  #: of a monthly one; 31 means the last day
    since = Date(default=None)
    made_until = moment(null=True)
    is_active = Boolean(default=True)


class PatrolRound(Table, tablename="patrol_round"):
    """One round, made ahead: pending → doing → done | late | abnormal, or missed."""

    id = id_column()
    community_id = reference(Community)
    route_id = reference(PatrolRoute)
    schedule_id = reference(PatrolSchedule, null=True)
    name = text(60)
    post = text(12)
    state = text(10)
    opens_at = moment()
    due_at = moment()
    late_at = moment()
    ends_at = moment()
    in_order = Boolean(default=False)
    dwell = Integer(default=30)
    needs_two = Boolean(default=False)
    people = JSONB(default="[]")  #: [{"account", "name"}]: who walks it, in the order of their coming
    holder_id = UUID(default=None, null=True)
    handed = JSONB(default="[]")  #: [{"name", "note", "at"}]
    started_at = moment(null=True)
    finished_at = moment(null=True)
    signed = text(60, null=True)
    signature = UUID(default=None, null=True)  #: the picture of it, where it was written by hand
    note = Text(default=None, null=True)  #: why points were left out, as the person on the round says
    found = Integer(default=0)  #: how many answers are not normal
    signs = JSONB(default="[]")  #: what looks like faking, see faking.py
    reason = Text(default=None, null=True)  #: why it was missed, as the supervisor says
    reason_by = text(60, null=True)
    reason_at = moment(null=True)
    is_on_phones = Boolean(default=True)
    version = Integer(default=1)


class PatrolPoint(Table, tablename="patrol_point"):
    """A point of one round, as its route had it when the round was made."""

    id = id_column()
    community_id = reference(Community)
    round_id = reference(PatrolRound)
    position = SmallInt(default=1)
    checkpoint_id = reference(Checkpoint)
    list_id = reference(ChecklistVersion)
    name = text(60)
    place = text(120)
    scanned_at = moment(null=True)
    scanned_by = text(60, null=True)
    device_at = moment(null=True)
    received_at = moment(null=True)
    grade = text(10, null=True)  #: nfc | qr | position | none
    reason = text(200, null=True)  #: why the plate was not scanned
    done_at = moment(null=True)
    done_by = text(60, null=True)
    score = SmallInt(default=None, null=True)
    signs = JSONB(default="[]")


class PatrolCheck(Table, tablename="patrol_check"):
    """One answer. Only appended; the last one that counts of an item is what the report shows."""

    id = id_column()  #: that of the operation, so that nothing is stored twice
    community_id = reference(Community)
    round_id = reference(PatrolRound)
    point_id = reference(PatrolPoint)
    item = text(8)
    label = text(120)
    value = text(200)
    is_bad = Boolean(default=False)
    counts = Boolean(default=True)  #: False: shadowed by another's finding of something wrong
    note = text(500, null=True)
    level = text(8, null=True)
    hazard_id = UUID(default=None, null=True, index=True)
    photos = JSONB(default="[]")
    account_id = UUID(default=None, null=True)
    actor_name = text(60)
    device_at = moment(null=True)
    at = moment()  #: the device's time, mended by its clock's measured error
    received_at = moment()
    signs = JSONB(default="[]")
