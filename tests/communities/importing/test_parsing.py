"""Every trap of the office's sheets, one by one."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.communities.importing.headers import FIELDS, Layout, recognise
from server.communities.importing.parsing import OccupancyFacts, PersonFacts, Register, parse, split_names
from server.communities.importing.problems import NOTES, REASONS
from server.communities.importing.reading import Sheet, read_sheets
from server.config import ROOT
from tests.support.workbooks import workbook

HEADER = ["楼号", "单元", "房号", "建筑面积", "业主姓名", "手机号", "业主类型"]


def register(*rows: list[Any], header: list[str] = HEADER) -> Register:
    """Parse a flat sheet of `rows`."""
    sheet = Sheet("表", [header, *rows])
    layout = recognise(sheet)
    assert layout is not None
    return parse([sheet], {"表": layout})


def codes(found: Register) -> list[tuple[int, str, str]]:
    """Return (row, column letter, reason's code) of every problem."""
    return [(problem.row, problem.column, problem.code) for problem in found.problems]


def living(found: Register) -> list[tuple[str, str, str | None, str]]:
    """Return (room, name, phone, role) of everybody."""
    people: list[PersonFacts] = found.persons
    occupancies: list[OccupancyFacts] = found.occupancies
    return [(o.room, people[o.person].name, people[o.person].phone, o.role) for o in occupancies]


def test_one_row_is_one_home() -> None:
    found = register([1.0, 1.0, 101.0, 89.37, "张三", "19901000001", "业主"])
    assert living(found) == [("01-01-0101", "张三", "19901000001", "owner")]
    assert found.rooms["01-01-0101"].gross_area == Decimal("89.37")
    assert not found.problems


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ([1, 1, "101", "八十九", "张三", "", ""], (2, "D", "area_not_number")),
        ([1, 1, "101", -89.37, "张三", "", ""], (2, "D", "area_negative")),
        ([1, 1, "", 89.37, "张三", "", ""], (2, "C", "room_missing")),
        (["", "", "101", 89.37, "张三", "", ""], (2, "A", "building_missing")),
        ([1, 1, "101", 89.37, "曹涛", "139001122", ""], (2, "F", "phone_digits")),
        ([1, 1, "101", 89.37, "张三,李四", "19901000001,19901000002,19901000003", ""], (2, "F", "names_phones_differ")),
        ([1, 1, "101", 89.37, "张" * 61, "", ""], (2, "E", "too_long")),
        ([1, 1, "101", 89.37, "张三", "", "远房亲戚"], (2, "G", "role_unknown")),
    ],
)
def test_a_bad_row_waits_and_brings_nothing(row: list[Any], problem: tuple[int, str, str]) -> None:
    found = register(row, [2, 1, "202", 60.03, "李四", "19901000009", "业主"])
    assert codes(found) == [problem]
    assert list(found.rooms) == ["02-01-0202"] and len(found.persons) == 1


def test_the_same_room_with_another_area_waits_and_names_the_first_row() -> None:
    found = register([1, 1, "203", 60.03, "张三", "", ""], [1, 1, "203", 70.03, "张三", "", ""])
    assert codes(found) == [(3, "D", "room_area_differs")]
    assert found.problems[0].reason == "同一房屋在第 2 行写的面积是 60.03"


@pytest.mark.parametrize("separator", [",", "，", "、", ";", "/", "\n", " "])
def test_co_owners_share_a_cell(separator: str) -> None:
    names, numbers = f"张晓东{separator}高娜", f"19901000003{separator}19901000004"
    found = register([1, 1, "103", 60.03, names, numbers, "业主"])
    assert living(found) == [
        ("01-01-0103", "张晓东", "19901000003", "owner"),
        ("01-01-0103", "高娜", "19901000004", "co_owner"),
    ]


def test_one_phone_for_two_names_is_the_firsts() -> None:
    found = register([1, 1, "103", 60.03, "张晓东,高娜", "19901000003", ""])
    assert [phone for _room, _name, phone, _role in living(found)] == ["19901000003", None]


def test_two_phones_for_one_name_are_both_kept() -> None:
    found = register([1, 1, "103", 60.03, "张晓东", "19901000003/19901000004", ""])
    assert (found.persons[0].phone, found.persons[0].phone_2) == ("19901000003", "19901000004")


def test_a_tenant_is_a_second_row_of_the_same_room() -> None:
    found = register(
        [1, 1, "202", 76.52, "邓佳琪", "19901000006", "业主"], [1, 1, "202", 76.52, "余静", "19901001306", "租客"]
    )
    assert len(found.rooms) == 1
    assert [(name, role) for _room, name, _phone, role in living(found)] == [("邓佳琪", "owner"), ("余静", "tenant")]


def test_a_tenant_may_have_columns_of_their_own() -> None:
    header = ["房号", "业主", "电话", "租户", "租户电话", "开始日期", "结束日期"]
    found = register(["1-1-101", "张三", "19901000001", "李四", "19901000002", 45658, "2037-01-01"], header=header)
    owner, tenant = found.occupancies
    assert (owner.role, owner.since) == ("owner", None)
    assert (tenant.role, tenant.since, tenant.until) == ("tenant", date(2025, 1, 1), None)


