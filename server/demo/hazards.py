"""Two months of hazards in the demonstration: most closed in time, some open, a few late, one major."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from server.audit.recording import as_json, record
from server.db import execute, rows, transaction
from server.demo.corridors import corridor
from server.demo.history import Hand
from server.demo.pictures import pipe
from server.demo.rows import insert_all
from server.hazards.kinds import HOURS, due_after, pace_of
from server.hazards.states import STEPS
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.security.actor import SYSTEM, Actor
from server.storage.photos import Sent, attach, store

CLOSED = 34
LATE_SHARE = 0.15
"""Of the closed ones, how many were handed in after their deadline."""

LIFE = ("report", "register", "notice", "start", "submit", "pass")
OPEN = (
    (1.5, 1, "escape"), (5, 1, "ebike"), (20, 2, "water"), (30, 3, "gear"), (46, 4, "power"), (70, 5, "structure"), (96, 4, "road"),
)  # fmt: skip
"""What is still open: found so many hours ago, and so many steps of LIFE done."""

LATE = ((190.0, 3, "playground"), (100.0, 4, "lift"))
"""The same, past their deadline."""

TROUBLES = {
    "escape": ("疏散通道堆放纸箱", "安全出口前堆了十几个纸箱，门只能开一半。", "纸箱已清走，张贴禁止堆放标识。"),
    "ebike": ("楼道内电动车充电", "一辆电动车在门厅飞线充电。", "已劝离，门厅插座断电封闭。"),
    "gear": ("灭火器压力不足", "3 个灭火器指针在红区。", "已更换 3 个，压力在绿区。"),
    "power": ("配电箱门锁损坏", "箱门关不上，里面带电部位外露。", "更换门锁并加贴警示标识。"),
    "lift": ("电梯机房门未锁", "机房门虚掩，无人看守。", "已上锁，钥匙归还中控。"),
    "falling": ("外墙砖松动", "空鼓两处，有掉落可能。", "敲除松动面砖并重新抹灰。"),
    "water": ("地下车库积水", "排水沟堵塞，积水约 5 公分。", "疏通排水沟，积水排净。"),
    "structure": ("楼梯扶手松动", "两个立柱晃动。", "重新焊接固定。"),
    "playground": ("滑梯护栏断裂", "护栏断了一根，边缘锋利。", "更换护栏，打磨边缘。"),
    "road": ("消防车通道被占", "两辆车停在消防车通道上。", "车主已挪车，重新划线。"),
    "storage": ("楼道堆放可燃物", "装修剩的油漆和板材堆在楼道。", "业主已清走。"),
}
PLACES = {
    "escape": ("3栋1单元 大堂", "7栋1单元 消防楼梯", "2栋1单元 消防楼梯"),
    "ebike": ("3栋1单元 大堂", "6栋2单元 大堂"),
    "gear": ("5栋2单元 12层", "地下车库 B1", "水泵房门口"),
    "power": ("5栋2单元 12层", "8栋1单元 3层", "地下车库 B1"),
    "lift": ("1栋1单元 屋面", "4栋2单元 屋面"),
    "falling": ("9栋 北侧外墙", "3栋 东侧外墙"),
    "water": ("地下车库 B1", "地下车库 B1 西区"),
    "structure": ("7栋1单元 消防楼梯", "10栋1单元 2层"),
    "playground": ("儿童游乐场",),
    "road": ("北门", "1栋 登高面"),
    "storage": ("5栋2单元 12层", "2栋1单元 18层"),
}
"""Where each trouble can be."""
PAUSES = {"register": 0.02, "notice": 0.04, "start": 0.1, "submit": 0.35, "pass": 0.06}
"""Each step's pause as a share of the deadline."""

PICTURED = {"escape", "water"}
"""The categories there are pictures of."""

TAKES = {"before": 0, "after": 1, "recheck": 2}


