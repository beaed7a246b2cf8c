"""A month of rounds in the demonstration: seventy checkpoints, five routes, a few rounds missed, a few things found; rounds due now."""

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from server.db import fetch, transaction
from server.demo.pictures import pipe
from server.demo.rows import insert_all
from server.lib.formats import now, today
from server.lib.ids import uuid7
from server.patrols.checkpoints import LETTERS
from server.patrols.entries import Entry, read, score
from server.patrols.installing import install
from server.patrols.keeping import KEPT_ON_PHONES, Plan, Stop, make_ahead, ordered
from server.patrols.kinds import USUAL_LIST
from server.patrols.occurrences import is_night, occurrences
from server.security.actor import Actor
from server.storage.photos import Sent, attach, store

DAYS = 30
PHOTOGRAPHED = 2
"""Days whose findings have photos."""
GUARDS = ("赵强", "黄海", "马超", "胡军")
REPAIRERS = ("王水生", "李电")
FINDINGS = {
    "fire_daily": ("楼道堆了纸箱，已劝离", "防火门没关，闭门器松了", "门厅有电动车停放", "应急灯不亮"),
    "perimeter_gate": ("围栏第 3 段松动", "周界照明有两盏不亮", "对讲机电池不足"),
    "car_park": ("集水井旁有积水", "照明灯管闪烁", "通道有杂物"),
    "water_pump_room": ("2号泵出口法兰滴水", "挡鼠板移位"),
    "power_room": ("变压器风机有异响",),
    "roof": ("雨水口被落叶堵住", "防水层起鼓约 1㎡"),
    "garbage_point": ("桶满溢出", "大件垃圾堆在桶旁"),
    "playground": ("秋千链条磨损",),
}
COLUMNS = {
    "checkpoint": "id community_id name place building_id kind latitude longitude code secret nfc",
    "patrol_route": "id community_id name post ordering dwell early slack length two_at_night",
    "patrol_stop": "id community_id route_id checkpoint_id checklist_id position",
    "patrol_schedule": "id community_id route_id kind clock_times weekdays since made_until",
    "patrol_round": "id community_id route_id schedule_id name post state opens_at due_at late_at ends_at in_order dwell needs_two people"
    " holder_id started_at finished_at signed found signs reason reason_by reason_at is_on_phones version",
    "patrol_point": "id community_id round_id position checkpoint_id list_id name place scanned_at scanned_by device_at received_at grade"
    " done_at done_by score signs",
    "patrol_check": "id community_id round_id point_id item label value is_bad counts note level photos account_id actor_name device_at at"
    " received_at",
}


@dataclass(frozen=True)
class Tour:
    """A route with its schedule: which kinds of checkpoints, how many of each, and when."""

    name: str
    post: str
    ordering: str
    points: tuple[tuple[str, int], ...]
    times: tuple[str, ...]
    kind: str = "daily"
    length: int = 120
    slack: int = 30
    two_at_night: bool = False


TOURS = (
    Tour("日间安全巡查", "patrol", "fixed", (("gate", 2), ("refuse", 2), ("garage", 2), ("fire_lane", 2)),
         ("06:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00")),
    Tour("夜间巡查", "patrol", "shuffled", (("gate", 3), ("perimeter", 8)), ("00:00", "02:00", "04:00", "22:00"), two_at_night=True),
    Tour("设备日检", "repair", "free", (("pump", 2), ("power", 2), ("garage", 4)), ("09:00",), length=480, slack=120),
    Tour("每日防火巡查", "patrol", "free", (("lobby", 16), ("fire_lane", 3), ("control", 1)), ("10:00",), length=480, slack=120),
    Tour("屋面周检", "repair", "free", (("roof", 8), ("playground", 2)), ("09:30",), kind="weekly", length=480, slack=240),
)  # fmt: skip


@dataclass
class Rows:
    """What is written, by table."""

    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    photos: list[tuple[UUID, UUID, asyncpg.Record]] = field(default_factory=list)  #: id, round, whose

    def add(self, table: str, *values: Any) -> None:
        """Take one row along."""
        self.tables[table].append(values)

    async def write(self, lent: Any) -> None:
        """Insert everything, table by table."""
        for table, columns in COLUMNS.items():
            if self.tables[table]:
                await insert_all(lent, table, columns.split(), self.tables[table])


