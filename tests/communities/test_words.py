import pytest

from server.communities.words import patterns


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("王建", [["%王建%"]]),
        ("王", [["%王%"]]),
        (" 王建国　1302 ", [["%王建国%"], ["%1302%"]]),
        ("浙A·12345", [["%浙a12345%"]]),
        ("138-0013-8000", [["%138-0013-8000%", "%13800138000%"]]),
        ("3-1-1302", [["%3-1-1302%", "%03-01-1302%"]]),
        ("３栋１单元1302室", [["%3栋1单元1302室%", "%03-01-1302%"]]),
        ("100%_\\", [["%100\\%\\_\\\\%"]]),
        ("", []),
    ],
)
def test_what_is_typed_becomes_patterns(typed: str, expected: list[list[str]]) -> None:
    assert patterns(typed) == expected


def test_endless_input_is_cut() -> None:
    assert len(patterns("一 " * 100)) == 6
    assert len(patterns("长" * 1000)[0][0]) == 42
