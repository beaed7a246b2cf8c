"""What posts may do: the matrix capability × post. A company's own cells (capability_grant) override these defaults."""

from collections.abc import Iterable

from server.lib.i18n import N_

POSTS = {
    "manager": N_("项目经理"),
    "clerk": N_("内业员"),
    "cashier": N_("收费员"),
    "finance": N_("财务"),
    "repair": N_("维修工"),
    "patrol": N_("安全巡查员"),
    "steward": N_("管家"),
    "admin": N_("系统管理员"),
}

CAPABILITIES = {
    "register.read": N_("查看房产档案"),
    "register.write": N_("办理入住、过户、租户登记"),
    "register.reveal": N_("查看完整的个人信息（留痕）"),
    "register.export": N_("导出房产档案"),
    "import.run": N_("导入表格"),
    "join.invite": N_("打印业主加入码"),
    "ticket.report": N_("登记报修"),
    "ticket.read": N_("查看全部工单"),
    "ticket.assign": N_("派单"),
    "ticket.work": N_("接单和完工"),
    "ticket.charge": N_("收取维修费"),
    "ticket.prices": N_("维护维修价目表"),
    "ticket.rules": N_("设置派单方式、时限和维修工技能"),
    "ticket.labels": N_("管理扫码报修标签"),
    "followup.call": N_("回访业主"),
    "complaint.handle": N_("受理和答复投诉建议"),
    "complaint.oversee": N_("督办投诉：重大投诉、延期"),
    "report.read": N_("查看月度分析"),
    "report.decide": N_("写总结、定措施、定稿"),
    "reception.read": N_("查看前台接待登记、钥匙和信件"),
    "reception.log": N_("前台接待登记，借还钥匙，收发信件"),
    "patrol.walk": N_("走巡查路线"),
    "patrol.read": N_("查看巡查结果"),
    "hazard.report": N_("上报和查看隐患"),
    "hazard.handle": N_("整改和复查隐患"),
    "hazard.manage": N_("登记隐患、下发整改通知、审批延期"),
    "hazard.rules": N_("设置整改期限"),
    "hazard.company": N_("公司级复查重大隐患"),
    "meter.read": N_("抄表"),
    "meter.review": N_("核对存疑的读数"),
    "meter.manage": N_("管理表计、路线和抄表期"),
    "sync.supervise": N_("查看现场手机，处理冲突和未生效的记录"),
    "patrol.manage": N_("管理巡查点、检查表和路线"),
    "staff.read": N_("查看员工和岗位"),
    "staff.write": N_("管理员工和岗位"),
    "audit.read": N_("查看操作记录"),
    "jobs.read": N_("查看后台任务"),
    "matrix.read": N_("查看权限表"),
    "matrix.write": N_("修改权限表"),
    "community.write": N_("新建和修改小区"),
}

OFFICE = frozenset({"register.read", "ticket.read", "ticket.report", "matrix.read", "hazard.report"})

DEFAULTS: dict[str, frozenset[str]] = {
    "manager": frozenset(CAPABILITIES)
    - {
        "matrix.write",
        "community.write",
        "ticket.work",
        "patrol.walk",
        "hazard.handle",
        "hazard.company",
        "meter.read",
    },
    "clerk": OFFICE
    | {
        "register.write",
        "register.reveal",
        "register.export",
        "import.run",
        "join.invite",
        "ticket.assign",
        "ticket.charge",
        "ticket.prices",
        "ticket.labels",
        "followup.call",
        "complaint.handle",
        "report.read",
        "reception.read",
        "reception.log",
        "sync.supervise",
        "patrol.read",
        "meter.read",
        "meter.review",
        "meter.manage",
        "patrol.manage",
        "staff.read",
    },
    "cashier": OFFICE | {"join.invite", "ticket.charge"},
    "finance": OFFICE | {"register.export"},
    "repair": frozenset(
        {"ticket.work", "ticket.report", "patrol.walk", "hazard.report", "hazard.handle", "meter.read"}
    ),
    "patrol": frozenset({"ticket.report", "patrol.walk", "hazard.report", "hazard.handle"}),
    "steward": OFFICE
    | {"register.write", "register.reveal", "join.invite", "hazard.manage", "followup.call", "complaint.handle"},
    "admin": frozenset(CAPABILITIES) - {"ticket.work", "patrol.walk", "hazard.handle", "meter.read", "report.decide"},
}

OVERSIGHT = frozenset(
    {
        "staff.read",
        "staff.write",
        "audit.read",
        "jobs.read",
        "matrix.read",
        "matrix.write",
        "community.write",
        "import.run",
    }
)
"""What must not be done on the strength of a password alone, once a second factor is set up."""

COMPANY_ONLY = frozenset({"matrix.write", "community.write"})
"""What changes every community of the company: only for the company's administrators, never by a grant."""


def granted(posts: Iterable[str], grants: Iterable[str], *, company_admin: bool = False) -> frozenset[str]:
    """Return what somebody holding `posts` may do.

    `grants` are the company's own cells, each "post capability true|false". A company administrator has the post admin
    everywhere, and alone has COMPANY_ONLY.
    """
    held = set(posts) | ({"admin"} if company_admin else set())
    cells = {(post, name) for post in held for name in DEFAULTS.get(post, frozenset())}
    for grant in grants:
        post, name, yes = grant.split(" ")
        if post in held and name in CAPABILITIES:
            (cells.add if yes == "true" else cells.discard)((post, name))
    names = {name for _post, name in cells}
    return frozenset(names if company_admin else names - COMPANY_ONLY)
