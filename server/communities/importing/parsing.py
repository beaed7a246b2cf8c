"""From sheets to plain values: rooms, people, who lives where, parking spaces, vehicles — and every row that must wait.

Pure: the same file always gives the same `Register`. A row with a problem gives nothing but its problems.
Two rows are about one person only when the name and a real phone agree, when both stand in the same room, or when the
name is a company's (`…有限公司`): companies' names are registered, people's are not.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from server.communities.importing import cells, phones
from server.communities.importing.cells import Bad, as_text, is_blank
from server.communities.importing.headers import FIELDS, Layout
from server.communities.importing.problems import Note, Problem
from server.communities.importing.reading import Sheet
from server.communities.importing.rows import LONGEST, Origin, Row, data_rows, ignored_columns
from server.communities.naming import Place, split_label, tidy_building, tidy_number, tidy_stairwell

T = TypeVar("T")
KINDS = {
    "home": ("住宅", "住宅房", "公寓", "别墅", "民用", "商品房", "安置房"),
    "shop": ("商铺", "商业", "店铺", "门面", "门面房", "底商", "商用", "沿街商铺", "门市"),
    "storage": ("储藏室", "储藏间", "仓库", "地下室", "储物间", "杂物间"),
    "office": ("办公", "办公室", "写字楼", "办公楼"),
}
VACANCIES = {
    "occupied": ("已入住", "入住", "自住", "使用中", "常住", "有人", "是", "装修中", "已装修"),
    "let": ("已出租", "出租", "租赁", "在租", "租住", "出租中"),
    "vacant": ("空闲", "空置", "未入住", "空房", "闲置", "无人", "否", "已售未入住", "空置房", "未装修"),
    "developer": ("未销售", "未售", "待售", "开发商", "开发商持有", "未交付", "在售"),
}
ROLES = {
    "owner": ("业主", "户主", "产权人", "房主", "本人", "自住业主", "个人", "单位", "企业", "公司", "自然人", "法人"),
    "co_owner": ("共有人", "共同业主", "共有产权人", "产权共有人"),
    "tenant": ("租客", "租户", "承租人", "租赁人", "使用人", "租房"),
    "member": (
        "家属",
        "家庭成员",
        "配偶",
        "子女",
        "父母",
        "亲属",
        "妻子",
        "丈夫",
        "同住人",
        "家人",
        "父亲",
        "母亲",
        "儿子",
        "女儿",
    ),
}
COMPANY = re.compile(
    r"(公司|集团|银行|合作社|事务所|中心|委员会|居委会|管理处|学校|医院|置业|地产|开发商|建设单位|厂)$"
)
ONLY_COMPANY = re.compile(r"(公司|集团|银行|合作社|事务所|委员会|居委会)$")
"""Names sure enough to be one company wherever they stand."""
_NAMES = re.compile(r"[,，、;；/|#&\n]+")
_NUMBERS = re.compile(r"[#,，、;；/|\s]+")
_PLATES = re.compile(r"[,，、;；/|\s]+")
_PLATE = re.compile(r"^([\u4e00-\u9fff][A-Z][A-Z0-9]{4,6}[\u4e00-\u9fff]?|[A-Z0-9\u4e00-\u9fff]{5,10})$")


class RoomFacts(msgspec.Struct):
    """What the file says of one room; None where it says nothing (then the register keeps what it knows)."""

    place: Place
    origin: Origin
    kind: str | None = None
    floor: int | None = None
    gross_area: Decimal | None = None
    net_area: Decimal | None = None
    vacancy: str | None = None
    handover_on: date | None = None
    note: str | None = None
    has_owner: bool = False
    has_tenant: bool = False


class PersonFacts(msgspec.Struct):
    """One person of the file. `phone` is a real one or None; `rooms` are the codes of the rooms they appear in."""

    name: str
    phone: str | None
    origin: Origin
    kind: str = "natural"
    phone_2: str | None = None
    email: str | None = None
    emergency: str | None = None
    note: str | None = None
    rooms: list[str] = []


class OccupancyFacts(msgspec.Struct):
    """Who is what in which room. `person` is an index into `Register.persons`, `room` a room's code."""

    room: str
    person: int
    role: str
    origin: Origin
    since: date | None = None
    until: date | None = None
    moved_in_on: date | None = None


