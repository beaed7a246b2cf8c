"""The two sample workbooks of a property office, with the figures counted by those who made them."""

import csv
import io
import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from server.communities.importing.cells import as_text
from server.communities.importing.jobs import recognise_all
from server.communities.importing.parsing import Register, parse
from server.communities.importing.reading import read_sheets
from tests.support.workbooks import workbook

FILES = Path(__file__).parents[2] / "files"
BAD_ROWS = [
    (1378, "I", "area_not_number", "八十九", "面积不是数字"),
    (1379, "I", "area_negative", "-89.37", "面积是负数"),
    (1380, "C", "room_missing", "", "缺房号"),
    (1381, "I", "room_area_differs", "70.03", "同一房屋在第 8 行写的面积是 60.03"),
    (1382, "O", "phone_digits", "139001122", "电话是 9 位数字；手机号应为 11 位"),
]


def parsed(content: bytes) -> Register:
    sheets = read_sheets(content)
    return parse(sheets, recognise_all(sheets, {}))


@cache
def sample(name: str) -> Register:
    return parsed((FILES / name).read_bytes())


def owners(register: Register) -> set[int]:
    return {one.person for one in register.occupancies if one.role in ("owner", "co_owner")}


@pytest.mark.parametrize("name", ["households.xlsx", "five_sheets.xlsx"])
def test_rooms_shops_and_owners(name: str) -> None:
    register = sample(name)
    assert len(register.rooms) == 1211
    assert sum(room.kind == "shop" for room in register.rooms.values()) == 40
    assert len(owners(register)) == 1289
    assert (len(register.buildings), len(register.stairwells)) == (12, 24)


def test_both_files_say_the_same_of_every_room_and_owner() -> None:
    def told(name: str) -> dict[str, tuple[object, ...]]:
        register = sample(name)
        people = {(one.room, register.persons[one.person].name, register.persons[one.person].phone) for one in register.occupancies if one.role != "tenant"}  # fmt: skip
        return {
            code: (
                room.gross_area,
                room.net_area,
                room.floor,
                room.kind,
                frozenset(one for one in people if one[0] == code),
            )
            for code, room in list(register.rooms.items())[:200]
        }

    assert told("households.xlsx") == told("five_sheets.xlsx")


def test_the_spoiled_rows_wait_with_their_reasons() -> None:
    found = [(one.row, one.column, one.code, one.value, one.reason) for one in sample("households.xlsx").problems]
    assert found == BAD_ROWS
    assert sample("five_sheets.xlsx").problems == []


def test_tenants_are_second_rows() -> None:
    roles = Counter(one.role for one in sample("households.xlsx").occupancies)
    assert roles == {"owner": 1211, "co_owner": 128, "tenant": 165}


def test_nobody_is_merged_by_the_filler() -> None:
    register = sample("households.xlsx")
    unreachable = [person for person in register.persons if person.phone is None]
    assert len(unreachable) == 49
    assert sum(len(person.rooms) == 1 for person in unreachable) == 48
    assert [person.name for person in unreachable if len(person.rooms) > 1] == ["美家置业有限公司"]


def test_spaces_and_vehicles() -> None:
    register = sample("five_sheets.xlsx")
    assert (len(register.spaces), len(register.vehicles)) == (300, 299)
    assert Counter(space.ownership for space in register.spaces.values()) == {"owned": 193, "developer": 107}
    assert sum(vehicle.until is None for vehicle in register.vehicles.values()) == 192


def test_the_order_of_the_columns_does_not_matter() -> None:
    (sheet,) = read_sheets((FILES / "households.xlsx").read_bytes())
    order = list(range(len(sheet.rows[0])))
    random.Random(7).shuffle(order)
    rows = [["阳光花园"], [], *([row[index] if index < len(row) else "" for index in order] for row in sheet.rows)]
    register = parsed(workbook({"乱": rows}))
    assert (len(register.rooms), len(owners(register)), len(register.persons)) == (1211, 1289, 1454)
    assert [(problem.row - 2, problem.code) for problem in register.problems] == [(row[0], row[2]) for row in BAD_ROWS]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-8"])
def test_the_same_as_csv(encoding: str) -> None:
    (sheet,) = read_sheets((FILES / "households.xlsx").read_bytes())
    text = io.StringIO()
    csv.writer(text).writerows([[as_text(cell) for cell in row] for row in sheet.rows])
    register = parsed(text.getvalue().encode(encoding))
    assert (len(register.rooms), len(owners(register))) == (1211, 1289)
    assert [problem.row for problem in register.problems] == [row[0] for row in BAD_ROWS]