class Story:
    """Makes up the hazards and their events as rows."""

    def __init__(self, community_id: UUID, hands: list[Hand], random: Random) -> None:
        self.community_id, self.random = community_id, random
        self.guard = next(hand for hand in hands if hand.post == "patrol")
        self.steward = next(hand for hand in hands if hand.post == "steward")
        self.repairers = [hand for hand in hands if hand.post == "repair"]
        self.hazards: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def tell(self) -> None:
        """Make up everything, in the order of time, and number each day's."""
        kinds = [one for one in TROUBLES if one != "storage"] + ["escape", "water"]
        begun = [(24 * self.random.uniform(10, 60), len(LIFE), self.random.choice(kinds)) for _ in range(CLOSED)]
        for hours, far, category in sorted([*begun, *OPEN, *LATE], reverse=True):
            self.live(now() - timedelta(hours=hours), far, category)
        self.major(now() - timedelta(minutes=25))
        counts: dict[str, int] = {}
        for hazard in self.hazards:
            day = f"{hazard['found_at'].astimezone(CHINA):%Y%m%d}"
            counts[day] = counts.get(day, 0) + 1
            hazard["number"] = f"YH-{day}-{counts[day]:03d}"

    def born(self, at: datetime, category: str, grade: str, summary: str, text: str) -> dict[str, Any]:
        """Return a new hazard's row."""
        pace = pace_of(category, grade)
        hazard = {
            "id": uuid7(), "community_id": self.community_id, "number": "", "state": "found", "grade": grade,
            "category": category, "source": "report", "place": self.random.choice(PLACES[category]), "summary": summary, "description": text,
            "measure": None, "demand": None, "pace": pace, "due_at": due_after(pace, at, HOURS), "responsible_id": None,
            "reporter_account_id": self.guard.account_id, "reporter_name": self.guard.name, "result": None, "submitted_by": None,
            "rechecked_by": None, "found_at": at, "registered_at": None, "noticed_at": None, "submitted_at": None,
            "closed_at": None, "isolated_at": None, "told_company_at": None, "on_phones": True, "version": 1,
        }  # fmt: skip
        self.hazards.append(hazard)
        return hazard

    def live(self, start: datetime, far: int, category: str) -> None:
        """Make up one hazard, as far as it got."""
        summary, text, result = TROUBLES[category]
        hazard, hand, at = (
            self.born(start, category, "general", summary, text),
            self.random.choice(self.repairers),
            start,
        )
        slow = 2.4 if far == len(LIFE) and self.random.random() < LATE_SHARE else 1.0
        for verb in LIFE[:far]:
            share = timedelta(hours=HOURS[hazard["pace"]]) * PAUSES.get(verb, 0.0)
            at = min(at + share * self.random.uniform(0.7, 1.3) * (slow if verb == "submit" else 1.0), now())
            if slow > 1 and verb == "submit":
                at = max(at, hazard["due_at"] + timedelta(hours=self.random.uniform(1, 20)))
            self.step(
                hazard, verb, at, hand, {"report": text, "notice": f"尽快处理：{summary}", "submit": result}.get(verb)
            )
        if hazard["closed_at"] is not None:
            hazard["on_phones"] = hazard["closed_at"] > now() - timedelta(days=30)

    def step(self, hazard: dict[str, Any], verb: str, at: datetime, hand: Hand, note: str | None) -> None:
        """Take one step: the row as it is after it, and the event."""
        by = {"report": self.guard, "register": self.steward, "notice": self.steward, "pass": self.guard}.get(
            verb, hand
        )
        if verb != "report":
            hazard["state"] = STEPS[verb].target or hazard["state"]
            hazard["version"] += 1
            if (stamp := STEPS[verb].stamps) is not None:
                hazard[stamp] = at
        detail: dict[str, Any] = {"version": hazard["version"]}
        if verb == "notice":
            hazard |= {"responsible_id": hand.person_id, "demand": note}
            detail |= {"responsible": hand.person_id, "responsible_name": hand.name, "due_at": hazard["due_at"]}
        if verb == "submit":
            hazard |= {"result": note, "submitted_by": hand.account_id}
        if verb == "pass":
            hazard["rechecked_by"] = by.account_id
        self.events.append({
            "id": uuid7(), "community_id": self.community_id, "hazard_id": hazard["id"], "kind": verb, "state": hazard["state"],
            "account_id": by.account_id, "person_id": by.person_id, "actor_name": by.name, "actor_post": by.post, "note": note,
            "detail": detail, "happened_at": at, "at": at,
        })  # fmt: skip

    def major(self, start: datetime) -> None:
        """Make up the major one: isolated and told to the company, the authority still to be told."""
        text = "配电井内电缆冒烟，有焦糊味，已断电。"
        hazard = self.born(start, "power", "major", "配电井电缆冒烟", text)
        hazard["measure"] = "断电，拉警戒线，派人看守。"
        self.step(hazard, "report", start, self.guard, text)
        self.step(hazard, "isolate", start + timedelta(minutes=4), self.guard, hazard["measure"])
        self.step(hazard, "tell_company", start + timedelta(minutes=9), self.steward, "电话报公司安全部方远。")


async def write_hazards(community_id: UUID, random: Random) -> None:
    """Write the hazards with their events, and photos of the newer ones."""
    hands = await rows(
        Hand,
        "select person.id as person_id, account_id, person.name, post from post join person on person.id = post.person_id"
        " where post.community_id = $1 and account_id is not null order by post.id",
        community_id,
    )
    story = Story(community_id, hands, random)
    story.tell()
    pictures = await photograph(story)
    async with transaction() as lent:
        events = [event | {"detail": as_json(event["detail"])} for event in story.events]
        for table, found in (("hazard", story.hazards), ("hazard_event", events)):
            columns = list(found[0])
            await insert_all(lent, table, columns, [tuple(row[name] for name in columns) for row in found])
        await execute(
            "insert into counter (id, community_id, name, value) select gen_random_uuid(), community_id,"
            " 'hazard:' || substr(number, 4, 8), count(*) from hazard where community_id = $1 group by 2, 3",
            community_id,
        )
        for hazard_id, role, photo_id, by in pictures:
            await attach([photo_id], entity="hazard", entity_id=hazard_id, role=role, by=by)
        after = {"hazards": len(story.hazards)}
        await record(SYSTEM, "import.apply", community_id=community_id, entity="hazard", after=after)


async def photograph(story: Story) -> list[tuple[UUID, str, UUID, Actor]]:
    """Store the photos of what can be drawn; note them in their events; return what to attach to which hazard."""
    made: list[tuple[UUID, str, UUID, Actor]] = []
    pictured = {
        one["id"]: (seed, one["category"]) for seed, one in enumerate(story.hazards) if one["category"] in PICTURED
    }
    roles = {"report": "before", "submit": "after", "pass": "recheck"}
    for event in story.events:
        role = roles.get(event["kind"])
        if event["hazard_id"] in pictured and role:
            by = Actor(account_id=event["account_id"], name=event["actor_name"], community_id=story.community_id)
            jpeg = picture(*pictured[event["hazard_id"]], role)
            photo = await store(Sent(jpeg, taken_at=event["at"]), by=by)
            event["detail"]["photos"] = [str(photo.id)]
            made.append((event["hazard_id"], role, photo.id, by))
    return made


def picture(seed: int, category: str, role: str) -> bytes:
    """Return a photo of a hazard: before, after, or at the re-check."""
    if category == "water":
        return pipe(Random(seed + 100 * TAKES[role]), leaking=role == "before")
    return corridor(seed, blocked=role == "before", take=TAKES[role])
