"""The last two months' reports in the demonstration: one fixed, with measures that were carried out, one that waits to be fixed."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from server.demo.repairs import staff
from server.lib.formats import local, now
from server.quality import measures, months, notes
from server.quality.measures import Decision
from server.quality.reporting import Report, report_of
from server.quality.sections import SECTIONS, aims

EARLIER = (
    "小结：给排水仍是大头，多是厨房软管和角阀老化；电梯按键的问题集中在老楼。",
    "下月重点：软管集中更换，电梯维保单位每半月到场一次。",
)
LATER = (
    "小结：完工慢的大多在等配件，常用件要备足；同一户再次报修的，第一次没有查到原因。",
    "下月重点：备件清单、再次报修由班长复查。",
)


async def write_reports(community_id: UUID) -> None:
    """Let the manager conclude two months, as by hand."""
    manager, hand, clerk = [await staff(login, community_id) for login in ("wang", "shui", "zhou")]
    last = months.before(months.month_of(now()))
    for month, words in ((months.before(last), EARLIER), (last, LATER)):
        draft = (await report_of(month, by=manager)).draft
        await notes.write(month, "\n".join([draft, *words]), by=manager, version=0, at=written(month))
    plans = (
        (months.before(last), "厨房软管、角阀老化的集中更换，先做 1、2、3 栋", "repairs.category:water", hand, 20),
        (months.before(last), "和电梯维保单位约定每半月到场，按键备一套", "repairs.arrive_rate", clerk, 16),
        (last, "常用配件备足：角阀、软管、进水阀、声控灯头各 10 套", "repairs.finish_rate", hand, 12),
        (last, "30 天内再次报修的由班长到场复查，写明原因", "repairs.repeated", hand, 45),
        (last, "完工当场请业主试用，返修的由原师傅当天回去", "repairs.again_rate", clerk, 40),
    )
    for number, (month, what, aim, who, days) in enumerate(plans):
        at = written(month)
        assert who.person_id is not None
        plan = Decision(
            month=month, what=what, aim=aim, person_id=who.person_id, due_on=local(at + timedelta(days=days)).date(),
            target=better(await report_of(month, by=manager), aim),
        )  # fmt: skip
        id_ = await measures.decide(plan, by=manager, at=at)
        if number < 2:
            proof = ("换了 46 户软管、61 只角阀，材料单在库房", "补充协议已签，按键板备在机房")[number]
            await measures.end(id_, "done", proof, by=who, version=1, at=min(at + timedelta(days=days - 2), now()))
    await notes.fix(months.before(last), by=manager, version=1, at=written(months.before(last)) + timedelta(hours=2))


def better(report: Report, aim: str) -> Decimal:
    """Return a target within reach: a rate two points higher, a number a fifth lower."""
    section, _dot, key = aim.partition(".")
    value = SECTIONS[section].value_of(report.figures[section], key) or Decimal(0)
    return min(Decimal(100), round(value) + Decimal(2)) if aims()[aim][2] > 0 else Decimal(int(value * 4 / 5))


def written(month: str) -> datetime:
    """Return when the manager writes of a month: on the third of the next, in the morning; not in the future."""
    return min(months.ends(month) + timedelta(days=2, hours=10), now())
