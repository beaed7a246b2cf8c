"""Who works in the demonstration, and who can sign in."""

from dataclasses import dataclass

PASSWORD = "yangguang-2026"  # noqa: S105 - printed at every start of the demonstration


@dataclass(frozen=True)
class Worker:
    """A member of staff; `login` None: on the payroll, without a login of their own."""

    name: str
    login: str | None
    posts: tuple[str, ...]
    certificates: tuple[str, ...] = ()


STAFF = (
    Worker("王建国", "wang", ("manager",)),
    Worker("周敏", "zhou", ("clerk",)),
    Worker("李会", "li", ("finance",)),
    Worker("钱芳", "qian", ("cashier",)),
    Worker("管婷", "guan", ("steward",)),
    Worker("王水生", "shui", ("repair",), ("电工证",)),
    Worker("李电", "dian", ("repair",), ("电工证", "电梯安全管理")),
    Worker("赵强", "zhao", ("patrol",), ("保安员证",)),
    Worker("刘洋", None, ("steward",)),
    Worker("陈静", None, ("steward",)),
    Worker("孙立", None, ("repair",), ("电工证",)),
    Worker("周木", None, ("repair",)),
    Worker("吴钢", None, ("repair",), ("电工证",)),
    Worker("黄海", None, ("patrol",), ("保安员证", "消防设施操作员")),
    Worker("马超", None, ("patrol",), ("保安员证", "消防设施操作员")),
    Worker("胡军", None, ("patrol",), ("保安员证",)),
)

OWNER = ("陈晓明", "19900001302", "3", "1", "1302")
"""The owner who signs in: name, phone, and the home."""

TENANT = ("林小雨", "19900001301", "3", "1", "1301")

LOGINS = [
    ("业主 owner", "陈晓明", OWNER[1], PASSWORD),
    ("租户 tenant", "林小雨", TENANT[1], PASSWORD),
    ("维修工 repair", "王水生", "shui", PASSWORD),
    ("巡查员 patrol", "赵强", "zhao", PASSWORD),
    ("内业 clerk", "周敏", "zhou", PASSWORD),
    ("收费员 cashier", "钱芳", "qian", PASSWORD),
    ("财务 finance", "李会", "li", PASSWORD),
    ("项目经理 manager", "王建国", "wang", PASSWORD),
    ("系统管理员 admin", "方远", "admin", PASSWORD),
]
"""Printed at every start: role, name, login, password."""