@dataclass
class Walk:
    """A tour as rounds are made of it."""

    tour: Tour
    plan: Plan
    stops: list[Stop]
    people: list[asyncpg.Record]


async def write_patrols(community_id: UUID, random: Random) -> None:
    """Write checkpoints, routes and thirty days of rounds, then make those that are due now and next."""
    async with transaction() as lent:
        await install(community_id)
        versions = {
            one["key"]: one
            for one in await fetch(
                """select key, checklist.id as list_id, checklist_version.id, content from checklist
                join checklist_version on checklist_id = checklist.id where checklist.community_id = $1""",
                community_id,
            )
        }
        lists = {one["id"]: (key, read(one["content"])) for key, one in versions.items()}
        written = Rows()
        places = await put_up(community_id, random, written)
        for tour in TOURS:
            walk = await draw(community_id, tour, places, versions, written)
            for due in occurrences(walk.plan.rhythm, now() - dt.timedelta(days=DAYS), now()):
                if due + dt.timedelta(minutes=tour.length) < now():
                    History(walk, due, lists, random, written).tell()
        await written.write(lent)
    await make_ahead(community_id)
    await photograph(community_id, written.photos, random)


async def put_up(community_id: UUID, random: Random, written: Rows) -> dict[str, list[tuple[UUID, str, str]]]:
    """Put up the checkpoints; return {kind: [(id, name, place)]}."""
    buildings = {
        one["name"]: one["id"]
        for one in await fetch("select id, name from building where community_id = $1", community_id)
    }
    named: list[tuple[str, str, str, str | None]] = [
        ("gate", f"{side}门岗", f"{side}门", None) for side in ("东", "南", "北")
    ]
    named += [
        ("perimeter", f"周界 {n} 号点", f"围墙{side}段", None) for n, side in enumerate("东南西北东南西北", start=1)
    ]
    named += [("lobby", f"{n}栋{s}单元大堂", f"{n}栋{s}单元 一层", f"{n}栋") for n in range(1, 13) for s in (1, 2)]
    named += [("roof", f"{n}栋屋面", f"{n}栋 天台", f"{n}栋") for n in range(1, 9)]
    named += [
        ("garage", f"车库 {zone} 区", f"地下{floor}层 {zone} 区", None)
        for floor, zones in (("一", "ABCDE"), ("二", "FGHJK"))
        for zone in zones
    ]
    named += [("pump", "生活水泵房", "地下一层 B 区", None), ("pump", "消防水泵房", "地下一层 C 区", None)]
    named += [("power", f"{n}号配电房", f"地下一层 {'AD'[n - 1]} 区", None) for n in (1, 2)]
    named += [("control", "消防控制室", "2栋 一层", "2栋")]
    named += [("playground", "中心儿童乐园", "中心花园", None), ("playground", "健身广场", "5栋南侧", None)]
    named += [("refuse", f"{n}号垃圾分类点", f"{2 * n}栋旁", None) for n in range(1, 5)]
    named += [("fire_lane", f"{n}栋消防车道", f"{n}栋 登高面", f"{n}栋") for n in range(1, 7)]
    found: dict[str, list[tuple[UUID, str, str]]] = {}
    for number, (kind, name, place, building) in enumerate(named):
        id_ = uuid7()
        code = "".join(random.choice(LETTERS) for _ in range(8))
        north, east = random.randrange(-900, 900), random.randrange(-1200, 1200)
        tag = f"04:{number:02X}:{random.randrange(16**8):08X}" if kind in ("pump", "power", "control") else None
        written.add(
            "checkpoint", id_, community_id, name, place, buildings.get(building or ""), kind, 30.25 + north / 1_000_000,
            120.15 + east / 1_000_000, code, f"{random.randrange(16**12):012x}", tag,
        )  # fmt: skip
        found.setdefault(kind, []).append((id_, name, place))
    return found


