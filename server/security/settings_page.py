"""The page 设置: what can be set and looked into here, each line for those who may."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from server.lib.i18n import N_
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import in_community


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page; `needs` are capabilities of which one is enough."""

    href: str
    label: str
    hint: str
    icon: str
    needs: tuple[str, ...]


LINES = (
    Line("/staff", N_("员工和岗位"), N_("谁在岗，持有什么证书"), "users", ("staff.read",)),
    Line("/settings/matrix", N_("权限表"), N_("每个岗位能做什么"), "shield-check", ("matrix.read",)),
    Line("/settings/communities", N_("小区"), N_("名称、电话、房号写法"), "building-2", ("community.write",)),
    Line("/join-codes", N_("住户加入码"), N_("打印加入信，看谁已加入"), "qr-code", ("join.invite",)),
    Line("/imports", N_("导入表格"), N_("房屋、业主、车位、车辆"), "file-up", ("import.run",)),
    Line("/tickets/settings/rules", N_("报修规则"), N_("派单方式、时限、维修工会修什么"), "wrench", ("ticket.rules",)),
    Line(
        "/tickets/settings/prices", N_("维修价目表"), N_("上门费、人工、配件的价格"), "receipt-text", ("ticket.prices",)
    ),
    Line("/labels", N_("扫码报修标签"), N_("贴在电梯、水泵、大门上的二维码"), "qr-code", ("ticket.labels",)),
    Line("/phones", N_("现场手机"), N_("谁的手机还有没送到的记录，冲突怎么处理"), "smartphone", ("sync.supervise",)),
    Line("/settings/audit", N_("操作记录"), N_("谁在什么时候做了什么"), "scroll-text", ("audit.read",)),
    Line("/settings/jobs", N_("后台任务"), N_("正在做的和失败的"), "list-checks", ("jobs.read",)),
)


def lines_for(actor: Actor) -> list[Line]:
    """Return the lines `actor` may follow."""
    return [line for line in LINES if any(actor.can(need) for need in line.needs)]


@get("/settings", guards=[in_community])
async def settings_page(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show the lines; whoever may follow none meets 404."""
    lines = lines_for(actor)
    if not lines:
        raise NotFoundException
    return page(request, "shared/settings.html", lines=lines)