class BuildingFacts(msgspec.Struct):
    """What the file says of a building: its code and, where it says so, how many floors it has."""

    code: str
    floors: int | None = None


class StairwellFacts(msgspec.Struct):
    """What the file says of a stairwell."""

    building: str
    code: str
    has_lift: bool | None = None


class SpaceFacts(msgspec.Struct):
    """A parking space; `room` is the code of its owner's only room, else None."""

    code: str
    zone: str | None
    ownership: str | None
    origin: Origin
    room: str | None = None


class VehicleFacts(msgspec.Struct):
    """A vehicle; `person` is an index into `Register.persons`, `space` a parking space's code, `room` a room's."""

    plate: str
    person: int | None
    space: str | None
    room: str | None
    description: str | None
    since: date | None
    until: date | None
    origin: Origin


class Register(msgspec.Struct):
    """Everything a file says, with what is wrong with it. `cells` are the rows that wait, as they stand in the file."""

    buildings: dict[str, BuildingFacts] = {}
    stairwells: dict[tuple[str, str], StairwellFacts] = {}
    rooms: dict[str, RoomFacts] = {}
    persons: list[PersonFacts] = []
    occupancies: list[OccupancyFacts] = []
    spaces: dict[str, SpaceFacts] = {}
    vehicles: dict[str, VehicleFacts] = {}
    problems: list[Problem] = []
    notes: list[Note] = []
    rows: int = 0


class _Draft(msgspec.Struct):
    """A person as written in one row, before it is known who is who."""

    name: str
    phone: str | None
    role: str
    room: str | None
    origin: Origin
    phone_2: str | None = None
    email: str | None = None
    emergency: str | None = None
    note: str | None = None
    since: date | None = None
    until: date | None = None
    moved_in_on: date | None = None
    number: str = ""  # the owner's number, where the file has one: it says who is who as surely as a phone


class _Owner(msgspec.Struct):
    """A row of the owners' sheet, by its number; `drafts` is empty when the row waits."""

    origin: Origin
    drafts: list[_Draft]
    refused: bool = False


def parse(sheets: Sequence[Sheet], layouts: dict[str, Layout]) -> Register:
    """Return what `sheets` say, each read by its layout (a sheet without one is left out, with a note)."""
    parser = _Parser()
    for kind, read in (
        ("stairwells", parser.stairwell_row), ("owners", parser.owner_row), ("rooms", parser.room_row),
        ("households", parser.household_row), ("spaces", parser.space_row),
    ):  # fmt: skip
        for sheet in sheets:
            layout = layouts.get(sheet.name)
            if layout is not None and layout.kind == kind:
                parser.read_sheet(sheet, layout, read)
    for sheet in sheets:
        if sheet.name not in layouts or layouts[sheet.name].kind == "skip":
            later = sheet.name in layouts and "fee_number" in layouts[sheet.name].columns
            parser.note("sheet_later" if later else "sheet_ignored", sheet=sheet.name)
    return parser.finish()


