"""A made-up community as large as a town, for measuring: rooms, two people in most, cars for many. Nobody here exists."""

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.communities.naming import Place, room_code, room_label, sort_key
from server.db import connection, execute, transaction
from server.lib.ids import uuid7

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建国志海小雨晓东文博子涵欣怡梓轩浩然宇航雅婷"
LABEL = "{building}栋{stairwell}单元{room}"
STACKS = 10
FLOORS = 25
STAIRWELLS = 2


async def fill(rooms: int, company_id: UUID, name: str, code: str) -> UUID:
    """Make a community of `rooms` rooms; return its id. The caller holds a scope that reaches everything."""
    chance = random.Random(rooms)
    community_id = uuid7()
    async with transaction():
        await execute("select set_config('neiye.search_paused', 'on', true)")
        await execute(
            "insert into community (id, company_id, name, code, label_template) values ($1, $2, $3, $4, $5)",
            community_id, company_id, name, code, LABEL,
        )  # fmt: skip
        records = gather(community_id, rooms, chance)
        for table, (columns, lines) in records.items():
            await pour(table, columns, lines)
        await execute("analyze room, person, occupancy, vehicle, space")  # or the refresh is planned for empty tables
        await execute("select refresh_room_search(array(select id from room where community_id = $1))", community_id)
    return community_id


async def pour(table: str, columns: list[str], lines: list[Any]) -> None:
    """Copy `lines` into `table`, by way of a table of our own: COPY refuses row-level security."""
    names = ", ".join(columns)
    async with connection() as lent:
        await lent.execute(f"create temp table pouring on commit drop as select {names} from {table} limit 0")
        await lent.copy_records_to_table("pouring", records=lines, columns=columns)
        await lent.execute(f"insert into {table} ({names}) select {names} from pouring; drop table pouring")


def gather(community_id: UUID, rooms: int, chance: random.Random) -> dict[str, tuple[list[str], list[Any]]]:
    """Return what to copy: by table, its columns and lines, in an order that satisfies the references."""
    found: dict[str, tuple[list[str], list[Any]]] = {
        "building": (["id", "community_id", "code", "name", "sort"], []),
        "stairwell": (["id", "community_id", "building_id", "code", "sort"], []),
        "room": (
            ["id", "community_id", "building_id", "stairwell_id", "code", "number", "label", "sort", "floor", "kind",
             "gross_area", "vacancy", "version"], [],
        ),
        "person": (["id", "community_id", "name", "kind", "phone", "version"], []),
        "occupancy": (["id", "community_id", "room_id", "person_id", "role", "since"], []),
        "vehicle": (["id", "community_id", "plate", "room_id", "since"], []),
    }  # fmt: skip
    for number, (building, stairwell, floor, stack) in enumerate(places(rooms)):
        if stack == 1 and floor == 1:
            if stairwell == 1:
                building_id = uuid7()
                found["building"][1].append((building_id, community_id, str(building), f"{building}栋", building))
            stairwell_id = uuid7()
            found["stairwell"][1].append((stairwell_id, community_id, building_id, str(stairwell), stairwell))
        place = Place(str(building), str(stairwell), f"{floor}{stack:02d}")
        code = room_code(place.building, place.stairwell, place.number)
        room_id, roll = uuid7(), chance.random()
        vacancy = "occupied" if roll < 0.65 else "let" if roll < 0.8 else "vacant" if roll < 0.97 else "developer"
        found["room"][1].append(
            (room_id, community_id, building_id, stairwell_id, code, place.number, room_label(LABEL, place, shop=False),
             sort_key(code), floor, "home", Decimal(chance.randint(5500, 14600)) / 100, vacancy, 1)
        )  # fmt: skip
        roles = {"occupied": ("owner", "member"), "let": ("owner", "tenant"), "vacant": ("owner",)}.get(vacancy, ())
        for role in roles:
            person_id = uuid7()
            found["person"][1].append((person_id, community_id, a_name(chance), "natural", a_phone(chance), 1))
            found["occupancy"][1].append((uuid7(), community_id, room_id, person_id, role, date(2020, 1, 1)))
        if chance.random() < 0.55:
            found["vehicle"][1].append((uuid7(), community_id, f"浙A{number:05d}", room_id, date(2020, 1, 1)))
    return found


def places(rooms: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (building, stairwell, floor, stack) of `rooms` rooms."""
    for number in range(rooms):
        rest, stack = divmod(number, STACKS)
        rest, floor = divmod(rest, FLOORS)
        building, stairwell = divmod(rest, STAIRWELLS)
        yield building + 1, stairwell + 1, floor + 1, stack + 1


def a_name(chance: random.Random) -> str:
    """Return a name of two or three characters."""
    return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))


def a_phone(chance: random.Random) -> str:
    """Return a phone number that no operator gives out."""
    return f"1990{chance.randrange(10**7):07d}"
