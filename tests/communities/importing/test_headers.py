"""Headings by synonyms, in any order, below anything."""

import random

import pytest

from server.communities.importing.headers import FIELDS, KINDS, fingerprint, header_guess, match_row, normal, recognise
from server.communities.importing.mapping import NEEDED, choose, draft
from server.communities.importing.reading import Sheet

HEADINGS = ["楼号", "单元", "房间", "建筑面积", "业主名称", "手机号"]


@pytest.mark.parametrize(
    "heading", ["建筑面积", "建筑面积㎡", "建筑面积(平方米)", "* 建筑面积：", "建筑\n面积", "建筑面积（m²）", "面积"]
)
def test_a_heading_is_known_however_it_is_dressed(heading: str) -> None:
    assert match_row([heading]) == {"gross_area": 0}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("房号", "number"), ("房间号", "number"), ("房屋编号", "number"), ("户主", "name"), ("业主姓名", "name"), ("联系电话", "phone"),
        ("楼栋", "building"), ("幢号", "building"), ("租户电话", "tenant_phone"), ("套内面积", "net_area"), ("车牌号", "plates"), ("入住情况", "vacancy"),
    ],
)  # fmt: skip
def test_synonyms(heading: str, field: str) -> None:
    assert match_row([heading]) == {field: 0}


def test_every_synonym_belongs_to_one_field() -> None:
    seen: dict[str, str] = {}
    for field, (_label, headings) in FIELDS.items():
        for heading in headings:
            assert seen.setdefault(normal(heading), field) == field, heading


def test_every_kind_uses_fields_that_exist() -> None:
    assert all(field in FIELDS for _label, fields in KINDS.values() for field in fields)
    assert NEEDED.keys() == KINDS.keys()


def test_columns_may_stand_in_any_order() -> None:
    for seed in range(20):
        headings = HEADINGS.copy()
        random.Random(seed).shuffle(headings)
        layout = recognise(Sheet("表", [headings, ["1"] * 6]))
        assert layout is not None and layout.kind == "households"
        assert headings[layout.columns["gross_area"]] == "建筑面积"


def test_titles_and_instructions_may_stand_above() -> None:
    rows = [
        ["阳光花园业主清册"],
        [],
        ["说明：房号写数字", "", "业主"],
        HEADINGS,
        ["1", "1", "101", 89.37, "张三", "19901000001"],
    ]
    layout = recognise(Sheet("表", rows))
    assert layout is not None and layout.header_row == 4


def test_the_surer_heading_wins() -> None:
    assert match_row(["联系人", "业主姓名", "房号"])["name"] == 1


def test_unknown_headings_are_not_guessed() -> None:
    assert recognise(Sheet("表", [["甲", "乙", "丙"], ["1", "2", "3"]])) is None
    assert header_guess(Sheet("表", [["标题"], ["甲", "乙", "丙"], ["1", 2, 3]])) == 2


def test_a_layout_is_remembered_whatever_the_blanks() -> None:
    assert fingerprint(["房号 ", "姓名（必填）"]) == fingerprint(["房号", "姓名"]) != fingerprint(["姓名", "房号"])


def test_a_sheet_is_mapped_by_hand() -> None:
    sheet = Sheet("表", [["标题"], ["甲", "乙", "丙"], ["1-1-101", "张三", 89.37], ["1-1-102", "李四", 60.03]])
    shown = draft(sheet, None)
    assert (shown.kind, shown.header_row) == ("households", 2)
    assert [(column.letter, column.samples) for column in shown.columns] == [
        ("A", ["1-1-101", "1-1-102"]), ("B", ["张三", "李四"]), ("C", ["89.37", "60.03"]),
    ]  # fmt: skip
    layout, errors = choose(sheet, "households", 2, {0: "place", 1: "name", 2: "gross_area"})
    assert errors == {} and layout is not None and layout.columns == {"place": 0, "name": 1, "gross_area": 2}


def test_a_wrong_mapping_says_what_is_wrong() -> None:
    sheet = Sheet("表", [["甲", "乙"], ["1", "2"]])
    layout, errors = choose(sheet, "households", 1, {0: "name", 1: "name"})
    assert layout is None and errors.keys() == {0, 1, "kind"}


def test_a_table_without_headings_is_mapped_by_letters() -> None:
    sheet = Sheet("表", [["1-1-101", "张三"], ["1-1-102", "李四"]])
    shown = draft(sheet, None, header_row=0)
    assert [column.letter for column in shown.columns] == ["A", "B"]
    layout, _errors = choose(sheet, "households", 0, {0: "place", 1: "name"})
    assert layout is not None and layout.header_row == 0 and layout.letter("name") == "B"
