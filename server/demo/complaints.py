"""Two months of complaints in the demonstration: most answered in time, one anonymous, one of the hotline, one late, one opened again."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from server.complaints import handling, judging, receiving
from server.complaints.receiving import Complaint
from server.db import fetch, fetchval
from server.demo.repairs import resident, staff
from server.followups.calling import Answers, answered
from server.followups.kinds import QUESTIONS
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor

DONE = (
    ("noise", "楼上周末早上七点装修，电钻吵得没法休息", "已上门制止，装修时间改为工作日 8:30–12:00、14:00–18:00，并在单元门张贴装修公示。"),
    ("cleaning", "2 单元楼道三天没扫，垃圾堆在消防栓旁边", "保洁员请假未安排顶班，当天补扫；已建立顶班表，主管每天下午抽查。"),
    ("parking", "地下车库有车长期占用公共车位，出不去", "联系车主挪车，车位加装地锁前先放反光锥，门岗每两小时巡视。"),
    ("attitude", "门岗对快递员和访客说话很冲", "当事人已批评教育，调离东门岗；门岗服务用语重新培训并考核。"),
    ("slow", "路灯报修一周才来修", "灯具缺货未及时告知业主。现备常用灯具 10 套，缺货当天告知。"),
    ("charges", "水费公摊为什么比上月多了一倍", "上月绿化补种用水增加，已在公告栏公示用水明细，业主可到前台查表。"),
    ("green", "一楼窗前的树太密，白天也要开灯", "已安排修剪，周四完成。"),
    ("safety", "晚上十点后南门没人值守", "夜班两人轮换时出现空档，现改为交接完成才离岗，监控室每小时点名。"),
    ("facility", "儿童滑梯螺丝松了，边上有毛刺", "当天围挡停用，更换螺丝并打磨，第二天验收后开放。"),
    ("quality", "厨房漏水修了两次还在滴", "换了整套角阀和软管，主管到场复查两天不漏；本次不收费。"),
    ("neighbour", "邻居在楼道里养鸡，味道很大", "上门劝阻，业主已移走；楼道消杀一次。"),
    ("other", "快递柜总是满的，包裹堆在地上", "已联系运营方加柜一组，下月初到位。"),
)  # fmt: skip
SUGGESTIONS = ("建议在西门加一个电动车充电棚", "希望每月公布一次电梯维保记录", "希望中心花园加两张长椅")
PRAISE = "维修师傅王水生雨天上门，修完还把地擦干净，表扬"


async def write_complaints(community_id: UUID, random: Random) -> None:
    """Let owners complain and the office answer, as they would by hand."""
    stage = Stage(community_id, await staff("zhou", community_id), await staff("wang", community_id), random)
    await stage.cast()
    for number, (cause, text, result) in enumerate(DONE):
        await stage.done(cause, text, result, days=58 - 4 * number, verdict="B" if number % 4 == 3 else "A")
    for number, text in enumerate(SUGGESTIONS):
        await stage.done(
            "other", text, "已转项目部研究，列入下季度计划，结果会公示。", days=20 - 6 * number, kind="suggestion"
        )
    await stage.done("other", PRAISE, "已转达本人，并在月例会上表扬。", days=9, kind="praise")
    await stage.refused()
    await stage.hotline()
    await stage.late()
    await stage.anonymous()
    await stage.to_be_judged()


class Stage:
    """The people of the complaints."""

    def __init__(self, community_id: UUID, clerk: Actor, manager: Actor, random: Random) -> None:
        self.community_id, self.clerk, self.manager, self.random = community_id, clerk, manager, random

    async def cast(self) -> None:
        """Find the owner who signs in, others who call, and the guard."""
        self.owner, self.home = await resident(self.community_id)
        self.callers = await fetch(
            "select room.id as room_id, room.label, person.id, person.name, person.phone from room join occupancy on room_id = room.id"
            " and role = 'owner' and until is null join person on person.id = person_id where room.community_id = $1"
            " and person.account_id is null and person.phone is not null order by room.sort limit 60",
            self.community_id,
        )
        guard = await fetchval(
            "select id from person where community_id = $1 and account_id = (select id from account where login = 'zhao')",
            self.community_id,
        )
        self.guard: UUID = guard

    async def filed(self, text: str, hours: float, **more: object) -> UUID:
        """Somebody calls so many hours ago; return the complaint."""
        caller = self.random.choice(self.callers)
        values = {
            "channel": "phone", "place": caller["label"], "room_id": caller["room_id"], "filer_id": caller["id"],
            "contact_phone": caller["phone"],
        } | more  # fmt: skip
        case = await receiving.receive(
            Complaint(id=uuid7(), text=text, **values),
            by=self.clerk,
            at=now() - timedelta(hours=hours),
        )
        return case.id

    async def done(
        self, cause: str, text: str, result: str, *, days: int, kind: str = "complaint", verdict: str = "A"
    ) -> None:
        """One that was answered and called about."""
        hours = days * 24 + self.random.uniform(-5, 5)
        id_ = await self.filed(text, hours, kind=kind, channel=self.random.choice(["phone", "desk", "phone"]))
        answer = hours - self.random.uniform(20, 66 if cause != "slow" else 110)
        await self.worked_on(id_, hours, answer, cause, result)
        row = await fetch("select id from follow_up where entity_id = $1", id_)
        name = await fetchval(
            "select name from person join complaint on person.id = filer_id where complaint.id = $1", id_
        )
        answers = Answers(
            rating=verdict, respondent=name, questions=dict.fromkeys(QUESTIONS, "yes") | {"charge": "none"}
        )
        await answered(row[0]["id"], answers, by=self.manager, act=Act(at=now() - timedelta(hours=max(answer - 20, 1))))

    async def worked_on(self, id_: UUID, hours: float, answer: float, cause: str, result: str) -> None:
        """The clerk takes it, replies and answers so many hours ago."""
        assert self.clerk.person_id is not None
        await handling.assign(id_, self.clerk.person_id, by=self.manager, act=Act(at=self.ago(hours - 1)))
        act = Act(note="已电话回复，正在核实，三天内答复。", at=self.ago(hours - 3))
        await handling.reply(id_, by=self.clerk, act=act)
        await handling.result(id_, by=self.clerk, act=Act(note=result, at=self.ago(answer)), cause=cause)

    @staticmethod
    def ago(hours: float) -> datetime:
        """Return the moment so many hours ago."""
        return now() - timedelta(hours=max(hours, 0.05))

    async def refused(self) -> None:
        """One whose answer did not please: it is worked on again."""
        id_ = await self.filed("楼上漏水，天花板泡了一大块，说好三天没人管", 130, major="group", about_id=None)
        await self.worked_on(id_, 130, 70, "slow", "已联系楼上业主，约定本周修防水。")
        call = (await fetch("select id from follow_up where entity_id = $1", id_))[0]["id"]
        answers = Answers(rating="C", respondent="业主", questions={"solved": "no"}, note="还在漏，要一个明确的日期")
        await answered(call, answers, by=self.manager, act=Act(at=self.ago(30)))

    async def hotline(self) -> None:
        """A case of the hotline with its own deadline."""
        id_ = await self.filed(
            "反映小区夜间施工扰民，要求三个工作日内办结", 20, channel="hotline", case_no="RX20261125-0871",
            case_due=now() + timedelta(days=2),
        )  # fmt: skip
        assert self.clerk.person_id is not None
        await handling.assign(id_, self.clerk.person_id, by=self.manager, act=Act(at=self.ago(19)))
        act = Act(note="已联系投诉人和施工队，今晚起 22 点停工。", at=self.ago(16))
        await handling.reply(id_, by=self.clerk, act=act)

    async def late(self) -> None:
        """One that nobody has replied to for more than a day, about a guard."""
        await self.filed("门岗让外卖车随便进，跟他说还不耐烦", 29, about_id=self.guard, channel="desk")

    async def anonymous(self) -> None:
        """One by somebody who does not wish to be known."""
        text = "有人在 5 栋架空层给电动车飞线充电，怕起火，不想让邻居知道是我说的"
        new = Complaint(id=uuid7(), text=text, place="5栋架空层", anonymous=True)
        await receiving.receive(new, by=self.owner, at=now() - timedelta(hours=4))

    async def to_be_judged(self) -> None:
        """One of the owner's who signs in, answered and waiting for a word; and one that is settled."""
        for text, result, hours, judged in (
            ("单元门禁坏了半个月，谁都能进", "门禁主板已更换，今天起恢复刷卡；期间由门岗加密巡查。", 60, False),
            ("装修垃圾堆在大堂门口两天了", "已清运，并按装修协议提醒该户日产日清。", 300, True),
        ):
            new = Complaint(
                id=uuid7(), text=text, place=self.home["label"], room_id=self.home["id"], filer_id=self.home["person_id"],
            )  # fmt: skip
            case = await receiving.receive(new, by=self.owner, at=now() - timedelta(hours=hours))
            await self.worked_on(case.id, hours, hours - 45, "facility", result)
            if judged:
                act = Act(note="处理得很快", at=self.ago(hours - 60))
                await judging.accept(case.id, by=self.owner, act=act, verdict="A")
