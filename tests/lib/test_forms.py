"""Forms: every field's error at once, in Chinese, with what was typed kept; nothing that PostgreSQL would choke on."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from litestar.datastructures import FormMultiDict
from msgspec import Meta

from server.lib.forms import bind


class MoveIn(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(max_length=10)]
    area: Annotated[Decimal, Meta(gt=0)]
    since: date
    floor: int | None = None
    room: UUID | None = None
    kind: Literal["home", "shop"] = "home"
    let: bool = False
    plates: list[Annotated[str, Meta(max_length=8)]] = []


GOOD = {"name": " 陈晓明 ", "area": "89.37", "since": "2026-11-23"}


def test_a_good_form_becomes_a_struct():
    form = bind(MoveIn, GOOD | {"floor": "13", "let": "on", "plates": ["浙A12345", " ", "浙A54321"], "kind": "shop"})
    assert form.errors == {}
    assert form.data == MoveIn(
        name="陈晓明", area=Decimal("89.37"), since=date(2026, 11, 23), floor=13, let=True, kind="shop",
        plates=["浙A12345", "浙A54321"],
    )  # fmt: skip


def test_every_wrong_field_is_told_and_what_was_typed_is_kept():
    sent = {
        "name": "一二三四五六七八九十十一",
        "area": "八十九",
        "since": "下周",
        "floor": "1.5",
        "kind": "castle",
        "room": "x",
    }
    form = bind(MoveIn, sent)
    assert set(form.errors) == set(sent)
    assert form.errors["name"] == "最多 10 个字"
    assert form.values == sent
    assert not form.ok


def test_missing_fields_are_asked_for():
    assert bind(MoveIn, {"name": " "}).errors == dict.fromkeys(("name", "area", "since"), "请填写这一项")


def test_one_value_of_a_list_is_a_list():
    assert bind(MoveIn, FormMultiDict([*GOOD.items(), ("plates", "浙A12345")])).data.plates == ["浙A12345"]


def test_numbers_that_are_none_are_refused():
    for text in ("NaN", "Infinity", "-inf", "1e400", "0x10", "١٢", "1_000", ""):
        assert "area" in bind(MoveIn, GOOD | {"area": text}).errors, text


def test_dates_may_be_written_as_people_do():
    for text in ("2026-11-23", "2026/11/23", "2026.11.23", "2026年11月23日"):
        assert bind(MoveIn, GOOD | {"since": text}).data.since == date(2026, 11, 23)


@given(st.dictionaries(st.sampled_from([*MoveIn.__struct_fields__, "other"]), st.text()))
def test_nothing_that_is_sent_raises_or_lets_control_characters_through(sent):
    form = bind(MoveIn, sent)
    assert form.ok != bool(form.errors)
    if form.ok:
        assert "\x00" not in form.data.name


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999999.99"), places=2))
def test_an_area_is_read_exactly(area):
    assert bind(MoveIn, GOOD | {"area": f"{area:f}"}).data.area == area
