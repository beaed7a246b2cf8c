"""Fourteen months of repairs in the demonstration, the last two months of it in full: most done in time, some late, some waiting, a few with photos."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from server.audit import record
from server.audit.recording import as_json
from server.db import execute, rows, transaction
from server.demo import courses
from server.demo.cast import OWNER
from server.demo.courses import WHOLE_LIFE
from server.demo.pictures import pipe
from server.demo.rows import insert_all
from server.followups.drawing import lot, reason_of
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.security.actor import SYSTEM, Actor
from server.storage.photos import Sent, attach, store
from server.tickets.clocks import clocks
from server.tickets.kinds import guess_payer
from server.tickets.rules import Rules
from server.tickets.states import STEPS

DAYS = 62
YEAR = 430
"""Older than DAYS, a repair is only there for the reports: nobody is asked about it any more."""

EACH_DAY = (0, 1, 2, 2, 3, 3, 4)
OPEN = ((0.2, 1), (0.6, 1), (1.5, 2), (2.2, 3), (3.0, 4), (4.5, 6), (6.0, 5), (20.0, 7), (26.0, 4), (52.0, 6))
"""What is still open: reported so many hours ago, and so many steps of WHOLE_LIFE done; the last one is late."""

KNOWN_OPEN = ((5.0, 6), (30.0, 7))
"""The same, for the home whose owner signs in: one being repaired, one waiting for the owner's word."""

TROUBLES = (
    ("water", "厨房水管漏水", "水槽下面的软管接口在滴水，用盆接着。", "更换软管和密封圈，试水 10 分钟不漏。"),
    ("water", "卫生间下水堵", "地漏下水很慢，返味。", "疏通地漏，取出毛发，下水正常。"),
    ("water", "马桶水箱一直流水", "按完以后停不下来。", "更换进水阀，不再流水。"),
    ("power", "客厅灯不亮", "换过灯泡还是不亮。", "开关触点烧蚀，更换开关。"),
    ("power", "楼道灯不亮", "晚上很黑，老人上下楼不方便。", "更换声控灯头。"),
    ("signal", "门禁卡无法读取", "昨天还能用。", "重新写卡，现场试过正常。"),
    ("signal", "对讲机听不到声音", "按了没反应。", "分机线头氧化，重新压接。"),
    ("doors", "单元门关不严", "闭门器不起作用，风一吹就响。", "调整闭门器力度。"),
    ("doors", "入户门锁难开", "钥匙要转好几下。", "清洗锁芯并上油。"),
    ("leak", "外墙渗水，卧室墙角发霉", "下雨天更明显。", "外墙裂缝注浆封堵，观察一周未渗。"),
    ("lift", "电梯按键失灵", "12 楼的按键按不亮。", "维保单位更换按键板。"),
    ("parking", "车库道闸不抬", "识别不到车牌。", "重启识别机，清洁镜头。"),
    ("green", "花坛杂草多", "", "已清理。"),
    ("cleaning", "楼道有装修垃圾", "堆了两天了。", "已通知装修户清运。"),
)
COMMON = {"lift", "parking", "green", "cleaning"}
CAUSES = (("wear", 55), ("misuse", 14), ("building", 12), ("material", 9), ("outside", 4), ("other", 6))
"""Why things broke, and how often out of a hundred."""


class Home(msgspec.Struct):
    """A home somebody lives in, with its first owner."""

    room_id: UUID
    building_id: UUID
    label: str
    person_id: UUID
    name: str
    phone: str | None
    account_id: UUID | None


class Hand(msgspec.Struct):
    """A member of staff with a login."""

    person_id: UUID
    account_id: UUID
    name: str
    post: str


@dataclass
class Life:
    """One ticket and its events, as rows."""

    ticket: dict[str, Any]
    trouble: tuple[str, str, str, str]
    events: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)