def test_a_lease_cannot_end_before_it_begins() -> None:
    header = ["房号", "业主", "开始日期", "结束日期"]
    assert codes(register(["1-1-101", "张三", "2025-02-01", "2025-01-01"], header=header)) == [
        (2, "D", "dates_swapped")
    ]


def test_a_shop_has_no_stairwell() -> None:
    found = register([6.0, 0.0, "S17", 51.86, "张三", "", "业主"])
    assert found.rooms["06-S17"].kind == "shop" and found.stairwells == {}


def test_a_name_and_a_real_phone_make_one_owner_of_two_homes() -> None:
    found = register([1, 1, "101", 89.37, "张三", "19901000001", ""], [1, 1, "201", 89.37, "张三", "199 0100 0001", ""])
    assert len(found.persons) == 1 and found.persons[0].rooms == ["01-01-0101", "01-01-0201"]


@pytest.mark.parametrize("phone", ["18999999999", "13800000000", "", "无", "00000000000"])
def test_a_filler_never_makes_one_of_two_people(phone: str) -> None:
    found = register([1, 1, "101", 89.37, "张伟", phone, ""], [1, 1, "201", 89.37, "张伟", phone, ""])
    assert len(found.persons) == 2
    assert all(person.phone is None for person in found.persons)


def test_a_filler_nobody_listed_is_found_by_its_many_names() -> None:
    rows = [[1, 1, f"{floor}01", 89.37, f"业主{floor}", "19955551234", ""] for floor in range(1, 6)]
    rows.append([1, 1, "601", 89.37, "业主1", "19955551234", ""])
    found = register(*rows)
    assert len(found.persons) == 6 and all(person.phone is None for person in found.persons)
    assert [note.details for note in found.notes if note.code == "shared_phones"] == [
        {"phone": "19955551234", "count": "5"}
    ]


def test_the_same_name_with_another_phone_is_another_person() -> None:
    found = register([1, 1, "101", 89.37, "张伟", "19901000001", ""], [1, 1, "201", 89.37, "张伟", "19901000002", ""])
    assert len(found.persons) == 2


def test_a_company_is_one_by_its_name() -> None:
    rows = [[1, 1, f"{floor}01", 89.37, "美家置业有限公司", "18999999999", ""] for floor in range(1, 8)]
    found = register(*rows)
    assert [(person.name, person.kind) for person in found.persons] == [("美家置业有限公司", "company")]


def test_a_blank_building_repeats_the_one_above() -> None:
    found = register([1, 1, "101", 89.37, "张三", "", ""], ["", "", "102", 60.03, "李四", "", ""])
    assert list(found.rooms) == ["01-01-0101", "01-01-0102"]


def test_a_row_without_any_house_is_one_more_person_of_the_one_above() -> None:
    found = register([1, 1, "101", 89.37, "张三", "", "业主"], ["", "", "", "", "王芳", "", "家属"])
    assert living(found) == [("01-01-0101", "张三", None, "owner"), ("01-01-0101", "王芳", None, "member")]


def test_merged_houses_say_the_same() -> None:
    rows = [["房号", "建筑面积", "姓名"], ["", 89.37, "张三"], ["", 89.37, "王芳"]]
    sheets = read_sheets(workbook({"表": rows}, merges=[("表", 1, 2, 0, "1-1-101")]))
    layout = recognise(sheets[0])
    assert layout is not None
    found = parse(sheets, {"表": layout})
    assert list(found.rooms) == ["01-01-0101"] and len(found.occupancies) == 2


def test_a_house_without_people_is_a_house() -> None:
    found = register([1, 1, "101", 89.37, "", "", ""])
    assert len(found.rooms) == 1 and found.persons == []


def test_totals_and_blank_lines_are_no_rows() -> None:
    found = register(
        [1, 1, "101", 89.37, "张三", "", ""], ["", "", "", "", "", "", ""], ["合计", "", "", 89.37, "", "", ""]
    )
    assert found.rows == 1 and not found.problems


def test_a_repeated_row_counts_once() -> None:
    row = [1, 1, "101", 89.37, "张三", "19901000001", "业主"]
    found = register(row, row)
    assert len(found.occupancies) == 1
    assert "twice_the_same" in {note.code for note in found.notes}


def test_plates_of_a_flat_sheet() -> None:
    found = register(["1-1-101", "张三", "浙A·12345、浙ad12345"], header=["房号", "业主", "车牌"])
    assert set(found.vehicles) == {"浙A12345", "浙AD12345"}
    assert found.vehicles["浙A12345"].room == "01-01-0101" and found.vehicles["浙A12345"].person == 0


