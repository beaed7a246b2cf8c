"""Half a year of readings in the demonstration: a water and a power meter for each home, the present period half read, a few doubtful."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from server.audit.recording import as_json
from server.db import fetch, transaction
from server.demo.pictures import dial
from server.demo.rows import insert_all
from server.lib.formats import CHINA, now, today
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.photos import Sent, attach, store

MONTHS = 6
DAY = 22
READERS = ("王水生", "李电")
USUAL = {"water": (4, 22), "power": (80, 320)}
DIGITS = {"water": 5, "power": 6}
NAMES = {"water": "水表", "power": "电表"}
COLUMNS = {
    "meter": "id community_id kind number room_id place sort digits ratio installed_on",
    "meter_period": "id community_id period opens_on due_on state",
    "meter_route": "id community_id name reader_id",
    "meter_stop": "id community_id route_id meter_id position",
    "meter_reading": "id community_id meter_id period kind value usage rolled flags status reason source account_id reader_name read_at"
    " received_at",
}
ODD = (
    ("jump", Decimal(9)), ("backwards", Decimal("-0.5")), ("jump", Decimal(14)), ("zero", Decimal(0)), ("backwards", Decimal(-2)),
)  # fmt: skip
"""What is doubtful in the present period: the flag, and how many times the usual the meter went on."""


@dataclass
class Story:
    """Rows for each table, made before any is written."""

    community_id: UUID
    random: Random
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, table: str, *values: Any) -> UUID:
        """Add a row, the id and the community of which are made here; return its id."""
        id_ = uuid7()
        self.rows[table].append((id_, self.community_id, *values))
        return id_


async def write_meters(community_id: UUID, random: Random) -> None:
    """Hang the meters, read them for half a year, put half of them on the way in the present period."""
    query = """select room.id, room.label, room.sort, room.code, room.vacancy, building.name as building from room
        join building on building.id = room.building_id where room.community_id = $1 and room.kind = 'home'
        order by building.sort, room.sort"""
    homes = await fetch(query, community_id)
    people = {one["name"]: one for one in await fetch(
        "select id, account_id, name from person where community_id = $1 and name = any($2::text[])"
        " and exists (select from post where person_id = person.id)", community_id, list(READERS)
    )}  # fmt: skip
    story = Story(community_id, random)
    months = periods(story)
    routes: dict[tuple[str, str], list[tuple[UUID, Any]]] = {}
    for home in homes:
        for kind in USUAL:
            meter = hang(story, home, kind, months[0])
            routes.setdefault((home["building"], kind), []).append((meter, home))
    for nth, ((building, kind), meters) in enumerate(routes.items()):
        lay(story, f"{building} {NAMES[kind]}", kind, meters, people[READERS[nth // 2 % 2]], months, nth)
    async with transaction() as lent:
        for table, records in story.rows.items():
            await insert_all(lent, table, COLUMNS[table].split(), records)
    await photograph(community_id, random)


def periods(story: Story) -> list[dt.date]:
    """Make the periods, the last of which is open; return the first day of each month, the oldest first."""
    first = today().replace(day=1)
    months = [first]
    for _n in range(MONTHS):
        months.insert(0, (months[0] - dt.timedelta(days=1)).replace(day=1))
    for month in months[1:]:
        state = "open" if month == first else "closed"
        opens = min(month.replace(day=20), today()) if state == "open" else month.replace(day=20)
        story.add("meter_period", f"{month:%Y-%m}", opens, opens + dt.timedelta(days=5), state)
    return months


def hang(story: Story, home: Any, kind: str, month: dt.date) -> UUID:
    """Hang a meter of a home."""
    number = f"{'S' if kind == 'water' else 'D'}{story.random.randrange(10**7, 10**8)}"
    place = (home["id"], home["label"], home["sort"])
    return story.add("meter", kind, number, *place, DIGITS[kind], Decimal(1), dt.date(2019, 6, 1))


def lay(
    story: Story, name: str, kind: str, meters: list[tuple[UUID, Any]], reader: Any, months: list[dt.date], nth: int
) -> None:
    """Lay a route over the meters of a building and read them: every other route is done, the next one half."""
    route = story.add("meter_route", name, reader["id"])
    reached = (len(meters), len(meters) // 2, 0, len(meters) // 3)[nth % 4]
    for position, (meter, home) in enumerate(meters, start=1):
        story.add("meter_stop", route, meter, position)
        shown = read_past(story, meter, kind, home, reader, months)
        if position <= reached:
            odd = ODD[nth % len(ODD)] if position == 7 else None
            read_now(story, meter, shown, reader, months[-1], odd)


def read_past(
    story: Story, meter: UUID, kind: str, home: Any, reader: Any, months: list[dt.date]
) -> tuple[Decimal, Decimal]:
    """Read a meter up to the last closed period; return what it shows and its usual usage."""
    low, high = USUAL[kind]
    usual = Decimal(story.random.randrange(low * 100, high * 100)) / 100
    if home["vacancy"] in ("vacant", "developer"):
        usual = Decimal(0)
    shown = Decimal(story.random.randrange(100_00, 2_000_00)) / 100
    add_reading(story, meter, months[0], "initial", shown, None, reader)
    for month in months[1:-1]:
        used = (usual * story.random.randrange(80, 121) / 100).quantize(Decimal("0.01"))
        shown += used
        kind_of = "estimated" if story.random.random() < 0.01 else "actual"
        add_reading(story, meter, month, kind_of, shown, used, reader)
    return shown, usual


def read_now(
    story: Story,
    meter: UUID,
    past: tuple[Decimal, Decimal],
    reader: Any,
    month: dt.date,
    odd: tuple[str, Decimal] | None,
) -> None:
    """Read a meter in the present period: as usual, oddly, or not at all because the door is locked."""
    shown, usual = past
    if odd:
        used = (odd[1] * max(usual, Decimal(8))).quantize(Decimal("0.01"))
        told = None if odd[0] == "backwards" else used
        add_reading(story, meter, month, "actual", shown + used, told, reader, flags=[odd[0]])
    elif story.random.random() < 0.02:
        add_reading(story, meter, month, "unread", None, None, reader, reason=story.random.choice(("locked", "nobody")))
    else:
        used = (usual * story.random.randrange(85, 116) / 100).quantize(Decimal("0.01"))
        add_reading(story, meter, month, "actual", shown + used, used, reader)


def add_reading(
    story: Story,
    meter: UUID,
    month: dt.date,
    kind: str,
    value: Decimal | None,
    used: Decimal | None,
    reader: Any,
    *,
    flags: list[str] | None = None,
    reason: str | None = None,
) -> None:
    """Add a reading, taken on the day of the month when meters are read, or today if that is still to come."""
    on = dt.datetime.combine(
        month.replace(day=DAY), dt.time(9 + story.random.randrange(8), story.random.randrange(60)), CHINA
    )
    on = min(on, now() - dt.timedelta(minutes=story.random.randrange(20, 300)))
    status = "doubtful" if flags else "ok"
    story.add(
        "meter_reading", meter, f"{month:%Y-%m}", kind, value, used, False, as_json(flags or []), status, reason, "phone",
        reader["account_id"], reader["name"], on, on + dt.timedelta(minutes=8),
    )  # fmt: skip


async def photograph(community_id: UUID, random: Random) -> None:
    """Give each doubtful reading its photo."""
    query = (
        "select id, value, account_id, reader_name from meter_reading where community_id = $1 and status = 'doubtful'"
    )
    for one in await fetch(query, community_id):
        by = Actor(account_id=one["account_id"], name=one["reader_name"], community_id=community_id)
        photo = await store(Sent(dial(random, f"{one['value']:.2f}")), by=by)
        await attach([photo.id], entity="meter_reading", entity_id=one["id"], role="reading", by=by)
