"""The front desk of the demonstration: a month of visits, calls, keys and letters, written down as the clerk does it."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from server.db import fetch
from server.demo.repairs import resident, staff
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.reception import keys, letters, outcomes
from server.reception.keys import Key
from server.reception.letters import NewLetter
from server.reception.outcomes import AnswerForm, NoteForm, TicketForm
from server.reception.receiving import Arrival, receive, void
from server.security.actor import Actor

SAID = (
    ("call", "问物业费能不能按季度交", "可以按季、按半年、按年交，前台和手机上都行"),
    ("call", "问装修垃圾堆在哪里", "西门垃圾房旁的装修垃圾池，袋装，早 8 点到晚 6 点"),
    ("visit", "来问停车位还有没有空的", "地下二层还有 6 个月租位，登记了意向，有位通知"),
    ("visit", "办门禁卡，钥匙扣丢了一个", "当场补了一张，收工本费 20 元"),
    ("wechat", "问今天什么时候来水", "停水通知到下午 4 点，来水后在公告里说"),
    ("call", "楼上装修太吵，中午不让休息", "已给楼上打过电话，中午 12 点到 2 点停工"),
    ("visit", "快递员问 3 栋怎么走", "已指路"),
    ("call", "问房产证明怎么开", "带身份证和购房合同来前台，当天能开"),
    ("visit", "业主来交水表押金退款申请", "材料收下，转财务，三个工作日内退"),
    ("wechat", "问小区里有没有充电桩", "地库 B1 有 12 个，扫码充电"),
    ("call", "反映西门保安不给外卖开门", "外卖走东门登记，已跟保安说明"),
    ("visit", "广告公司来谈电梯广告", "留下名片，转项目经理"),
)
KEYS = (
    ("3栋 水泵房", "A-01"), ("5栋 电梯机房", "A-02"), ("地下二层 配电间", "A-03"), ("2栋 屋顶检修口", "A-04"),
    ("会所 活动室", "B-01"), ("西门 垃圾房", "B-02"), ("1栋1单元 消防水箱间", "B-03"), ("6栋 弱电井", "B-04"),
)  # fmt: skip
LETTERS = (
    ("parcel", "顺丰 尾号 3391"),
    ("parcel", "中通 2 件，大箱"),
    ("registered", "法院 挂号信"),
    ("letter", "银行对账单"),
    ("parcel", "京东 尾号 0087"),
    ("other", "亲戚托交的一袋米"),
)


async def write_reception(community_id: UUID, random: Random) -> None:
    """Write a month at the front desk; what is open is of today."""
    clerk, (_owner, home) = await staff("zhou", community_id), await resident(community_id)
    people = await fetch(
        "select room.id as room_id, room.label, person.id as person_id, person.name from occupancy"
        " join room on room.id = occupancy.room_id join person on person.id = occupancy.person_id"
        " where occupancy.community_id = $1 and occupancy.role = 'owner' and occupancy.until is null and room.kind = 'home'"
        " order by room.sort limit 60",
        community_id,
    )  # fmt: skip
    for days in range(30, 0, -1):
        for _visit in range(random.randint(0, 2)):
            await one_visit(clerk, random.choice(people), random, opening(days, random))
    await today(clerk, home, people)
    await hang_keys(clerk, random)
    await receive_letters(clerk, home, people, random)


def opening(days: int, random: Random) -> datetime:
    """Return a moment in office hours, so many days ago."""
    day = now().astimezone(CHINA) - timedelta(days=days)
    return day.replace(hour=random.randint(8, 17), minute=random.randint(0, 59), second=0, microsecond=0)


async def one_visit(clerk: Actor, person: Any, random: Random, at: datetime) -> None:
    """Somebody asked something and was answered at once."""
    channel, words, said = random.choice(SAID)
    known = random.random() < 0.7
    new = Arrival(
        id=uuid7(), channel=channel, words=words, room_id=person["room_id"] if known else None,
        person_id=person["person_id"] if known else None, who=None if known else "来访人",
    )  # fmt: skip
    visit = await receive(new, by=clerk, at=at)
    await outcomes.settle(
        visit.id, "answer", AnswerForm(version=1, said=said), by=clerk, at=at + timedelta(minutes=random.randint(2, 9))
    )


async def today(clerk: Actor, home: Any, people: list[Any]) -> None:
    """A morning at the desk: two that wait, a repair, an answer, a note, and one that was a mistake."""
    start = now() - timedelta(minutes=70)
    said: list[tuple[str, str, Any]] = [
        ("call", "厨房下水慢，洗碗池快满了", home),
        ("visit", "来问门禁卡怎么补办", people[4]),
        ("call", "5 栋楼下有人长期占车位，想让经理回个电话", people[9]),
        ("call", "打错了", None),
        ("wechat", "问周末有没有人能上门看水表", people[14]),
        ("visit", "装修公司来问出入证", None),
    ]
    visits = [
        await receive(
            Arrival(
                id=uuid7(), channel=channel, words=words, room_id=_room(person),
                person_id=person["person_id"] if person else None, who=None if person else "装修公司 李工" if "装修" in words else "不肯说",
            ),
            by=clerk,
            at=start + timedelta(minutes=9 * number),
        )
        for number, (channel, words, person) in enumerate(said)
    ]  # fmt: skip
    repair = TicketForm(version=1, id=uuid7(), category="water", text="厨房下水慢，洗碗池快满了")
    await outcomes.settle(visits[0].id, "ticket", repair, by=clerk)
    await outcomes.settle(
        visits[1].id, "answer", AnswerForm(version=1, said="带身份证来前台，当场补，工本费 20 元"), by=clerk
    )
    manager = next(one for one in await outcomes.colleagues(clerk) if "manager" in one.posts)
    note = NoteForm(version=1, colleague=manager.account_id, said="5 栋楼下占车位，业主想让经理回个电话")
    await outcomes.settle(visits[2].id, "note", note, by=clerk)
    await void(visits[3].id, "打错电话，不用登记", by=clerk, base=1)


def _room(person: Any) -> UUID | None:
    """Return the room of a row, whatever its query calls it."""
    if person is None:
        return None
    return UUID(str(person["room_id"] if "room_id" in person else person["id"]))


async def hang_keys(clerk: Actor, random: Random) -> None:
    """Keys on their hooks; one is out, one should be back since this morning, the others were out before."""
    for number, (name, hook) in enumerate(KEYS):
        key = Key(id=uuid7(), name=name, hook=hook, room_id=None, is_active=True, version=0)
        await keys.save(key, by=clerk)
        for days in sorted(random.sample(range(2, 30), 2), reverse=True):
            await lent(clerk, key.id, opening(days, random), back=True)
        if number < 2:
            await lent(clerk, key.id, now() - timedelta(hours=26 if number else 1), back=False)


async def lent(clerk: Actor, key_id: UUID, at: datetime, *, back: bool) -> None:
    """Hand a key out for some hours."""
    await keys.lend(
        key_id, by=clerk, borrower="王水生", phone=None, purpose="检修设备", due_at=at + timedelta(hours=4), at=at
    )
    if back:
        (loan,) = await keys.loans_of(key_id, 1)
        await keys.take_back(key_id, by=clerk, loan_id=loan.id, at=at + timedelta(hours=3))


async def receive_letters(clerk: Actor, home: Any, people: list[Any], random: Random) -> None:
    """Letters of the month; two wait for the owner who signs in, some for others."""
    for number in range(16):
        kind, detail = LETTERS[number % len(LETTERS)]
        person, at = random.choice(people), opening(random.randint(1, 20), random)
        new = NewLetter(id=uuid7(), room_id=person["room_id"], kind=kind, detail=detail, shelf=f"架 {number % 4 + 1}")
        await letters.take_in(new, by=clerk, at=at)
        if number % 3:
            await letters.hand_out(new.id, by=clerk, to=person["name"], base=1, at=at + timedelta(hours=5))
        elif number == 9:
            await letters.send_back(new.id, by=clerk, base=1, note="查无此人", at=at + timedelta(hours=20))
    for kind, detail in LETTERS[:2]:
        new = NewLetter(id=uuid7(), room_id=home["id"], kind=kind, detail=detail, shelf="架 1")
        await letters.take_in(new, by=clerk, at=now() - timedelta(hours=2))
