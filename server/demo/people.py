"""The owners, tenants and families of the demonstration, and their cars."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

from server.demo.cast import OWNER, TENANT
from server.demo.homes import Stock
from server.lib.ids import uuid7

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国海燕志鹏雨晨思远子涵浩然欣怡晓东文博嘉琪俊凯"
DEVELOPER = "阳光置业有限公司"
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


class Census:
    """Collects persons and occupancies as rows. Phones are numbered, so that nobody shares one by chance."""

    def __init__(self, community_id: UUID, random: Random) -> None:
        self.community_id = community_id
        self.random = random
        self.persons: list[tuple[object, ...]] = []
        self.occupancies: list[tuple[object, ...]] = []
        self.vehicles: list[tuple[object, ...]] = []
        self.phone = 19_900_010_000

    def person(self, name: str, phone: str | None, kind: str = "natural") -> UUID:
        """Add a person and return the id."""
        id_ = uuid7()
        self.persons.append((id_, self.community_id, name, kind, phone))
        return id_

    def somebody(self, surname: str = "") -> UUID:
        """Add a person with a made-up name and the next phone number."""
        self.phone += 1
        given = "".join(self.random.sample(GIVEN, self.random.choice((1, 2, 2))))
        return self.person((surname or self.random.choice(SURNAMES)) + given, str(self.phone))

    def occupy(self, room: object, person: UUID, role: str, since: date, until: date | None = None) -> None:
        """Tie a person to a room."""
        why = "moved_out" if until else None
        self.occupancies.append((uuid7(), self.community_id, room, person, role, since, until, why))


def settle(community_id: UUID, stock: Stock, random: Random) -> Census:
    """Return who owns and lives in each room: families, tenants with histories, a developer, owners of several homes."""
    census = Census(community_id, random)
    developer = census.person(DEVELOPER, "05710000000", "company")
    known = {label_of(*who[2:]): who[:2] for who in (OWNER, TENANT)}
    rich = [census.somebody() for _ in range(12)]
    for room in stock.rooms:
        named = known.get(str(room["label"]))
        settle_room(census, room, named, developer, rich)
    return census


def label_of(building: str, stairwell: str, number: str) -> str:
    """Return the label of a home."""
    return f"{building}栋{stairwell}单元{number}"


def settle_room(
    census: Census, room: dict[str, object], named: tuple[str, str] | None, developer: UUID, rich: list[UUID]
) -> None:
    """Give one room its owner, and who lives there."""
    random, room_id = census.random, room["id"]
    handover = room["handover_on"]
    assert isinstance(handover, date)
    since = handover + timedelta(days=random.randrange(900))
    if named:
        room["vacancy"] = "let" if named[0] == TENANT[0] else "occupied"
    if room["vacancy"] == "developer":
        census.occupy(room_id, developer, "owner", handover)
        return
    if named and named[0] == OWNER[0]:
        owner = census.person(*named)
    else:
        owner = random.choice(rich) if random.random() < 0.02 else census.somebody()
    census.occupy(room_id, owner, "owner", since)
    if random.random() < 0.3:
        census.occupy(room_id, census.somebody(), "co_owner", since)
    if room["vacancy"] == "let":
        let(census, room_id, named, since)
    elif room["vacancy"] == "occupied" and random.random() < 0.4:
        census.occupy(room_id, census.somebody(), "member", since)
    if room["vacancy"] in ("occupied", "let") and random.random() < 0.7:
        plate = "浙A" + "".join(random.sample(PLATE_LETTERS, random.choice((5, 5, 5, 6))))
        census.vehicles.append((uuid7(), census.community_id, plate, owner, room_id, since))


def let(census: Census, room_id: object, named: tuple[str, str] | None, since: date) -> None:
    """Let a room: sometimes somebody else lived there before."""
    if census.random.random() < 0.5:
        census.occupy(room_id, census.somebody(), "tenant", since + timedelta(days=60), since + timedelta(days=424))
    tenant = census.person(*named) if named else census.somebody()
    census.occupy(room_id, tenant, "tenant", since + timedelta(days=430 + census.random.randrange(300)))
