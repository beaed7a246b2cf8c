"""Work orders 工单 and what happened to them."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Date, Integer, Numeric, Text, Time
from piccolo.table import Table

from server.accounts.tables import Account
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
    payer = text(12)  #: company | owner | warranty | fund | liable
    room_id = reference(Room, null=True)
    building_id = reference(Building, null=True)
    place = text(120)  #: what people say: the room's label, or "3栋1单元 大堂"
    summary = text(120)
    description = Text(default=None, null=True)
    contact_phone = text(20, null=True)
    reporter_id = reference(Person, null=True)
    reporter_account_id = UUID(default=None, null=True, index=True)
    assignee_id = reference(Person, null=True)
    pooled = Boolean(default=False)  #: whoever repairs may take it
    code = text(4)  #: what the owner tells the repairman, as good as a signature
    cause = text(12, null=True)  #: why it broke, said by who repaired it
    escalation = Integer(default=0)  #: how many steps up have been told that it is late
    reopened = Integer(default=0)

    # When: what was promised, and what became of it.
    appoint_from = moment(null=True)
    appoint_until = moment(null=True)
    respond_by = moment(null=True)
    arrive_by = moment(null=True)
    due_at = moment(null=True)
    reported_at = moment()
    accepted_at = moment(null=True)
    assigned_at = moment(null=True)
    arrived_at = moment(null=True)
    started_at = moment(null=True)
    finished_at = moment(null=True)
    accepted_work_at = moment(null=True)
    closed_at = moment(null=True)

    # A pause: the clocks stand still, and go on where they were.
    suspended_at = moment(null=True)
    suspended_from = text(20, null=True)  #: the state it goes back to
    suspend_reason = text(12, null=True)  #: parts | owner | outside | approval
    paused_seconds = BigInt(default=0)

    # Money, in 分.
    quote_amount = BigInt(default=None, null=True)
    agreed_at = moment(null=True)
    agreed_how = text(12, null=True)  #: app | signature | code | phone
    charge = BigInt(default=0)  #: what was agreed to, never more
    paid_at = moment(null=True)
    paid_how = text(12, null=True)

    result = Text(default=None, null=True)
    rating = text(8, null=True)  #: good | fair | poor: the owner's word on the finished work
    on_phones = Boolean(
        default=True
    )  #: carried by the phones of who repairs and who reported; a week after its end no more
    words = Text(default="")  #: what it is found by, in small letters; the database writes it
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


class PriceItem(Table, tablename="price_item"):
    """One line of the price list that hangs in the office: labour or a part."""

    id = id_column()
    community_id = reference(Community)
    kind = text(10)  #: labour | material
    category = text(20, null=True)
    name = text(60)
    unit = text(8)
    price = BigInt()  #: 分
    is_active = Boolean(default=True)
    version = Integer(default=1)


class TicketLine(Table, tablename="ticket_line"):
    """What a repair was quoted, or what it used, with the price of its day. Only appended."""

    id = id_column()
    community_id = reference(Community)
    ticket_id = reference(Ticket)
    event_id = reference(TicketEvent)
    purpose = text(8)  #: quote | used
    position = Integer()
    item_id = reference(PriceItem, null=True)
    kind = text(10)
    name = text(60)
    unit = text(8)
    quantity = Numeric(digits=(10, 2))
    price = BigInt()  #: 分
    amount = BigInt()  #: 分


class RepairHand(Table, tablename="repair_hand"):
    """What somebody repairs, and when they are at work. The id is the person's; without a row: everything, always."""

    id = id_column()
    community_id = reference(Community)
    skills = Array(base_column=Text(), default=list)  #: categories; none: all
    shift_from = Time(default=None, null=True)
    shift_until = Time(default=None, null=True)  #: before shift_from: a night shift
    away_until = Date(default=None, null=True)
    last_given_at = moment(null=True)
    version = Integer(default=1)


class TicketRules(Table, tablename="ticket_rules"):
    """A community's own rules; the id is the community's."""

    id = id_column()
    community_id = reference(Community)
    giving = text(8)  #: manual | pool | robin
    opens_at = Time()
    shuts_at = Time()
    limits = JSONB(default="{}")  #: level → respond, arrive, finish in minutes, finish_days
    accept_after_hours = Integer(default=None, null=True)
    follow_up_percent = Integer(default=30)
    version = Integer(default=1)


class TicketFilter(Table, tablename="ticket_filter"):
    """A person's own filter of the board: its name and the address's query."""

    id = id_column()
    community_id = reference(Community)
    account_id = reference(Account)
    name = text(20)
    query = text(400)
    is_default = Boolean(default=False)
    saved_at = moment()
