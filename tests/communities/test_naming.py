"""How buildings, stairwells and rooms are spelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.communities.naming import (
    Place,
    arabic,
    room_label,
    sort_key,
    sort_number,
    split_label,
    tidy_building,
    tidy_number,
    tidy_stairwell,
)

TEMPLATE = "{building}栋{stairwell}单元{room}"


@pytest.mark.parametrize("text", ["12", "12栋", "12号楼", "012", "十二栋", "１２幢", " 12 栋 ", "第12栋", "12#"])
def test_one_building_has_one_code(text: str) -> None:
    assert tidy_building(text) == "12"


def test_a_building_may_have_a_letter() -> None:
    assert tidy_building("a座") == "A"
    assert tidy_building("12A栋") == "12A"


@pytest.mark.parametrize(
    ("text", "code"), [("1单元", "1"), ("二单元", "2"), ("02", "2"), ("0", ""), ("无", ""), ("", "")]
)
def test_shops_have_no_stairwell(text: str, code: str) -> None:
    assert tidy_stairwell(text) == code


@pytest.mark.parametrize(
    ("text", "number"), [("0101室", "101"), ("商铺S01", "S01"), ("1302", "1302"), ("101-1", "101-1")]
)
def test_a_number_is_what_stands_on_the_door(text: str, number: str) -> None:
    assert tidy_number(text) == number


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("1栋1单元101", Place("1", "1", "101")),
        ("１号楼２单元１３０２室", Place("1", "2", "1302")),
        ("12号101室", Place("12", "", "101")),
        ("1-1-101", Place("1", "1", "101")),
        ("01-02-0101", Place("1", "2", "101")),
        ("3-502", Place("3", "", "502")),
        ("6栋商铺S17", Place("6", "", "S17")),
        ("A座1201", Place("A", "", "1201")),
        ("101", None),
        ("张三", None),
        ("", None),
    ],
)
def test_a_whole_label_is_taken_apart(label: str, place: Place | None) -> None:
    assert split_label(label) == place


def test_codes_read_in_order_and_labels_as_people_speak() -> None:
    home, shop = Place("3", "1", "1302"), Place("6", "", "S17")
    assert (home.code, shop.code) == ("03-01-1302", "06-S17")
    assert room_label(TEMPLATE, home, shop=False) == "3栋1单元1302"
    assert room_label(TEMPLATE, shop, shop=True) == "6栋商铺S17"
    assert room_label("{building}号{room}室", Place("12", "", "101"), shop=False) == "12号101室"
    assert sorted(["10-01-0101", "02-01-0101"], key=sort_key) == ["02-01-0101", "10-01-0101"]
    assert sorted(["A", "10", "2"], key=sort_number) == ["2", "10", "A"]


@pytest.mark.parametrize(
    ("text", "digits"), [("十二", "12"), ("二十", "20"), ("二十一", "21"), ("五", "5"), ("五号", "五号")]
)
def test_chinese_numerals_become_digits(text: str, digits: str) -> None:
    assert arabic(text) == digits


@given(st.text(max_size=30))
def test_no_text_breaks_the_spelling(text: str) -> None:
    for spell in (tidy_building, tidy_stairwell, tidy_number):
        assert isinstance(spell(text), str)
    split_label(text)


@given(st.integers(1, 99), st.integers(1, 9), st.integers(101, 3399))
def test_a_label_comes_back_as_its_place(building: int, stairwell: int, number: int) -> None:
    place = Place(str(building), str(stairwell), str(number))
    assert split_label(room_label(TEMPLATE, place, shop=False)) == place
    assert split_label(place.code) == place