async def draw(
    community_id: UUID,
    tour: Tour,
    places: dict[str, list[tuple[UUID, str, str]]],
    versions: dict[str, asyncpg.Record],
    written: Rows,
) -> Walk:
    """Draw a route and its schedule; return what rounds are made of."""
    route_id, schedule_id = uuid7(), uuid7()
    stops: list[Stop] = []
    written.add(
        "patrol_route", route_id, community_id, tour.name, tour.post, tour.ordering, 20, 30, tour.slack, tour.length, tour.two_at_night
    )  # fmt: skip
    for kind, count in tour.points:
        version = versions[USUAL_LIST[kind]]
        for id_, name, place in places[kind][:count]:
            written.add("patrol_stop", uuid7(), community_id, route_id, id_, version["list_id"], len(stops) + 1)
            stops.append(Stop(id_, version["id"], name, place))
    begins, until = today() - dt.timedelta(days=400), now() - dt.timedelta(minutes=tour.length)
    clocks, days = msgspec.json.encode(tour.times).decode(), "[1]" if tour.kind == "weekly" else "[]"
    written.add("patrol_schedule", schedule_id, community_id, route_id, tour.kind, clocks, days, begins, until)
    plan = Plan(
        schedule_id, community_id, route_id, tour.kind, clocks, days, None, begins, until, tour.name, tour.post, tour.ordering, 20, 30,
        tour.slack, tour.length, tour.two_at_night,
    )  # fmt: skip
    names = GUARDS if tour.post == "patrol" else REPAIRERS
    people = await fetch(
        "select name, account_id from person where community_id = $1 and name = any ($2) and exists (select from post where person_id = person.id) order by name",
        community_id,
        list(names),
    )
    return Walk(tour, plan, stops, people)