async def write_history(community_id: UUID, random: Random) -> None:
    """Write the tickets and events, and photos for those of the owner who signs in."""
    homes = await rows(
        Home,
        "select room.id as room_id, room.building_id, room.label, person.id as person_id, person.name, person.phone,"
        " person.account_id from room join occupancy on occupancy.room_id = room.id and role = 'owner' and until is null"
        " join person on person.id = occupancy.person_id where room.community_id = $1 and room.kind = 'home'"
        " and room.vacancy = 'occupied' order by room.sort",
        community_id,
    )
    hands = await rows(
        Hand,
        "select person.id as person_id, account_id, person.name, post from post join person on person.id = post.person_id"
        " where post.community_id = $1 and account_id is not null order by post.id",
        community_id,
    )
    month = Month(community_id, homes, hands, random)
    recent = now() - timedelta(days=DAYS)
    pictures = [
        one
        for life in month.lives
        if life.ticket["contact_phone"] == OWNER[1] and life.ticket["reported_at"] > recent
        for one in pictures_of(life)
    ]
    written = {
        "ticket": [life.ticket for life in month.lives], "ticket_event": month.events(),
        "ticket_line": [line for life in month.lives for line in life.lines],
        "follow_up": [call for life in month.lives for call in life.calls],
    }  # fmt: skip
    async with transaction() as lent:
        for table, found in written.items():
            columns = list(found[0])
            await insert_all(lent, table, columns, [tuple(row[name] for name in columns) for row in found])
        await count_days(community_id)
        count = {"tickets": len(month.lives)}
        await record(SYSTEM, "import.apply", community_id=community_id, entity="ticket", after=count)
    for one in pictures:
        await photograph(one, community_id, random)