class _Parser:
    """Reads rows one by one into a `Register`; people are told apart at the end, when all of them are known."""

    def __init__(self) -> None:
        self.register = Register()
        self.drafts: list[_Draft] = []
        self.owners: dict[str, _Owner] = {}
        self.vehicles: list[tuple[VehicleFacts, _Draft | None]] = []
        self.space_owners: dict[str, _Draft] = {}
        self.counts: Counter[str] = Counter()
        self.above: dict[str, str] = {}

    # Sheets and rows --------------------------------------------------------------------------------------------

    def read_sheet(self, sheet: Sheet, layout: Layout, read: Callable[[Row], None]) -> None:
        """Read every row below the headings; what a row says counts only if nothing in it is wrong."""
        self.above = {}
        for row in data_rows(sheet, layout):
            self.register.rows += 1
            read(row)
            self.register.problems.extend(row.problems)
        ignored = ignored_columns(layout)
        if ignored:
            self.note("columns_ignored", columns="、".join(ignored))

    def note(self, code: str, **details: str) -> None:
        """Remember something to tell about rows that go in."""
        self.register.notes.append(Note(code, details))

    # Places -----------------------------------------------------------------------------------------------------

    def place(self, row: Row) -> Place | None:
        """Return where the row's room is; a blank building, or a wholly blank house, repeats the row above."""
        building, stairwell, number = (row.short(field) or "" for field in ("building", "stairwell", "number"))
        whole = row.text("place")
        if whole and not (building and number):
            found = split_label(whole)
            if found is None and not number:
                row.fail("place", Bad("room_missing"))
                return None
            if found is not None:
                return self._remember(found)
        if not (building or stairwell or number) and self._continues(row):
            return Place(self.above["building"], self.above["stairwell"], self.above["number"])
        if not number:
            row.fail("number" if "number" in row.layout.columns else "place", Bad("room_missing"))
            return None
        return self._located(row, building, stairwell, number)

    def _located(self, row: Row, building: str, stairwell: str, number: str) -> Place | None:
        whole = split_label(number)
        if whole is not None and (not building or tidy_building(building) == whole.building):
            return self._remember(whole)
        if not building and "building" in row.layout.columns and self.above:
            building, stairwell = self.above["building"], stairwell or self.above["stairwell"]
        if not building:
            row.fail("building" if "building" in row.layout.columns else "number", Bad("building_missing"))
            return None
        return self._remember(Place(tidy_building(building), tidy_stairwell(stairwell), tidy_number(number)))

    def _continues(self, row: Row) -> bool:
        """Whether a row without any room is one more person of the room above: it names somebody and no area."""
        named = row.text("name") or row.text("tenant")
        return bool(self.above and named and not row.text("gross_area") and not row.text("floor"))

    def _remember(self, place: Place) -> Place:
        self.above = {"building": place.building, "stairwell": place.stairwell, "number": place.number}
        return place

    def building(self, place: Place, row: Row) -> None:
        """Note the building and stairwell of a good row."""
        floors, lift = row.take("floors", cells.as_whole), cells.as_yes(row.cell("lift"))
        building = self.register.buildings.setdefault(place.building, BuildingFacts(place.building))
        if floors is not None:
            building.floors = max(floors, building.floors or 0)
        if place.stairwell:
            key = (place.building, place.stairwell)
            stairwell = self.register.stairwells.setdefault(key, StairwellFacts(*key))
            stairwell.has_lift = lift if stairwell.has_lift is None else stairwell.has_lift or bool(lift)

    def stairwell_row(self, row: Row) -> None:
        """Read a row of a sheet of stairwells: building, stairwell, floors, lift."""
        building, stairwell = row.short("building"), row.short("stairwell") or ""
        if building is None:
            row.fail("building", Bad("building_missing"))
        row.take("floors", cells.as_whole)
        if building is not None and not row.problems:
            self.building(Place(tidy_building(building), tidy_stairwell(stairwell), ""), row)

    # Rooms ------------------------------------------------------------------------------------------------------

    def room(self, row: Row, place: Place | None) -> RoomFacts | None:
        """Return what the row says of its room, or None when anything in it is wrong. Nothing is kept yet."""
        gross, net = row.take("gross_area", cells.as_area), row.take("net_area", cells.as_area)
        floor, handover = row.take("floor", cells.as_whole), row.take("handover_on", cells.as_date)
        row.take("floors", cells.as_whole)
        if place is None:
            return None
        kind, vacancy = row.word("kind", KINDS), row.word("vacancy", VACANCIES)
        self.counts["kind_unknown"] += kind is None and row.text("kind") != ""
        self.counts["vacancy_unknown"] += vacancy is None and row.text("vacancy") != ""
        if kind is None and (row.text("layout") in KINDS["shop"] or re.match(r"S\d", place.number)):
            kind = "shop"
        facts = RoomFacts(place, row.origin, kind, floor, gross, net, vacancy, handover, row.short("note"))
        known = self.register.rooms.get(place.code)
        if known is not None and known.gross_area is not None and gross not in (None, known.gross_area):
            details = {"row": str(known.origin.row), "other": str(known.gross_area)}
            row.fail("gross_area", Bad("room_area_differs", details))
        return facts

    def keep_room(self, facts: RoomFacts) -> None:
        """Put a good row's room in the register, or fill what an earlier row of the same room left open."""
        known = self.register.rooms.setdefault(facts.place.code, facts)
        if known is facts:
            return
        if facts.kind is not None and known.kind is not None and facts.kind != known.kind:
            self.counts["kind_differs"] += 1
        for field in ("kind", "floor", "gross_area", "net_area", "vacancy", "handover_on", "note"):
            if getattr(known, field) is None:
                setattr(known, field, getattr(facts, field))

    def household_row(self, row: Row) -> None:
        """Read a row of a flat sheet: a room, and the people named in the row."""
        place = self.place(row)
        facts = self.room(row, place)
        drafts = self.people(row, place.code if place else None)
        plates = self.plates(row)
        if row.problems or facts is None or place is None:
            return
        self.building(place, row)
        self.keep_room(facts)
        self.drafts.extend(drafts)
        first = drafts[0] if drafts else None
        for plate in plates:
            vehicle = VehicleFacts(plate, None, None, place.code, self._description(row), None, None, row.origin)
            self.vehicles.append((vehicle, first))

    def room_row(self, row: Row) -> None:
        """Read a row of a sheet of rooms that names its owners by their numbers."""
        place = self.place(row)
        facts = self.room(row, place)
        owners = [number for number in _NUMBERS.split(row.text("owner_number")) if number]
        drafts = [draft for number in owners for draft in self._owner(row, number)]
        if row.problems or facts is None or place is None:
            return
        self.building(place, row)
        self.keep_room(facts)
        for position, draft in enumerate(drafts):
            role = draft.role if draft.role in ("tenant", "member") else ("owner" if position == 0 else "co_owner")
            self.drafts.append(msgspec.structs.replace(draft, room=place.code, role=role, origin=row.origin))

    # People -----------------------------------------------------------------------------------------------------

    def people(self, row: Row, room: str | None) -> list[_Draft]:
        """Return the people named in a row: the owners in one cell with their phones, and a tenant in its own columns."""
        written = row.word("role", ROLES)
        if written is None and row.text("role"):
            row.fail("role", Bad("role_unknown"))
        dates = self._dates(row)
        found = self._named(row, "name", "phone")
        roles = [written or "owner"] + [("co_owner" if written in (None, "owner") else written)] * len(found)
        tenants = self._named(row, "tenant", "tenant_phone")
        email, emergency = row.short("email"), row.short("emergency")
        drafts = [
            _Draft(name, phone, role, room, row.origin, second)
            for (name, phone, second), role in zip(found, roles, strict=False)
        ]
        if len(drafts) == 1:
            drafts[0].email, drafts[0].emergency = email, emergency
        leases = [_Draft(name, phone, "tenant", room, row.origin, second) for name, phone, second in tenants]
        for draft in leases or drafts:  # with a tenant in the row, the dates are those of the lease
            draft.since, draft.until, draft.moved_in_on = dates
        self._count_id(row)
        return drafts + leases

    def _dates(self, row: Row) -> tuple[date | None, date | None, date | None]:
        """Return since, until (None: open) and the day of moving in."""
        since, until = row.take("since", cells.as_date), row.take("until", cells.as_end_date)
        if since and until and until < since:
            row.fail("until", Bad("dates_swapped"))
        return since, until, row.take("moved_in_on", cells.as_date)

    def _named(self, row: Row, name_field: str, phone_field: str) -> list[tuple[str, str | None, str | None]]:
        """Return (name, phone, second phone) of each person in a cell of names and a cell of phones."""
        names = split_names(row.text(name_field))
        numbers = phones.split_phones(as_text(row.cell(phone_field)))
        seconds = phones.split_phones(row.text("phone_2")) if phone_field == "phone" else []
        if any(len(name) > LONGEST["name"] for name in names):
            row.fail(name_field, Bad("too_long", {"most": str(LONGEST["name"])}))
        read = [self._phone(row, phone_field, number) for number in numbers]
        if not names:
            return []
        if len(names) == 1 and len(read) > 1:
            real = [phone for phone in read if phone]
            self.counts["second_phones"] += len(real) > 1
            return [(names[0], real[0] if real else None, real[1] if len(real) > 1 else None)]
        if len(read) > 1 and len(read) != len(names):
            row.fail(phone_field, Bad("names_phones_differ", {"names": str(len(names)), "phones": str(len(read))}))
            return []
        second = self._phone(row, "phone_2", seconds[0]) if seconds and len(names) == 1 else None
        read += [None] * (len(names) - len(read))
        return [(name, phone, second) for name, phone in zip(names, read, strict=True)]

    def _phone(self, row: Row, field: str, written: str) -> str | None:
        phone = phones.as_phone(written)
        if isinstance(phone, Bad):
            row.fail(field, phone)
            return None
        if phone is None and written and not is_blank(written):
            self.counts["placeholder_phones"] += 1
        return phone

    def _count_id(self, row: Row) -> None:
        """Identity numbers are not kept; say so, and say when they are fillers (all the same digit) anyway."""
        number = row.text("id_number")
        if number:
            self.counts["placeholder_ids" if len(set(number)) <= 2 else "ids_ignored"] += 1

    def owner_row(self, row: Row) -> None:
        """Read a row of the owners' sheet, kept by its number for the rooms and spaces that name it."""
        number = row.text("owner_number")
        drafts = self.people(row, None)
        if not number:
            row.fail("owner_number", Bad("owner_number_missing"))
        elif not drafts and not row.problems:
            row.fail("name", Bad("name_missing"))
        known = self.owners.get(number)
        if known is not None and [(d.name, d.phone) for d in known.drafts] != [(d.name, d.phone) for d in drafts]:
            row.fail("owner_number", Bad("owner_number_twice", {"row": str(known.origin.row)}))
        elif number:
            note = row.short("note")
            drafts = [msgspec.structs.replace(draft, note=note, number=number) for draft in drafts]
            self.owners[number] = _Owner(row.origin, drafts, refused=bool(row.problems))

    def _owner(self, row: Row, number: str) -> list[_Draft]:
        """Return the people under an owner's number; one that is missing or waits makes this row wait, too."""
        owner = self.owners.get(number)
        if owner is None:
            row.fail("owner_number", Bad("owner_number_unknown", {"number": number}))
            return []
        if owner.refused:
            details = {"number": number, "row": str(owner.origin.row)}
            row.fail("owner_number", Bad("owner_number_refused", details))
        return owner.drafts

    # Parking ----------------------------------------------------------------------------------------------------

    def space_row(self, row: Row) -> None:
        """Read a row of a sheet of parking spaces: the space, whose it is, and the vehicle that stands there."""
        code, zone, (since, until, _moved_in) = row.short("space"), row.short("zone"), self._dates(row)
        number = row.text("owner_number")
        drafts = self._owner(row, number) if number else self._named_drafts(row)
        plates = self.plates(row)
        if code is None:
            row.fail("space", Bad("space_missing"))
        elif code in self.register.spaces:
            row.fail("space", Bad("space_twice", {"row": str(self.register.spaces[code].origin.row)}))
        if row.problems or code is None:
            return
        self.register.spaces[code] = SpaceFacts(code, zone, self._ownership(row), row.origin)
        if drafts:
            self.space_owners[code] = drafts[0]
        for plate in plates:
            vehicle = VehicleFacts(plate, None, code, None, self._description(row), since, until, row.origin)
            self.vehicles.append((vehicle, drafts[0] if drafts else None))

    def _named_drafts(self, row: Row) -> list[_Draft]:
        return [
            _Draft(name, phone, "owner", None, row.origin, second)
            for name, phone, second in self._named(row, "name", "phone")
        ]

    def _ownership(self, row: Row) -> str | None:
        """Sold spaces are owned; a let one is the developer's below ground, common above it (a guess that is noted)."""
        tenure = row.text("tenure").upper()
        if tenure in {"S", "出售", "已售", "产权", "自有", "业主自有", "私有"}:
            return "owned"
        if tenure in {"H", "出租", "租赁", "已租"}:
            self.counts["let_space"] += 1
            return (
                "developer"
                if "地下" in row.text("zone_kind") + row.text("zone") or row.text("zone").startswith("B")
                else "common"
            )
        return {"开发商": "developer", "共有": "common", "公共": "common", "人防": "common"}.get(tenure)

    def plates(self, row: Row) -> list[str]:
        """Return the plates in the row's cell, without dots and blanks, in capitals."""
        found = []
        for written in _PLATES.split(row.text("plates")):
            plate = re.sub(r"[·•.\-]", "", written).upper()
            if plate and not _PLATE.match(plate):
                row.fail("plates", Bad("plate"))
            elif plate:
                found.append(plate)
        return found

    @staticmethod
    def _description(row: Row) -> str | None:
        return " ".join(part for part in (row.text("make"), row.text("colour")) if part)[:60] or None

    # Who is who -------------------------------------------------------------------------------------------------

    def finish(self) -> Register:
        """Tell the people apart, tie them to rooms and vehicles, add the notes; return the register."""
        self._forget_shared_phones()
        people = _People(self.drafts)
        self.register.persons = people.persons
        self._occupy(people)
        self._park(people)
        if people.shared:
            self.note("same_person", count=str(people.shared))
        for code, count in sorted((+self.counts).items()):
            self.note(code, count=str(count))
        return self.register

    def _forget_shared_phones(self) -> None:
        """A number under many names in many rooms is a filler nobody listed: forget it everywhere."""
        uses = ((draft.phone, draft.name, draft.room or "") for draft in self.drafts if draft.phone)
        shared = phones.shared_phones((phone, name, room) for phone, name, room in uses if phone)
        for draft in [
            *self.drafts,
            *self.space_owners.values(),
            *(draft for _vehicle, draft in self.vehicles if draft),
        ]:
            if draft.phone in shared:
                draft.phone = None
        for phone, count in sorted(shared.items()):
            self.note("shared_phones", phone=phone, count=str(count))

    def _occupy(self, people: "_People") -> None:
        seen: set[tuple[str, int, bool]] = set()
        first: set[str] = set()
        for draft in self.drafts:
            if draft.room is None:
                continue
            person = people.of(draft)
            owning = draft.role in ("owner", "co_owner")
            if (draft.room, person, owning) in seen:
                self.counts["twice_the_same"] += 1
                continue
            seen.add((draft.room, person, owning))
            role = "co_owner" if draft.role == "owner" and draft.room in first else draft.role
            if role == "owner":
                first.add(draft.room)
            self._mark(draft.room, role)
            self.register.occupancies.append(
                OccupancyFacts(draft.room, person, role, draft.origin, draft.since, draft.until, draft.moved_in_on)
            )

    def _mark(self, room: str, role: str) -> None:
        facts = self.register.rooms[room]
        facts.has_owner = facts.has_owner or role in ("owner", "co_owner")
        facts.has_tenant = facts.has_tenant or role == "tenant"

    def _park(self, people: "_People") -> None:
        """Tie spaces to their owner's only room, vehicles to people; a plate written twice stays at its first space."""
        for code, owner in self.space_owners.items():
            person = people.find(owner)
            rooms = people.persons[person].rooms if person is not None else []
            self.register.spaces[code].room = rooms[0] if len(rooms) == 1 else None
        for vehicle, draft in self.vehicles:
            known = self.register.vehicles.get(vehicle.plate)
            if known is not None:
                self.note("plate_twice", plate=vehicle.plate, row=str(vehicle.origin.row))
                continue
            vehicle.person = people.find(draft) if draft else None
            if vehicle.room is None and vehicle.person is not None:
                rooms = people.persons[vehicle.person].rooms
                vehicle.room = rooms[0] if len(rooms) == 1 else None
            self.register.vehicles[vehicle.plate] = vehicle