def linked(owners: list[list[Any]], rooms: list[list[Any]], spaces: list[list[Any]] | None = None) -> Register:
    sheets = [
        Sheet("业主", [["业主编号", "业主名称", "手机号"], *owners]),
        Sheet("房屋", [["房屋编号", "楼栋编号", "单元编号", "业主编号", "建筑面积"], *rooms]),
        Sheet(
            "车位",
            [
                ["停车场编号", "车位编码", "停车场类型", "业主编号", "车牌号", "出租还是出售", "开始时间", "结束时间"],
                *(spaces or []),
            ],
        ),
    ]
    layouts = {sheet.name: recognise(sheet) for sheet in sheets}
    return parse(sheets, {name: layout for name, layout in layouts.items() if layout})


def test_linked_sheets_name_several_owners_by_number() -> None:
    found = linked([[1.0, "张三", "19901000001"], [2.0, "李四", "18999999999"]], [["101", 1.0, 1.0, "1#2", 89.37]])
    assert living(found) == [("01-01-0101", "张三", "19901000001", "owner"), ("01-01-0101", "李四", None, "co_owner")]


def test_an_owners_number_says_who_is_who_where_the_phone_is_a_filler() -> None:
    rooms = [["101", 1, 1, "1", 89.37], ["201", 1, 1, "1", 89.37], ["301", 1, 1, "2", 89.37]]
    found = linked([[1, "张伟", "18999999999"], [2, "张伟", "18999999999"]], rooms)
    assert [person.rooms for person in found.persons] == [["01-01-0101", "01-01-0201"], ["01-01-0301"]]


def test_a_room_waits_with_its_owners_row() -> None:
    rooms = [["101", 1, 1, "1", 89.37], ["201", 1, 1, "9", 89.37], ["301", 1, 1, "2", 89.37]]
    found = linked([[1, "张三", "139001122"], [2, "李四", ""], [2, "王五", ""], ["", "赵六", ""]], rooms)
    assert codes(found) == [
        (2, "C", "phone_digits"), (4, "A", "owner_number_twice"), (5, "A", "owner_number_missing"),
        (2, "D", "owner_number_refused"), (3, "D", "owner_number_unknown"),
    ]  # fmt: skip
    assert list(found.rooms) == ["01-01-0301"]


def test_spaces_and_vehicles() -> None:
    spaces = [
        ["B1", "B1-001", "地下", 1, "浙A91018", "S", "2025-01-01", "2037-01-01"],
        ["B1", "B1-002", "地下", 1, "浙A91018", "H", "2025-01-01", "2026-12-31"],
        ["B1", "B1-002", "地下", "", "", "H", "", ""],
        ["B1", "", "地下", "", "", "", "", ""],
    ]
    found = linked([[1, "张三", "19901000001"]], [["101", 1, 1, "1", 89.37]], spaces)
    assert {code: (space.ownership, space.room) for code, space in found.spaces.items()} == {
        "B1-001": ("owned", "01-01-0101"), "B1-002": ("developer", "01-01-0101"),
    }  # fmt: skip
    vehicle = found.vehicles["浙A91018"]
    assert (vehicle.space, vehicle.until, vehicle.person) == ("B1-001", None, 0)
    assert codes(found) == [(4, "B", "space_twice"), (5, "B", "space_missing")]
    assert "plate_twice" in {note.code for note in found.notes}


def test_names_in_a_cell() -> None:
    assert split_names("张三,李四、王五") == ["张三", "李四", "王五"]
    assert split_names("张三 李四") == ["张三", "李四"]
    assert split_names("张 三") == ["张三"]
    assert split_names("John Smith") == ["John Smith"]
    assert split_names("无") == []


def test_every_reason_and_note_has_words() -> None:
    folders = (ROOT / "server/communities/importing", ROOT / "server/meters")
    source = {f"{folder.name}/{path.stem}": path.read_text() for folder in folders for path in folder.glob("*.py")}
    told = set(re.findall(r'(?:Bad\(\s*|Wait\([^()]*?,\s*)"(\w+)"', "".join(source.values()))) - {"number"} | {
        "owner_differs"
    }
    noted = set(re.findall(r'counts\["(\w+)"', source["importing/parsing"]))
    noted |= set(re.findall(r'(?:note\(|Note\()"(\w+)"', "".join(source.values()))) | {"sheet_later", "sheet_ignored"}
    noted |= {"placeholder_ids", "ids_ignored"}
    assert told == REASONS.keys() and noted == NOTES.keys()


cell = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.dates(),
    st.sampled_from(["1", "张三", "19901000001", "2#3", "浙A12345"]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(cell, max_size=12), max_size=12),
    st.sampled_from(["households", "rooms", "owners", "stairwells", "spaces"]),
)
def test_no_sheet_breaks_the_parser(rows: list[list[Any]], kind: str) -> None:
    fields = list(FIELDS)
    sheet = Sheet("表", rows)
    for start in (0, 7, 14, 20, 26):
        columns = {field: index for index, field in enumerate(fields[start : start + 12])} | {
            "number": 0,
            "owner_number": 1,
        }
        found = parse([sheet], {"表": Layout(kind, 0, columns)})
        assert all(room.gross_area is None or isinstance(room.gross_area, Decimal) for room in found.rooms.values())
        assert all(0 < problem.row <= len(rows) and problem.reason for problem in found.problems)
        assert all(occupancy.room in found.rooms for occupancy in found.occupancies)
