"""What a file would do to a register, worked out without a database."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from server.communities.importing.headers import Layout, recognise
from server.communities.importing.parsing import Register, parse
from server.communities.importing.planning import (
    COLUMNS,
    Known,
    KnownBuilding,
    KnownOccupancy,
    KnownPerson,
    KnownRoom,
    KnownSpace,
    KnownStairwell,
    KnownVehicle,
    Plan,
    plan,
)
from server.communities.importing.reading import Sheet

TODAY = date(2026, 11, 23)
HEADER = ["楼号", "单元", "房号", "建筑面积", "业主姓名", "手机号", "业主类型", "房屋状态"]
ROW = [1, 1, "101", 89.37, "张三", "19901000001", "业主", "已入住"]


def read(*rows: list[Any], header: list[str] = HEADER) -> tuple[Register, dict[str, Layout]]:
    sheet = Sheet("表", [header, *rows])
    layout = recognise(sheet)
    assert layout is not None
    return parse([sheet], {"表": layout}), {"表": layout}


def planned(known: Known, *rows: list[Any], header: list[str] = HEADER) -> Plan:
    register, layouts = read(*rows, header=header)
    return plan(register, known, layouts, "{building}栋{stairwell}单元{room}", TODAY)


def put_in(known: Known, made: Plan) -> Known:
    """Return the register after `made`, as the database would hold it."""
    kinds = {
        "building": KnownBuilding, "stairwell": KnownStairwell, "room": KnownRoom, "person": KnownPerson,
        "occupancy": KnownOccupancy, "space": KnownSpace, "vehicle": KnownVehicle,
    }  # fmt: skip
    plural = {"building": "buildings", "stairwell": "stairwells", "room": "rooms", "person": "persons",
              "occupancy": "occupancies", "space": "spaces", "vehicle": "vehicles"}  # fmt: skip
    after: dict[str, list[Any]] = {}
    for entity, kind in kinds.items():
        held = {one.id: msgspec.structs.replace(one) for one in getattr(known, plural[entity])}
        for change in made.changes:
            if change.entity == entity:
                value = UUID(str(change.after)) if change.field.endswith("_id") else change.after
                setattr(held[change.id], change.field, value)
        for values in made.new[entity]:
            record = dict(zip(COLUMNS[entity], values, strict=True))
            held[record["id"]] = kind(**{name: record[name] for name in kind.__struct_fields__})
        after[plural[entity]] = list(held.values())
    return Known(**after)


def known(*rows: list[Any]) -> Known:
    return put_in(Known(), planned(Known(), *rows))


def counted(made: Plan, what: str) -> tuple[int, int, int]:
    figures = made.counts[what]
    return (figures.created, figures.changed, figures.unchanged)


def test_everything_is_new_in_an_empty_register() -> None:
    made = planned(Known(), ROW)
    assert {
        what: counted(made, what)[0] for what in ("building", "stairwell", "room", "person", "occupancy")
    } == dict.fromkeys(("building", "stairwell", "room", "person", "occupancy"), 1)
    room = dict(zip(COLUMNS["room"], made.new["room"][0], strict=True))
    assert (room["code"], room["label"], room["kind"], room["vacancy"]) == (
        "01-01-0101",
        "1栋1单元101",
        "home",
        "occupied",
    )


def test_the_same_again_changes_nothing() -> None:
    again = planned(known(ROW), ROW)
    assert again.is_empty and counted(again, "room") == (0, 0, 1)


def test_a_changed_area_is_a_change_with_before_and_after() -> None:
    made = planned(known(ROW), [1, 1, "101", 90.01, "张三", "19901000001", "业主", "已出租"])
    assert {(change.field, change.before, change.after) for change in made.changes} == {
        ("gross_area", Decimal("89.37"), Decimal("90.01")), ("vacancy", "occupied", "let"),
    }  # fmt: skip
    assert counted(made, "room") == (0, 1, 0) and not made.new["room"]


def test_a_blank_cell_keeps_what_is_known() -> None:
    assert planned(known(ROW), [1, 1, "101", "", "张三", "", "", ""]).is_empty


def test_a_new_phone_of_the_same_person_in_the_same_room_is_a_change() -> None:
    made = planned(known(ROW), [*ROW[:5], "19901000009", *ROW[6:]])
    assert [(change.entity, change.field, change.after) for change in made.changes] == [
        ("person", "phone", "19901000009")
    ]
    assert counted(made, "occupancy") == (0, 0, 1)


def test_a_phone_that_was_missing_is_added() -> None:
    made = planned(known([*ROW[:5], "18999999999", *ROW[6:]]), ROW)
    assert [(change.field, change.before, change.after) for change in made.changes] == [("phone", None, "19901000001")]


def test_a_co_owner_is_added_beside_the_owner() -> None:
    made = planned(known(ROW), [*ROW[:4], "张三,李四", "19901000001,19901000002", *ROW[6:]])
    assert counted(made, "person") == (1, 0, 1)
    assert [record[3] for record in made.new["occupancy"]] == ["co_owner"]


def test_a_file_cannot_sell_a_home() -> None:
    made = planned(known(ROW), [*ROW[:4], "李四", "19901000002", *ROW[6:]])
    (problem,) = made.problems
    assert (problem.row, problem.column, problem.code) == (2, "E", "owner_differs")
    assert "张*" in problem.reason
    assert made.is_empty


def test_a_new_tenant_comes_in_beside_the_owner() -> None:
    made = planned(known(ROW), [*ROW[:4], "租小客", "19901000002", "租客", "已出租"])
    assert [record[3] for record in made.new["occupancy"]] == ["tenant"]
    assert not made.problems


def test_who_moved_out_is_not_brought_back_by_an_old_file() -> None:
    tenant = [*ROW[:4], "租小客", "19901000002", "租客", "已入住"]
    held = known(ROW, tenant)
    for occupancy in held.occupancies:
        if occupancy.role == "tenant":
            occupancy.until = TODAY - timedelta(days=30)
    made = planned(held, ROW, tenant)
    assert made.is_empty and "not_restored" in {note.code for note in made.notes}


def test_who_came_back_later_does_come_back() -> None:
    header = [*HEADER, "开始日期"]
    tenant = [*ROW[:4], "租小客", "19901000002", "租客", "已入住"]
    held = known(ROW, tenant)
    held.occupancies[1].until = date(2025, 12, 31)
    made = planned(held, [*tenant, "2026-03-01"], header=header)
    assert [record[4] for record in made.new["occupancy"]] == [date(2026, 3, 1)]


def test_a_namesake_without_a_phone_in_another_home_stays_somebody_else() -> None:
    held = known([1, 1, "101", 89.37, "张伟", "18999999999", "", ""])
    made = planned(held, [1, 1, "201", 89.37, "张伟", "18999999999", "", ""])
    assert counted(made, "person") == (1, 0, 0)


def test_an_owner_who_buys_a_second_home_is_recognised_by_name_and_phone() -> None:
    made = planned(known(ROW), [1, 1, "201", 60.03, *ROW[4:]])
    assert counted(made, "person") == (0, 0, 1) and counted(made, "occupancy") == (1, 0, 0)


def test_the_building_only_grows() -> None:
    header = ["楼号", "单元", "房号", "总层数", "业主"]
    held = put_in(Known(), planned(Known(), [1, 1, "101", 27, "张三"], header=header))
    assert planned(held, [1, 1, "101", 18, "张三"], header=header).is_empty
    assert counted(planned(held, [1, 1, "101", 33, "张三"], header=header), "building") == (0, 1, 0)


row = st.tuples(
    st.integers(1, 2), st.sampled_from([0, 1]), st.sampled_from(["101", "102", "S1"]), st.sampled_from([89.37, 60.03, "", -1]),
    st.sampled_from(["张伟", "李四", "张伟,李四", "王五", "甲有限公司", ""]),
    st.sampled_from(["19901000001", "19901000002", "19901000001,19901000002", "18999999999", "", "139"]),
    st.sampled_from(["业主", "租客", "家属", ""]), st.sampled_from(["已入住", "空置", ""]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(row, min_size=1, max_size=12))
def test_any_file_twice_changes_nothing_the_second_time(rows: list[tuple[Any, ...]]) -> None:
    first = planned(Known(), *map(list, rows))
    after = put_in(Known(), first)
    again = planned(after, *map(list, rows))
    assert again.is_empty, (first.new, again.new, again.changes)
    assert len(again.problems) == len(first.problems)
    people = {person.id for person in after.persons}
    assert {occupancy.person_id for occupancy in after.occupancies} == people


@settings(max_examples=150, deadline=None)
@given(st.lists(row, min_size=1, max_size=8), st.lists(row, min_size=1, max_size=8))
def test_a_second_file_also_settles_at_once(rows: list[tuple[Any, ...]], more: list[tuple[Any, ...]]) -> None:
    before = known(*map(list, rows))
    after = put_in(before, planned(before, *map(list, more)))
    assert planned(after, *map(list, more)).is_empty
    owners = [
        occupancy.room_id for occupancy in after.occupancies if occupancy.role == "owner" and occupancy.until is None
    ]
    assert len(owners) == len(set(owners)), "a room has one first owner"