class _People:
    """Tells people apart: by name and real phone, else by company name, else by room and name."""

    def __init__(self, drafts: Sequence[_Draft]) -> None:
        self.persons: list[PersonFacts] = []
        self.index: dict[tuple[str, ...], int] = {}
        phones_in_room: dict[tuple[str, str], set[str]] = defaultdict(set)
        for draft in drafts:
            if draft.phone and draft.room:
                phones_in_room[draft.room, draft.name].add(draft.phone)
        self.phone_in_room = {key: next(iter(found)) for key, found in phones_in_room.items() if len(found) == 1}
        for draft in drafts:
            if draft.room is not None:
                self._add(draft)
        self.shared = sum(1 for person in self.persons if len(person.rooms) > 1)

    def key(self, draft: _Draft) -> tuple[str, ...]:
        """Return what tells this draft's person from everybody else in the file."""
        if ONLY_COMPANY.search(draft.name):
            return ("company", draft.name)
        phone = draft.phone or self.phone_in_room.get((draft.room or "", draft.name))
        if phone:
            return ("phone", draft.name, phone)
        return ("number", draft.number) if draft.number else ("room", draft.name, draft.room or "")

    def _add(self, draft: _Draft) -> None:
        key = self.key(draft)
        if key not in self.index:
            self.index[key] = len(self.persons)
            kind = "company" if len(draft.name) > 4 and COMPANY.search(draft.name) else "natural"
            self.persons.append(PersonFacts(draft.name, draft.phone, draft.origin, kind))
        person = self.persons[self.index[key]]
        for field in ("phone", "phone_2", "email", "emergency", "note"):
            if getattr(person, field) is None:
                setattr(person, field, getattr(draft, field))
        if draft.room and draft.room not in person.rooms:
            person.rooms.append(draft.room)

    def of(self, draft: _Draft) -> int:
        """Return the index of the draft's person."""
        return self.index[self.key(draft)]

    def find(self, draft: _Draft) -> int | None:
        """Return the index of the draft's person when one of the rooms has them, else None."""
        return self.index.get(self.key(draft))


def split_names(text: str) -> list[str]:
    """Return the names in a cell: `张三,李四`, `张三、李四`, `张三 李四`; blanks inside a name (`张 三`) are dropped."""
    names = [re.sub(r"\s+", " ", name).strip() for name in _NAMES.split(text)]
    names = [name for name in names if name and not is_blank(name)]
    result: list[str] = []
    for name in names:
        parts = name.split(" ")
        if len(parts) > 1 and all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", part) for part in parts):
            result.extend(parts)
        else:
            result.append(re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", name))
    return list(dict.fromkeys(result)) if len(set(result)) == len(result) else result


def field_labels() -> Iterator[tuple[str, str]]:
    """Yield each field with its name on screen (a msgid)."""
    return ((field, label) for field, (label, _headings) in FIELDS.items())
