"""Phone numbers, and the fillers that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.communities.importing.cells import Bad
from server.communities.importing.phones import as_phone, is_filler, shared_phones, split_phones


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("19901000001", "19901000001"), ("199 0100 0001", "19901000001"), ("+86 199-0100-0001", "19901000001"),
        ("１９９０１０００００１", "19901000001"), ("0571-87654321", "057187654321"), ("0571-87654321-802", "057187654321"), ("87654321转8", "87654321"),
        ("4008001234", "4008001234"), ("+852 5123 4567", "85251234567"), ("", None), ("无", None), ("18999999999", None),
    ],
)  # fmt: skip
def test_a_number_is_kept_as_digits(text: str, digits: str | None) -> None:
    assert as_phone(text) == digits


@pytest.mark.parametrize(("text", "bad"), [("139001122", "phone_digits"), ("1390011223344", "phone_digits"), ("见备注", "phone_letters"), ("1990100000l", "phone_letters")])  # fmt: skip
def test_a_bad_number_says_why(text: str, bad: str) -> None:
    why = as_phone(text)
    assert isinstance(why, Bad) and why.code == bad


def test_nine_digits_are_counted() -> None:
    assert as_phone("139001122") == Bad("phone_digits", {"count": "9"})


@pytest.mark.parametrize(
    "digits", ["18999999999", "13800000000", "11111111111", "00000000", "13333333333", "16666666666"]
)
def test_fillers_are_no_phones(digits: str) -> None:
    assert is_filler(digits)


def test_an_ordinary_number_is_no_filler() -> None:
    assert not is_filler("19901000007")


def test_several_numbers_keep_their_places() -> None:
    assert split_phones("19901000001,,19901000002") == ["19901000001", "", "19901000002"]
    assert split_phones("19901000001、19901000002") == ["19901000001", "19901000002"]
    assert split_phones("19901000001 19901000002,") == ["19901000001", "19901000002"]
    assert split_phones("199 0100 0001") == ["199 0100 0001"]
    assert split_phones(" ") == []


def test_a_number_under_many_names_in_many_rooms_is_nobodys() -> None:
    strangers = [("19955555555", f"业主{index}", f"room {index}") for index in range(4)]
    family = [("19901000001", name, "room 1") for name in ("爸", "妈", "儿", "女", "婆")]
    assert shared_phones(strangers + family) == {"19955555555": 4}
    assert shared_phones(strangers[:3]) == {}


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = as_phone(text)
    assert found is None or isinstance(found, Bad) or (found.isascii() and found.isdigit() and len(found) <= 20)
    assert all(isinstance(part, str) for part in split_phones(text))
