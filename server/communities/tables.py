"""The company's communities, their buildings and rooms, and the people in them.

Every table but `company` carries `community_id`: permission is the path to it, row-level security binds it, and a large
company can later be spread over machines by it.
"""

from piccolo.columns import UUID, Boolean, Date, Integer, Numeric, Text
from piccolo.table import Table

from server.lib.columns import id_column, moment, reference, text


class Company(Table, tablename="company"):
    """A property-management company 物业公司, the tenant of this installation."""

    id = id_column()
    name = text(80)
    created_at = moment()


class Community(Table, tablename="community"):
    """One managed site 小区/项目."""

    id = id_column()
    company_id = reference(Company)
    name = text(60)
    code = text(12, unique=True)  #: short, in receipt numbers: {code}{yyyy}{6 digits}
    city_code = text(12, null=True)  #: rates and limits differ by city (GB/T 2260 code)
    address = text(200, null=True)
    phone = text(30, null=True)  #: the office's own number, printed on letters
    label_template = text(60)  #: how a room is spoken of, e.g. `{building}栋{stairwell}单元{room}`
    created_at = moment()


class Building(Table, tablename="building"):
    """A building 楼栋; `code` is the office's number for it ("3", "12A"), `sort` orders 2 before 10."""

    id = id_column()
    community_id = reference(Community)
    code = text(20)
    name = text(40)
    sort = Integer(default=0)
    floors_above = Integer(default=None, null=True)
    floors_below = Integer(default=None, null=True)


class Stairwell(Table, tablename="stairwell"):
    """An entrance 单元 within a building."""

    id = id_column()
    community_id = reference(Community)
    building_id = reference(Building)
    code = text(20)
    sort = Integer(default=0)
    has_lift = Boolean(default=None, null=True)


class Room(Table, tablename="room"):
    """One dwelling or shop 房屋. `code` is unique in the community ("03-01-1302"); `label` is what people say."""

    id = id_column()
    community_id = reference(Community)
    building_id = reference(Building)
    stairwell_id = reference(Stairwell, null=True)  #: shops often have none
    code = text(40)
    number = text(20)  #: the number on the door, "1302"
    label = text(80)
    sort = text(60)  #: natural order of `code`: digits padded
    floor = Integer(default=None, null=True)
    kind = text(12)  #: home | shop | storage | office
    gross_area = Numeric(digits=(10, 2), default=None, null=True)  #: 建筑面积, m²
    net_area = Numeric(digits=(10, 2), default=None, null=True)  #: 套内面积, m²
    vacancy = text(12)  #: occupied | let | vacant | developer
    handover_on = Date(default=None, null=True)  #: 交付: the buyer's liability begins
    note = Text(default=None, null=True)
    import_id = UUID(default=None, null=True)
    version = Integer(default=1)
    created_at = moment()


class Person(Table, tablename="person"):
    """Somebody in a community's register: owner, tenant, household member or staff. A login (account) may point here.

    Two people are the same only when name and real phone agree, never by a placeholder phone.
    """

    id = id_column()
    community_id = reference(Community)
    account_id = UUID(default=None, null=True, index=True)
    name = text(60)
    kind = text(12)  #: natural | company
    phone = text(20, null=True, index=True)  #: digits only; None when the office knows none
    phone_2 = text(20, null=True)
    email = text(120, null=True)
    emergency_contact = text(80, null=True)
    note = Text(default=None, null=True)
    import_id = UUID(default=None, null=True)
    version = Integer(default=1)
    created_at = moment()


class Occupancy(Table, tablename="occupancy"):
    """What ties a person to a room, from a date to a date (None: still). History is never deleted."""

    id = id_column()
    community_id = reference(Community)
    room_id = reference(Room)
    person_id = reference(Person)
    role = text(12)  #: owner | co_owner | tenant | member
    since = Date(default=None, null=True)  #: None: before records began
    until = Date(default=None, null=True)  #: the last day, inclusive
    moved_in_on = Date(default=None, null=True)
    ended_why = text(20, null=True)  #: transfer | moved_out | corrected
    import_id = UUID(default=None, null=True)
    created_at = moment()


class Space(Table, tablename="space"):
    """A parking space 车位. Who owns it decides whose money the rent is (Civil Code 275)."""

    id = id_column()
    community_id = reference(Community)
    code = text(20)
    zone = text(40, null=True)
    ownership = text(12)  #: owned | developer | common
    room_id = reference(Room, null=True)
    import_id = UUID(default=None, null=True)


class Vehicle(Table, tablename="vehicle"):
    """A vehicle by its plate; `plate` is kept without dots and blanks, upper case."""

    id = id_column()
    community_id = reference(Community)
    plate = text(16, index=True)
    person_id = reference(Person, null=True)
    room_id = reference(Room, null=True)
    space_id = reference(Space, null=True)
    description = text(60, null=True)  #: make and colour
    since = Date(default=None, null=True)
    until = Date(default=None, null=True)
    import_id = UUID(default=None, null=True)


class Post(Table, tablename="post"):
    """A post 岗位 a person holds in a community, with dates. Posts, not people, have capabilities."""

    id = id_column()
    community_id = reference(Community)
    person_id = reference(Person)
    post = text(12)  #: manager | clerk | cashier | finance | repair | patrol | steward | admin
    since = Date(default=None, null=False)
    until = Date(default=None, null=True)
    created_at = moment()


class Certificate(Table, tablename="certificate"):
    """A certificate 证书 of a member of staff, with its expiry (保安员证, 电工证, 健康证 ...)."""

    id = id_column()
    community_id = reference(Community)
    person_id = reference(Person)
    kind = text(40)
    number = text(60, null=True)
    issued_on = Date(default=None, null=True)
    expires_on = Date(default=None, null=True)
    created_at = moment()


class RoomSearch(Table, tablename="room_search"):
    """What a room can be found by: label, people, phones, plates. Triggers keep it; nobody else writes here."""

    id = UUID(primary_key=True, default=None)  #: the room's id
    community_id = UUID(default=None, index=True)
    words = Text(default=None)


class Counter(Table, tablename="counter"):
    """Numbers without gaps, such as a day's ticket numbers: taken in the transaction that uses them."""

    id = id_column()
    community_id = reference(Community)
    name = text(40)  #: what is counted and for when, e.g. `ticket:20261123`
    value = Integer(default=0)
