"""What a file would do to the register: create, change, leave alone, refuse. Pure: plain values in, a `Plan` out.

The file never ends or erases anything: what it does not mention stays, a blank cell keeps what is known. It cannot sell
a home either: a room whose owners the file does not know waits until somebody records the transfer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from server.communities.importing.headers import Layout
from server.communities.importing.parsing import (
    OccupancyFacts,
    PersonFacts,
    Register,
    RoomFacts,
    SpaceFacts,
    VehicleFacts,
)
from server.communities.importing.problems import Note, Problem
from server.communities.importing.rows import Origin
from server.communities.naming import room_label, sort_key, sort_number
from server.lib.formats import mask_name
from server.lib.ids import uuid7

OWNING = frozenset({"owner", "co_owner"})
Value = str | int | Decimal | date | bool | None


class KnownRoom(msgspec.Struct):
    """A room of the register."""

    id: UUID
    code: str
    label: str
    kind: str
    floor: int | None
    gross_area: Decimal | None
    net_area: Decimal | None
    vacancy: str
    handover_on: date | None
    note: str | None


class KnownPerson(msgspec.Struct):
    """A person of the register."""

    id: UUID
    name: str
    kind: str
    phone: str | None
    phone_2: str | None
    email: str | None
    emergency_contact: str | None
    note: str | None


class KnownOccupancy(msgspec.Struct):
    """An occupancy of the register, running or ended."""

    id: UUID
    room_id: UUID
    person_id: UUID
    role: str
    since: date | None
    until: date | None
    moved_in_on: date | None


class KnownBuilding(msgspec.Struct):
    """A building of the register."""

    id: UUID
    code: str
    floors_above: int | None


class KnownStairwell(msgspec.Struct):
    """A stairwell of the register."""

    id: UUID
    building_id: UUID
    code: str
    has_lift: bool | None


class KnownSpace(msgspec.Struct):
    """A parking space of the register."""

    id: UUID
    code: str
    zone: str | None
    ownership: str
    room_id: UUID | None


class KnownVehicle(msgspec.Struct):
    """A vehicle of the register."""

    id: UUID
    plate: str
    person_id: UUID | None
    room_id: UUID | None
    space_id: UUID | None
    description: str | None
    since: date | None
    until: date | None


class Known(msgspec.Struct):
    """What the register of one community holds."""

    buildings: list[KnownBuilding] = []
    stairwells: list[KnownStairwell] = []
    rooms: list[KnownRoom] = []
    persons: list[KnownPerson] = []
    occupancies: list[KnownOccupancy] = []
    spaces: list[KnownSpace] = []
    vehicles: list[KnownVehicle] = []


class Change(msgspec.Struct, frozen=True):
    """One value of an existing record that the file changes."""

    entity: str
    id: UUID
    label: str
    field: str
    before: Value
    after: Value


class Count(msgspec.Struct):
    """How many records of one sort the file creates, changes and leaves alone."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """How many the file speaks of."""
        return self.created + self.changed + self.unchanged

    def figures(self) -> dict[str, int]:
        """The counts with their total, for JSON."""
        return {"created": self.created, "changed": self.changed, "unchanged": self.unchanged, "total": self.total}


ENTITIES = ("building", "stairwell", "room", "person", "occupancy", "space", "vehicle")
PLURALS = {
    "building": "buildings", "stairwell": "stairwells", "room": "rooms", "person": "persons",
    "occupancy": "occupancies", "space": "spaces", "vehicle": "vehicles",
}  # fmt: skip


class Plan(msgspec.Struct):
    """What would happen. `new` holds, per table, the records to create in the order of `COLUMNS`."""

    new: dict[str, list[tuple[object, ...]]]
    changes: list[Change]
    counts: dict[str, Count]
    problems: list[Problem]
    notes: list[Note]
    rows: int

    @property
    def refused_rows(self) -> int:
        """How many rows of the file wait."""
        return len({(problem.sheet, problem.row) for problem in self.problems})

    @property
    def is_empty(self) -> bool:
        """Whether the file would change nothing at all."""
        return not self.changes and not any(self.new.values())

    def figures(self) -> dict[str, dict[str, int]]:
        """The counts by plural name, for JSON: {"rooms": {"created": …}, …}."""
        return {PLURALS[entity]: self.counts[entity].figures() for entity in ENTITIES}


COLUMNS: dict[str, tuple[str, ...]] = {
    "building": ("id", "code", "name", "sort", "floors_above"),
    "stairwell": ("id", "building_id", "code", "sort", "has_lift"),
    "room": ("id", "building_id", "stairwell_id", "code", "number", "label", "sort", "floor", "kind", "gross_area",
             "net_area", "vacancy", "handover_on", "note"),
    "person": ("id", "name", "kind", "phone", "phone_2", "email", "emergency_contact", "note"),
    "occupancy": ("id", "room_id", "person_id", "role", "since", "until", "moved_in_on"),
    "space": ("id", "code", "zone", "ownership", "room_id"),
    "vehicle": ("id", "plate", "person_id", "room_id", "space_id", "description", "since", "until"),
}  # fmt: skip
"""The columns that `Plan.new` fills; `community_id` and `import_id` are added when they are written."""


def plan(register: Register, known: Known, layouts: dict[str, Layout], label_template: str, today: date) -> Plan:
    """Return what `register` (a parsed file) would do to `known` (the community's register) on the day `today`."""
    return _Planner(register, known, layouts, label_template, today).plan()


class _Planner:
    def __init__(
        self, register: Register, known: Known, layouts: dict[str, Layout], label_template: str, today: date
    ) -> None:
        self.register, self.known, self.layouts = register, known, layouts
        self.label_template, self.today = label_template, today
        self.new: dict[str, list[tuple[object, ...]]] = {entity: [] for entity in ENTITIES}
        self.changes: list[Change] = []
        self.counts = {entity: Count() for entity in ENTITIES}
        self.problems = list(register.problems)
        self.notes = list(register.notes)
        self.refused: set[Origin] = set()
        self.ended = 0
        self.rooms = {room.code: room for room in known.rooms}
        self.persons = {person.id: person for person in known.persons}
        self.in_room: dict[UUID, list[KnownOccupancy]] = defaultdict(list)
        for occupancy in known.occupancies:
            self.in_room[occupancy.room_id].append(occupancy)
        self.room_ids: dict[str, UUID] = {room.code: room.id for room in known.rooms}
        self.space_ids: dict[str, UUID] = {space.code: space.id for space in known.spaces}
        self.person_ids: list[UUID | None] = []
        self.is_new_person: list[bool] = []

    def plan(self) -> Plan:
        """Go through everything the file says, in the order things depend on each other."""
        self._resolve_persons()
        kept = self._keep_occupancies()
        self._buildings()
        self._rooms()
        self._persons(kept)
        self._occupancies(kept)
        self._spaces()
        self._vehicles()
        if self.ended:
            self.notes.append(Note("not_restored", {"count": str(self.ended)}))
        self.problems.sort(key=lambda problem: (problem.sheet, problem.row, problem.column))
        return Plan(self.new, self.changes, self.counts, self.problems, self.notes, self.register.rows)

    # Who is already known ---------------------------------------------------------------------------------------

    def _resolve_persons(self) -> None:
        """Find the file's persons in the register: by name and phone first, then by company name, then by room."""
        by_phone: dict[tuple[str, str], UUID] = {}
        by_company: dict[str, UUID] = {}
        for person in self.known.persons:
            if person.phone:
                by_phone.setdefault((person.name, person.phone), person.id)
        for person in self.known.persons:
            if person.phone_2:
                by_phone.setdefault((person.name, person.phone_2), person.id)
            if person.kind == "company":
                by_company.setdefault(person.name, person.id)
        found: list[UUID | None] = []
        for facts in self.register.persons:
            id_ = by_phone.get((facts.name, facts.phone)) if facts.phone else None
            found.append(id_ or (by_company.get(facts.name) if facts.kind == "company" else None))
        taken = {id_ for id_ in found if id_}
        for index, facts in enumerate(self.register.persons):
            if found[index] is None:
                found[index] = self._same_name_in_room(facts, taken)
        self.is_new_person = [id_ is None for id_ in found]
        self.person_ids = [id_ or uuid7() for id_ in found]

    def _same_name_in_room(self, facts: PersonFacts, taken: set[UUID]) -> UUID | None:
        """Return who has this name in one of the person's rooms; somebody with a phone of their own is not taken twice."""
        for code in facts.rooms:
            for occupancy in self.in_room.get(self.room_ids.get(code, UUID(int=0)), ()):
                person = self.persons.get(occupancy.person_id)
                if person is None or person.name != facts.name or (facts.phone and person.id in taken):
                    continue
                if facts.phone:
                    taken.add(person.id)
                return person.id
        return None

    def _is_same(self, index: int, known_id: UUID) -> bool:
        """Whether the file's person is this known one, or has the same name where one of them has no phone."""
        if self.person_ids[index] == known_id:
            return True
        facts, known = self.register.persons[index], self.persons.get(known_id)
        return known is not None and known.name == facts.name and (facts.phone is None or known.phone is None)

    def _is_running(self, occupancy: KnownOccupancy) -> bool:
        return occupancy.until is None or occupancy.until >= self.today

    # Which occupancies stand ------------------------------------------------------------------------------------

    def _keep_occupancies(self) -> list[OccupancyFacts]:
        """Refuse the owners of rooms that belong to others by now; return all other occupancies."""
        owners: dict[str, list[OccupancyFacts]] = defaultdict(list)
        for facts in self.register.occupancies:
            if facts.role in OWNING and facts.room in self.rooms:
                owners[facts.room].append(facts)
        for code, named in owners.items():
            held = self.in_room[self.rooms[code].id]
            current = [occupancy for occupancy in held if occupancy.role in OWNING and self._is_running(occupancy)]
            if current and not any(self._is_same(f.person, o.person_id) for f in named for o in current):
                self._refuse_owners(named, current)
        return [facts for facts in self.register.occupancies if facts.origin not in self.refused]

    def _refuse_owners(self, named: Sequence[OccupancyFacts], current: Sequence[KnownOccupancy]) -> None:
        names = "、".join(mask_name(self.persons[occupancy.person_id].name) for occupancy in current)
        for origin in dict.fromkeys(facts.origin for facts in named):
            layout = self.layouts.get(origin.sheet)
            field = "owner_number" if layout is not None and layout.kind == "rooms" else "name"
            value = "、".join(self.register.persons[facts.person].name for facts in named if facts.origin == origin)
            letter, header = (layout.letter(field), layout.header(field)) if layout else ("", "")
            self.problems.append(
                Problem(origin.sheet, origin.row, letter, header, value, "owner_differs", {"name": names})
            )
            self.refused.add(origin)

    # Records ----------------------------------------------------------------------------------------------------

    def _compare(self, entity: str, id_: UUID, label: str, pairs: Iterable[tuple[str, Value, Value]]) -> None:
        """Count one existing record, with a Change for each (field, before, after) that the file says differently."""
        changes = [
            Change(entity, id_, label, field, before, after)
            for field, before, after in pairs
            if after is not None and after != before
        ]
        self.changes.extend(changes)
        if changes:
            self.counts[entity].changed += 1
        else:
            self.counts[entity].unchanged += 1

    def _create(self, entity: str, *values: object) -> None:
        self.new[entity].append(values)
        self.counts[entity].created += 1

    def _buildings(self) -> None:
        self.building_ids = {building.code: building.id for building in self.known.buildings}
        known = {building.code: building for building in self.known.buildings}
        for facts in self.register.buildings.values():
            held = known.get(facts.code)
            if held is None:
                id_ = self.building_ids[facts.code] = uuid7()
                self._create("building", id_, facts.code, f"{facts.code}栋"[:40], sort_number(facts.code), facts.floors)
            else:
                floors = max(facts.floors, held.floors_above or 0) if facts.floors else None
                self._compare("building", held.id, f"{held.code}栋", [("floors_above", held.floors_above, floors)])
        self._stairwells()

    def _stairwells(self) -> None:
        known = {(stairwell.building_id, stairwell.code): stairwell for stairwell in self.known.stairwells}
        self.stairwell_ids = {key: stairwell.id for key, stairwell in known.items()}
        for facts in self.register.stairwells.values():
            key = (self.building_ids[facts.building], facts.code)
            held = known.get(key)
            if held is None:
                id_ = self.stairwell_ids[key] = uuid7()
                self._create("stairwell", id_, key[0], facts.code, sort_number(facts.code), facts.has_lift)
            else:
                label = f"{facts.building}栋{facts.code}单元"
                self._compare("stairwell", held.id, label, [("has_lift", held.has_lift, facts.has_lift)])

    def _rooms(self) -> None:
        for code, facts in self.register.rooms.items():
            held = self.rooms.get(code)
            if held is None:
                self._create_room(code, facts)
            elif facts.origin not in self.refused:
                fields = ("kind", "floor", "gross_area", "net_area", "vacancy", "handover_on")
                pairs = [(field, getattr(held, field), getattr(facts, field)) for field in fields]
                self._compare("room", held.id, held.label, [*pairs, ("note", held.note, held.note or facts.note)])
            else:
                self.counts["room"].unchanged += 1

    def _create_room(self, code: str, facts: RoomFacts) -> None:
        id_ = self.room_ids[code] = uuid7()
        place, kind = facts.place, facts.kind or "home"
        building = self.building_ids[place.building]
        stairwell = self.stairwell_ids[building, place.stairwell] if place.stairwell else None
        label = room_label(self.label_template, place, shop=kind == "shop")
        vacancy = facts.vacancy or ("let" if facts.has_tenant else "occupied" if facts.has_owner else "vacant")
        self._create(
            "room", id_, building, stairwell, code, place.number, label[:80], sort_key(code), facts.floor, kind,
            facts.gross_area, facts.net_area, vacancy, facts.handover_on, facts.note,
        )  # fmt: skip

    def _persons(self, kept: Sequence[OccupancyFacts]) -> None:
        """Create or compare the persons that some row which goes in speaks of; nobody else."""
        needed = {facts.person for facts in kept}
        needed |= {
            facts.person
            for facts in self.register.vehicles.values()
            if facts.person is not None and facts.origin not in self.refused
        }
        for index in sorted(needed):
            facts, id_ = self.register.persons[index], self.person_ids[index]
            assert id_ is not None
            if self.is_new_person[index]:
                values = (facts.phone, facts.phone_2, facts.email, facts.emergency, facts.note)
                self._create("person", id_, facts.name, facts.kind, *values)
            else:
                self._compare("person", id_, facts.name, self._person_pairs(self.persons[id_], facts))

    @staticmethod
    def _person_pairs(held: KnownPerson, facts: PersonFacts) -> list[tuple[str, Value, Value]]:
        phone = None if facts.phone == held.phone_2 else facts.phone
        return [
            ("phone", held.phone, phone),
            ("phone_2", held.phone_2, facts.phone_2),
            ("email", held.email, facts.email),
            ("emergency_contact", held.emergency_contact, facts.emergency),
            ("note", held.note, held.note or facts.note),
        ]

    def _occupancies(self, kept: Sequence[OccupancyFacts]) -> None:
        owned = {
            occupancy.room_id
            for occupancy in self.known.occupancies
            if occupancy.role == "owner" and occupancy.until is None
        }
        for facts in kept:
            room_id, person_id = self.room_ids[facts.room], self.person_ids[facts.person]
            held = self._held(facts, room_id)
            if held is None:
                role = "co_owner" if facts.role == "owner" and room_id in owned else facts.role
                if role == "owner" and facts.until is None:
                    owned.add(room_id)
                values = (role, facts.since, facts.until, facts.moved_in_on)
                self._create("occupancy", uuid7(), room_id, person_id, *values)
            elif not self._is_running(held) and (facts.until is None or facts.until != held.until):
                self.ended += 1
                self.counts["occupancy"].unchanged += 1
            else:
                fields = ("since", "until", "moved_in_on")
                pairs = [(field, getattr(held, field), getattr(facts, field)) for field in fields]
                label = f"{facts.room} {self.register.persons[facts.person].name}"
                self._compare("occupancy", held.id, label, pairs)

    def _held(self, facts: OccupancyFacts, room_id: UUID) -> KnownOccupancy | None:
        """Return the occupancy the register has for this person, room and sort of role: a running one, else an ended one.

        An ended one does not count when the file says that the person came back later.
        """
        same = [
            occupancy
            for occupancy in self.in_room.get(room_id, ())
            if (occupancy.role in OWNING) == (facts.role in OWNING)
            and (facts.role in OWNING or occupancy.role == facts.role)
            and self._is_same(facts.person, occupancy.person_id)
        ]
        running = [occupancy for occupancy in same if self._is_running(occupancy)]
        ended = [o for o in same if not (facts.since and o.until and facts.since > o.until)]
        return next(iter(running or ended), None)

    def _spaces(self) -> None:
        known = {space.code: space for space in self.known.spaces}
        for facts in self.register.spaces.values():
            held = known.get(facts.code)
            room_id = self.room_ids.get(facts.room) if facts.room else None
            if held is None:
                id_ = self.space_ids[facts.code] = uuid7()
                self._create("space", id_, facts.code, facts.zone, facts.ownership or "common", room_id)
            else:
                self._compare("space", held.id, facts.code, self._space_pairs(held, facts, room_id))

    @staticmethod
    def _space_pairs(held: KnownSpace, facts: SpaceFacts, room_id: UUID | None) -> list[tuple[str, Value, Value]]:
        pairs: list[tuple[str, Value, Value]] = [
            ("zone", held.zone, facts.zone),
            ("ownership", held.ownership, facts.ownership),
        ]
        return [*pairs, ("room_id", _id(held.room_id), _id(room_id))]

    def _vehicles(self) -> None:
        known = {vehicle.plate: vehicle for vehicle in self.known.vehicles if self._is_current(vehicle)}
        gone = {(vehicle.plate, vehicle.until): vehicle for vehicle in self.known.vehicles}
        for facts in self.register.vehicles.values():
            if facts.origin in self.refused:
                continue
            held = known.get(facts.plate) or gone.get((facts.plate, facts.until))
            if held is None:
                self._create("vehicle", uuid7(), facts.plate, *self._vehicle_values(facts))
            else:
                fields = ("person_id", "room_id", "space_id", "description", "since", "until")
                pairs = [
                    (field, _plain(getattr(held, field)), _plain(value))
                    for field, value in zip(fields, self._vehicle_values(facts), strict=True)
                ]
                self._compare("vehicle", held.id, facts.plate, pairs)

    def _is_current(self, vehicle: KnownVehicle) -> bool:
        return vehicle.until is None or vehicle.until >= self.today

    def _vehicle_values(self, facts: VehicleFacts) -> tuple[object, ...]:
        person = self.person_ids[facts.person] if facts.person is not None else None
        room = self.room_ids.get(facts.room) if facts.room else None
        space = self.space_ids.get(facts.space) if facts.space else None
        return (person, room, space, facts.description, facts.since, facts.until)


def _id(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _plain(value: object) -> Value:
    """Return an id as text, any other value as it is."""
    return str(value) if isinstance(value, UUID) else value  # type: ignore[return-value]