class History:
    """Makes up one round that is over."""

    def __init__(
        self, walk: Walk, due: dt.datetime, lists: dict[UUID, tuple[str, list[Entry]]], random: Random, written: Rows
    ) -> None:
        self.walk, self.due, self.lists, self.random, self.written = walk, due, lists, random, written
        self.id, self.plan, self.community = uuid7(), walk.plan, walk.plan.community_id
        self.missed = random.random() < 0.025
        start = due + dt.timedelta(minutes=random.triangular(-10, 60 if random.random() < 0.04 else 20, 2))
        self.at = start
        self.started = start
        staff = [one for one in walk.people if one["name"]]
        needed = 2 if walk.tour.two_at_night and is_night(due) and random.random() > 0.03 else 1
        self.people = random.sample(staff, min(needed, len(staff)))
        self.found, self.signs = 0, set[str]()

    def tell(self) -> None:
        """Write the round, its points and their answers."""
        stops = ordered(self.plan, self.walk.stops, self.due)
        for position, stop in enumerate(stops, start=1):
            self.point(position, stop)
        late_at = self.due + dt.timedelta(minutes=self.plan.slack)
        needs_two = self.plan.two_at_night and is_night(self.due)
        if needs_two and len(self.people) < 2:
            self.signs.add("alone")
        state = "missed" if self.missed else "abnormal" if self.found else "late" if self.started > late_at else "done"
        people = (
            []
            if self.missed
            else [{"account": str(one["account_id"] or ""), "name": one["name"]} for one in self.people]
        )
        explained = self.missed and self.due < now() - dt.timedelta(days=2)
        ends = self.due + dt.timedelta(minutes=self.plan.length)
        self.written.add(
            "patrol_round", self.id, self.community, self.plan.route_id, self.plan.id, self.plan.name, self.plan.post, state,
            self.due - dt.timedelta(minutes=self.plan.early), self.due, late_at, ends, self.plan.ordering != "free", self.plan.dwell,
            needs_two, as_text(people), None if self.missed else self.people[0]["account_id"], None if self.missed else self.started,
            None if self.missed else self.at, None if self.missed else self.people[0]["name"], self.found, as_text(sorted(self.signs)),
            "暴雨，人员支援地下车库" if explained else None, "王建国" if explained else None,
            self.due + dt.timedelta(hours=12) if explained else None, ends > now() - KEPT_ON_PHONES, 1 if self.missed else 2,
        )  # fmt: skip

    def point(self, position: int, stop: Stop) -> None:
        """Write one point; a missed round has it untouched."""
        id_, who = uuid7(), self.people[0]["name"]
        if self.missed:
            empty = (None,) * 8
            self.written.add(
                "patrol_point", id_, self.community, self.id, position, stop.checkpoint_id, stop.list_id, stop.name, stop.place, *empty, "[]"
            )  # fmt: skip
            return
        came = self.at
        quick = self.random.random() < 0.004
        self.at += dt.timedelta(seconds=self.random.randrange(6, 14) if quick else self.random.randrange(50, 170))
        answers = self.answers(id_, stop, came)
        grade = self.random.choices(("qr", "nfc", "position", "none"), (90, 6, 3, 1))[0]
        signs = (["fast"] if quick else []) + (["by_hand"] if grade in ("position", "none") else [])
        self.written.add(
            "patrol_point", id_, self.community, self.id, position, stop.checkpoint_id, stop.list_id, stop.name, stop.place, came, who,
            came, came + dt.timedelta(seconds=self.random.choice((4, 9, 30, 1200))), grade, self.at, who,
            score(self.lists[stop.list_id][1], answers), as_text(signs),
        )  # fmt: skip
        self.at += dt.timedelta(seconds=self.random.randrange(20, 80))

    def answers(self, point_id: UUID, stop: Stop, came: dt.datetime) -> dict[str, str]:
        """Write the answers of a point; return {entry: value}."""
        key, entries = self.lists[stop.list_id]
        wrong = self.random.choice(entries).id if self.random.random() < 0.008 else ""
        found = {}
        for entry in entries:
            if entry.optional:
                continue
            value, note = ("ok", None) if entry.kind == "tri" else (reading(entry, self.random), None)
            if entry.id == wrong:
                self.found += 1
                note = self.random.choice(FINDINGS.get(key, ("现场异常，已报告",)))
                value = "bad" if entry.kind == "tri" else too_high(entry)
            found[entry.id] = value
            who = self.people[0]
            self.written.add(
                "patrol_check", uuid7(), self.community, self.id, point_id, entry.id, entry.text, value, entry.id == wrong, True, note,
                "general" if note else None, self.photos(who, came) if note else "[]", who["account_id"], who["name"], came, came, came,
            )  # fmt: skip
        return found

    def photos(self, who: asyncpg.Record, at: dt.datetime) -> str:
        """Promise a photo of a late finding of somebody with a login; return it as the answer names it."""
        if who["account_id"] is None or at < now() - dt.timedelta(days=PHOTOGRAPHED):
            return "[]"
        id_ = uuid7()
        self.written.photos.append((id_, self.id, who))
        return as_text([{"id": str(id_), "role": "item"}])


def reading(entry: Entry, random: Random) -> str:
    """Return a reading within the entry's range, with as many decimals as the range has."""
    decimals = len((entry.low or entry.high).partition(".")[2])
    low = float(entry.low or 0)
    high = float(entry.high or low * 2)
    middle, span = (low + high) / 2, (high - low) / 4
    return f"{random.uniform(middle - span, middle + span):.{max(decimals, 1 if span < 20 else 0)}f}"


def too_high(entry: Entry) -> str:
    """Return a reading above the entry's range."""
    return f"{float(entry.high or entry.low) * 1.1:.2f}"


def as_text(value: Any) -> str:
    """Return plain values as JSON text."""
    return msgspec.json.encode(value).decode()


async def photograph(community_id: UUID, photos: list[tuple[UUID, UUID, asyncpg.Record]], random: Random) -> None:
    """Take the promised photos."""
    for id_, round_id, who in photos:
        by = Actor(account_id=who["account_id"], name=who["name"], community_id=community_id)
        photo = await store(Sent(pipe(random, leaking=True), id=id_), by=by)
        async with transaction():
            await attach([photo.id], entity="patrol_round", entity_id=round_id, role="item", by=by)
