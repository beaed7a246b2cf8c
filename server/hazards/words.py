"""How hazards are spoken of: sentences for the timeline and for conflicts, limits. Built from nothing but names."""

import datetime as dt

from server.hazards.events import Event
from server.hazards.finding import HazardView
from server.hazards.states import CLOCK
from server.lib.formats import daytime, now
from server.lib.i18n import N_, _
from server.tickets.words import span

SAID = {
    "report": N_("%(who)s上报了隐患"),
    "register": N_("%(who)s登记了隐患"),
    "notice": N_("%(who)s下发了整改通知"),
    "assign": N_("%(who)s更换了整改责任人"),
    "start": N_("%(who)s开始整改"),
    "submit": N_("%(who)s提交了整改"),
    "inspect": N_("%(who)s正在复查"),
    "pass": N_("%(who)s复查通过，已销号"),
    "fail": N_("%(who)s复查未通过"),
    "extend": N_("%(who)s申请延期"),
    "decide": N_("%(who)s审批了延期"),
    "isolate": N_("%(who)s已隔离现场"),
    "tell_company": N_("%(who)s已报告公司"),
    "tell_authority": N_("%(who)s已报告主管部门"),
    "dissuade": N_("%(who)s进行了劝阻"),
    "plan": N_("%(who)s制定了整改方案"),
    "grade": N_("%(who)s调整了等级"),
    "ticket": N_("%(who)s转了维修工单"),
    "escalate": N_("超期未整改，已逐级上报"),
    "dismiss": N_("%(who)s认定不成立"),
    "note": N_("%(who)s补充了说明"),
}
"""What each step is called in a timeline; also on phones (templates/field/hazards/_words.html)."""


def sentence(event: Event) -> str:
    """Return what happened, in the reader's language."""
    template = SAID[event.kind]
    return _(template, who=event.actor_name) if "%(who)s" in template else _(template)


def overtaken(events: list[Event]) -> str:
    """Return what somebody else did first, for whoever comes too late; `events` newest first, notes left out."""
    news = next(event for event in events if event.kind not in {"note", "escalate"})
    return _("%(time)s %(what)s。您写的和拍的都还在手机上", time=daytime(news.happened_at), what=sentence(news))


def limit(hazard: HazardView, at: dt.datetime | None = None) -> tuple[str, str]:
    """Return what the column 期限 says, and its tone: 剩 2 天, 超期 3 小时, 按期, 超期整改."""
    if hazard.state == "dismissed":
        return "—", ""
    if hazard.state in CLOCK:
        left = (hazard.due_at - (at or now())).total_seconds()
        if left < 0:
            return _("超期 %(span)s", span=span(-left)), "bad"
        return _("剩 %(span)s", span=span(left)), ""
    return (_("按期整改"), "") if hazard.in_time else (_("超期整改"), "bad")


STEP_LABELS = {
    "register": N_("登记隐患"),
    "notice": N_("下发整改通知"),
    "assign": N_("更换整改责任人"),
    "start": N_("开始整改"),
    "submit": N_("提交整改"),
    "inspect": N_("前往复查"),
    "recheck": N_("复查隐患"),
    "extend": N_("申请延期"),
    "decide": N_("审批延期"),
    "isolate": N_("隔离现场"),
    "tell_company": N_("报告公司"),
    "tell_authority": N_("报告主管部门"),
    "dissuade": N_("劝阻"),
    "plan": N_("制定整改方案"),
    "grade": N_("调整隐患等级"),
    "ticket": N_("转维修工单"),
    "dismiss": N_("认定不成立"),
    "note": N_("补充说明"),
}
"""What the buttons of the steps say."""
