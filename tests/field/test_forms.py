"""A form of a field page is read as an operation by rules that the phone's script shares."""

from uuid import UUID

import pytest
from litestar.datastructures import FormMultiDict

from server.field.forms import LONGEST, inside, read

HAZARD = "019abc00-0000-7000-8000-000000000001"


def test_a_form_becomes_an_operation():
    sent = read(
        FormMultiDict(
            [
                ("_csrf", "x"),
                ("_entity", HAZARD),
                ("_base", "7"),
                ("_next", "/field/rounds"),
                ("result", " bad "),
                ("note", "漏水\r\n滴"),
            ]
        )
    )
    assert sent.entity_id == UUID(HAZARD)
    assert sent.base_version == 7
    assert sent.next == "/field/rounds"
    assert sent.args == {"result": "bad", "note": "漏水\n滴"}


def test_a_repeated_field_is_a_list_and_one_named_so_always_is():
    sent = read(FormMultiDict([("part", "a"), ("part", "b"), ("who[]", "x"), ("who[]", "")]))
    assert sent.args == {"part": ["a", "b"], "who": ["x"]}


def test_new_ids_are_made_where_the_form_asks_for_them():
    sent = read(FormMultiDict([("_new", "hazard"), ("_entity", "")]))
    assert UUID(sent.args["hazard"]).version == 7
    assert sent.entity_id.version == 7


@pytest.mark.parametrize(
    ("name", "value"), [("_entity", "../../etc"), ("_base", "-1"), ("_base", "99999999999"), ("_base", "x")]
)
def test_nonsense_in_its_own_fields_counts_as_left_empty(name, value):
    sent = read(FormMultiDict([(name, value)]))
    assert sent.base_version == 0
    assert sent.entity_id.version == 7


def test_what_is_too_long_is_cut_and_control_characters_are_dropped():
    sent = read(FormMultiDict([("note", "漏\x00" * (LONGEST + 5))]))
    assert sent.args["note"] == "漏" * LONGEST


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/field/", "/rooms", "/field//evil", "/field/a\nb", ""]
)
def test_a_form_never_leads_anywhere_but_to_a_field_page(path):
    assert inside(path) == ""


def test_a_field_page_with_a_query_is_inside():
    assert inside("/field/rounds/1/points/2?from=scan") == "/field/rounds/1/points/2?from=scan"
