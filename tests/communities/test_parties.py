from uuid import uuid4

from server.communities.parties import Known, Party, hints, read_parties
from server.lib.forms import Form


def known(name: str, phone: str | None) -> Known:
    return Known(uuid4(), name, phone, None, [])


def test_same_name_and_phone_is_surely_the_same_person() -> None:
    found = hints(Party(1, "陈晓明", "19900000101"), [known("陈晓明", "19900000101"), known("陈晓明", "19900000999")])
    assert [one.is_surely for one in found] == [True, False]


def test_a_number_of_many_names_is_nobodys() -> None:
    crowd = [known(name, "19912341234") for name in ("甲一", "乙二", "丙三", "丁四")]
    assert hints(Party(1, "陈晓明", "19912341234"), crowd) == []


def test_a_filler_is_refused_as_a_phone() -> None:
    form: Form[object] = Form(values={"name_1": "陈晓明", "phone_1": "18999999999"})
    read_parties(form, 1)
    assert "占位" in form.errors["phone_1"]


def test_the_first_name_is_required_and_a_phone_needs_a_name() -> None:
    form: Form[object] = Form(values={"phone_2": "19900000101"})
    assert read_parties(form, 2) == []
    assert set(form.errors) == {"name_1", "name_2"}
