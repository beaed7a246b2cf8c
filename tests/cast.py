"""The people of every test: one community at work, 阳光花园, and a rival, 翠湖湾, who must always be refused.

Nobody here exists: the phones begin with 1990, which no operator gives out.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

NAMESPACE = UUID("6f1c1d1e-0000-7000-8000-000000000000")
PASSWORD = "阳光花园-2026"


def cast_id(name: str) -> UUID:
    """Return the same id for the same name in every run."""
    return uuid5(NAMESPACE, name)


@dataclass(frozen=True)
class Character:
    """One person: `key` is how tests call them; `posts` for staff, `rooms` as {room label: role} for residents."""

    key: str
    name: str
    login: str | None
    phone: str
    posts: tuple[str, ...] = ()
    rooms: tuple[tuple[str, str], ...] = ()
    community: str = "阳光花园"
    company_admin: bool = False

    @property
    def account_id(self) -> UUID:
        return cast_id(f"account {self.key}")

    @property
    def person_id(self) -> UUID:
        return cast_id(f"person {self.key}")


COMPANY = cast_id("company")
COMMUNITIES = {"阳光花园": cast_id("community sun"), "翠湖湾": cast_id("community lake")}
SUNSHINE = COMMUNITIES["阳光花园"]
LAKE = COMMUNITIES["翠湖湾"]

WANG = Character("wang", "王建国", "wang", "19900000001", posts=("manager",))
ZHOU = Character("zhou", "周敏", "zhou", "19900000002", posts=("clerk",))
LI = Character("li", "李会", "li", "19900000003", posts=("finance",))
QIAN = Character("qian", "钱芳", "qian", "19900000004", posts=("cashier",))
SHIFU = Character("shifu", "王水生", "shifu", "19900000005", posts=("repair",))
LAOLI = Character("laoli", "李电", "laoli", "19900000006", posts=("repair",))
ZHAO = Character("zhao", "赵强", "zhao", "19900000007", posts=("patrol",))
GUAN = Character("guan", "管婷", "guan", "19900000008", posts=("steward",))
CHEN = Character("chen", "陈晓明", None, "19900000101", rooms=(("3栋1单元1302", "owner"), ("商铺S01", "owner")))
LIN = Character("lin", "林小雨", None, "19900000102", rooms=(("3栋1单元1301", "tenant"),))
HE = Character("he", "何静", None, "19900000103", rooms=(("3栋1单元1301", "owner"),))
ADMIN = Character("admin", "方远", "admin", "19900000009", company_admin=True)
SUN = Character("sun", "孙莉", "sun", "19900000201", posts=("manager",), community="翠湖湾")
SUN_OWNER = Character("sunowner", "孙小宝", None, "19900000202", rooms=(("1栋1单元101", "owner"),), community="翠湖湾")

EVERYBODY = (WANG, ZHOU, LI, QIAN, SHIFU, LAOLI, ZHAO, GUAN, CHEN, LIN, HE, ADMIN, SUN, SUN_OWNER)
STAFF = tuple(one for one in EVERYBODY if one.posts)

ROOMS = {
    "阳光花园": ("3栋1单元1301", "3栋1单元1302", "3栋2单元101", "5栋1单元201", "商铺S01"),
    "翠湖湾": ("1栋1单元101", "1栋1单元102"),
}

LONG_AGO = date(2024, 1, 1)


def room_id(label: str, community: str = "阳光花园") -> UUID:
    """Return the id of a room of the cast."""
    return cast_id(f"room {community} {label}")