class Month:
    """Makes up the month's tickets."""

    def __init__(self, community_id: UUID, homes: list[Home], hands: list[Hand], random: Random) -> None:
        self.community_id, self.homes, self.random = community_id, homes, random
        self.clerk = next(hand for hand in hands if hand.post == "clerk")
        self.repairers = [hand for hand in hands if hand.post == "repair"]
        self.known = [home for home in homes if home.account_id]
        self.lives = self.closed() + self.open()
        self.number()

    def closed(self) -> list[Life]:
        """Return the tickets that are over."""
        lives, present = [], now()
        for day in range(YEAR, 1, -1):
            date = (present.astimezone(CHINA) - timedelta(days=day)).date()
            for _ in range(self.random.choice(EACH_DAY)):
                minutes = self.random.randrange(7 * 60, 22 * 60)
                start = datetime(date.year, date.month, date.day, tzinfo=CHINA) + timedelta(minutes=minutes)
                known = 0.08 if day <= DAYS else 0.01
                home = self.random.choice(self.known if self.random.random() < known else self.homes)
                lives.append(self.live(start, home, len(WHOLE_LIFE)))
                if self.random.random() < 0.04:  # the same trouble once more
                    again = start + timedelta(days=self.random.randrange(2, 25))
                    trouble = lives[-1].trouble
                    lives += [self.live(again, home, len(WHOLE_LIFE), trouble)] if again < present else []
        return lives

    def open(self) -> list[Life]:
        """Return the tickets somebody still has to do something about."""
        somebody = [(hours, far, self.random.choice(self.homes)) for hours, far in OPEN]
        known = [(hours, far, self.known[0]) for hours, far in KNOWN_OPEN]
        return [self.live(now() - timedelta(hours=hours), home, far) for hours, far, home in somebody + known]

    def number(self) -> None:
        """Put the tickets in the order of their reports, and number each day's."""
        self.lives.sort(key=lambda life: str(life.ticket["reported_at"].isoformat()))
        counts: dict[str, int] = {}
        for life in self.lives:
            day = f"{life.ticket['reported_at'].astimezone(CHINA):%Y%m%d}"
            counts[day] = counts.get(day, 0) + 1
            life.ticket["number"] = f"GD-{day}-{counts[day]:03d}"

    def live(self, start: datetime, home: Home, far: int, trouble: tuple[str, str, str, str] | None = None) -> Life:
        """Return one ticket with its events, as far as it got by now."""
        random = self.random
        at_home = [trouble for trouble in TROUBLES if home.account_id is None or trouble[0] not in COMMON]
        trouble = trouble or random.choice(at_home)
        category, summary, text, result = trouble
        common = category in COMMON
        level = "P2" if category == "lift" else "P4" if category == "leak" else "P3"
        reported = start.astimezone(UTC)
        life = Life({
            "id": drawn_id(random.random() < 0.3), "community_id": self.community_id, "number": "", "state": "submitted",
            "category": category, "level": level, "location": "common" if common else "private",
            "room_id": None if common else home.room_id, "building_id": home.building_id,
            "place": home.label.split("单元")[0] + "单元" if common else home.label, "summary": summary,
            "description": text or None, "contact_phone": home.phone, "reporter_id": home.person_id,
            "reporter_account_id": home.account_id, "assignee_id": None,
            "reported_at": reported, "assigned_at": None, "started_at": None, "finished_at": None, "closed_at": None,
            "accepted_at": None, "arrived_at": None, "accepted_work_at": None, "payer": guess_payer("common" if common else "private"),
            **asdict(clocks(level, reported)),
            "result": None, "rating": None, "cause": None, "version": 1,
            "quote_amount": None, "charge": 0, "agreed_at": None, "agreed_how": None, "paid_at": None, "paid_how": None,
        }, trouble=trouble)  # fmt: skip
        repairer, at = random.choice(self.repairers), reported
        days_ago = (now() - reported).days
        steps = courses.course(random, category, common=common) if far == len(WHOLE_LIFE) else WHOLE_LIFE[:far]
        pace = courses.pace(random, level, days_ago)
        for verb in steps:
            at = at if verb == "report" else at + timedelta(minutes=courses.minutes(random, verb, pace))
            if at > now() or (verb == "close" and days_ago <= DAYS and is_drawn(life.ticket)):
                break
            if verb == "close" and is_drawn(life.ticket):
                at += timedelta(minutes=courses.minutes(random, "follow_up", 1))
                self.step(life, "follow_up", at, home, repairer, result)
            self.step(life, verb, at, home, repairer, result)
        return life

    def step(self, life: Life, verb: str, at: datetime, home: Home, repairer: Hand, result: str) -> None:
        """Take one step: the row as it is after it, and the event."""
        ticket, note, detail = life.ticket, None, {}
        account, name, post = self.actor(verb, home, repairer)
        if verb != "report":
            step = STEPS[verb]
            ticket["state"] = step.target
            ticket["version"] += 1
            if step.stamps:
                ticket[step.stamps] = at
        if verb == "dispatch":
            ticket["assignee_id"], detail = (
                repairer.person_id,
                {"assignee": repairer.person_id, "assignee_name": repairer.name},
            )
        if verb == "finish":
            ticket["result"] = note = result
            codes, weights = zip(*CAUSES, strict=True)
            ticket["cause"] = self.random.choices(codes, weights)[0]
        if verb == "confirm":
            ticket["rating"] = self.random.choices(("good", "fair", "poor"), (80, 17, 3))[0]
            detail = {"rating": ticket["rating"]}
        id_, note = uuid7(), courses.NOTES.get(verb, note)
        if verb in ("quote", "agree", "pay"):
            detail = self.charge(life, verb, id_)
        if verb == "follow_up":
            detail = self.call(life, at, home)
        life.events.append({
            "id": id_, "community_id": self.community_id, "ticket_id": ticket["id"], "kind": verb, "state": ticket["state"],
            "account_id": account, "actor_name": name, "actor_post": post, "note": note,
            "detail": as_json(detail | {"version": ticket["version"]}), "at": at,
        })  # fmt: skip

    def charge(self, life: Life, verb: str, event_id: UUID) -> dict[str, Any]:
        """Take a step about money; return what its event tells."""
        ticket = life.ticket
        if verb == "quote":
            for position, (kind, name, unit, price) in enumerate(courses.bill(self.random, ticket["category"])):
                life.lines.append({
                    "id": uuid7(), "community_id": self.community_id, "ticket_id": ticket["id"], "event_id": event_id, "purpose": "quote",
                    "position": position, "kind": kind, "name": name, "unit": unit, "quantity": 1, "price": price, "amount": price,
                })  # fmt: skip
            ticket["quote_amount"] = sum(line["amount"] for line in life.lines)
        how = {"agree": "code", "pay": self.random.choice(("wechat", "cash"))}.get(verb)
        if verb == "agree":
            ticket |= {"charge": ticket["quote_amount"], "agreed_how": how}
        if verb == "pay":
            ticket["paid_how"] = how
        return {"amount": ticket["quote_amount"]} | ({"how": how} if how else {})

    def call(self, life: Life, at: datetime, home: Home) -> dict[str, Any]:
        """Ask somebody how it was; return what the event tells."""
        rating = self.random.choices("ABC", (78, 17, 5))[0]
        life.calls.append({
            "id": uuid7(), "community_id": self.community_id, "entity": "ticket", "entity_id": life.ticket["id"],
            "reason": why_drawn(life.ticket), "state": "done", "due_at": at, "tries": 1, "rating": rating, "respondent": home.name,
            "caller_account_id": self.clerk.account_id, "caller_name": self.clerk.name, "called_at": at,
            "drawn_at": life.ticket["accepted_work_at"],
        })  # fmt: skip
        return {"call": rating}

    def actor(self, verb: str, home: Home, repairer: Hand) -> tuple[UUID | None, str, str | None]:
        """Return who takes a step: account, name, post."""
        if verb in ("report", "confirm", "rework", "agree", "cancel"):
            return home.account_id, home.name, None
        if verb in ("accept", "dispatch", "pay", "follow_up"):
            return self.clerk.account_id, self.clerk.name, "clerk"
        if verb == "close":
            return None, SYSTEM.name, None
        return repairer.account_id, repairer.name, "repair"

    def events(self) -> list[dict[str, Any]]:
        """Return all events."""
        return [event for life in self.lives for event in life.events]


