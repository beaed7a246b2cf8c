"""The timetable: everything Neiye does by itself, on one screen. Importing it registers every job handler, too."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from server.lib.formats import CHINA
from server.lib.i18n import N_


@dataclass(frozen=True)
class Recurring:
    """A job that comes again: every `every`, or once a day `at` a time of day in China."""

    kind: str
    what: str
    every: timedelta | None = None
    at: time | None = None

    @property
    def id(self) -> UUID:
        """The key of its row in the database."""
        return uuid5(NAMESPACE_URL, f"neiye:timetable:{self.kind}")


TIMETABLE = [
    Recurring("sessions.purge", N_("清除过期的登录和验证记录"), every=timedelta(hours=1)),
    Recurring("rooms.follow_dates", N_("到期的过户、租约和迁出：更新房态"), at=time(0, 20)),
    Recurring("hazards.escalate", N_("超期隐患：逐级上报"), every=timedelta(minutes=10)),
    Recurring("hazards.leave_phones", N_("从手机上移走一个月前销号的隐患"), at=time(3, 30)),
    Recurring("jobs.purge", N_("清除 30 天前完成的任务"), at=time(3, 10)),
    Recurring("imports.forget", N_("清除 30 天前导入的文件"), at=time(3, 50)),
    Recurring("tickets.watch", N_("超时的工单：逐级上报；业主久未验收的按规则验收"), every=timedelta(minutes=5)),
    Recurring("complaints.watch", N_("超时的投诉：逐级上报"), every=timedelta(minutes=10)),
    Recurring("quality.watch", N_("逾期的改进措施：提醒责任人和项目经理"), at=time(8, 30)),
    Recurring("followups.remind", N_("提醒今天要打的回访电话"), at=time(9, 0)),
    Recurring("patrols.keep", N_("提前生成巡查任务，登记漏检"), every=timedelta(minutes=5)),
    Recurring("sync.watch", N_("查看现场手机：补做等照片的记录，提醒没送到的"), every=timedelta(minutes=10)),
    Recurring("sync.tidy", N_("清除过期的同步删除记录和没传完的照片"), at=time(4, 0)),
    Recurring("storage.collect_orphans", N_("清除一周未使用的照片"), at=time(3, 40)),
]


def due_at(entry: Recurring, last: datetime | None) -> datetime:
    """Return when `entry` should run next, given when it last did (None: never, so now)."""
    if last is None:
        return datetime.min.replace(tzinfo=UTC)
    if entry.every is not None:
        return last + entry.every
    assert entry.at is not None
    local = last.astimezone(CHINA)
    planned = datetime.combine(local.date(), entry.at, CHINA)
    return planned if planned > local else planned + timedelta(days=1)


import server.accounts.purging  # noqa: E402 - registers its jobs
import server.communities.daily  # noqa: E402
import server.communities.importing.jobs  # noqa: E402
import server.complaints.watching  # noqa: E402
import server.followups.reminding  # noqa: E402
import server.hazards.escalating  # noqa: E402
import server.hazards.telling  # noqa: E402
import server.jobs.purging  # noqa: E402
import server.meters.importing  # noqa: E402
import server.notices.delivering  # noqa: E402
import server.patrols.keeping  # noqa: E402
import server.quality.watching  # noqa: E402
import server.storage.orphans  # noqa: E402
import server.sync.tidying  # noqa: E402
import server.tickets.watching  # noqa: E402, F401