def drawn_id(wanted: bool) -> UUID:
    """Return a new id that the follow-up's sample takes, or does not: so the demonstration is the same at every start."""
    percent = Rules().follow_up_percent
    return next(one for one in iter(uuid7, None) if (lot(one) < percent) == wanted)


def why_drawn(ticket: dict[str, Any]) -> str | None:
    """Return why somebody is asked how it was, None when nobody is."""
    urgent, leak, poor = ticket["level"] in ("P1", "P2"), ticket["category"] == "leak", ticket["rating"] == "poor"
    return reason_of(ticket["id"], Rules().follow_up_percent, urgent=urgent, leak=leak, poor=poor)


def is_drawn(ticket: dict[str, Any]) -> bool:
    """Whether somebody asks how it was before the ticket is closed (server/demo/followups.py does, of the newer ones)."""
    return ticket["rating"] is not None and why_drawn(ticket) is not None


async def count_days(community_id: UUID) -> None:
    """Let the numbers of each day go on where the history ends."""
    await execute(
        "insert into counter (id, community_id, name, value)"
        " select gen_random_uuid(), $1, 'ticket:' || substr(number, 4, 8), count(*) from ticket where community_id = $1"
        " group by substr(number, 4, 8)",
        community_id,
    )


@dataclass
class Picture:
    """A photo that comes with the step `event`; the step names it, and steps are never changed afterwards."""

    id: UUID
    event: dict[str, Any]
    role: str


def pictures_of(life: Life) -> list[Picture]:
    """Return the owner's photo of the trouble and, when the work is done, the repairman's of the result."""
    found = []
    for event in life.events:
        role = {"report": "report", "finish": "after"}.get(event["kind"])
        if role is not None and event["account_id"] is not None:
            one = Picture(uuid7(), event, role)
            event["detail"] = as_json(msgspec.json.decode(event["detail"]) | {"photos": [str(one.id)]})
            found.append(one)
    return found


async def photograph(one: Picture, community_id: UUID, random: Random) -> None:
    """Store a photo as the person of its step and attach it to the ticket."""
    event = one.event
    by = Actor(account_id=event["account_id"], name=event["actor_name"], community_id=community_id)
    jpeg = pipe(random, leaking=one.role == "report")
    photo = await store(Sent(jpeg, id=one.id, taken_at=event["at"]), by=by)
    async with transaction():
        await attach([photo.id], entity="ticket", entity_id=event["ticket_id"], role=one.role, by=by)
