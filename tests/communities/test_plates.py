import pytest

from server.communities.vehicles import tidy_plate


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("浙a·12345", "浙A12345"),
        ("浙AD12345", "浙AD12345"),
        ("浙A12345D", "浙A12345D"),
        (" 沪 B 8 8 8 8 8 ", "沪B88888"),
        ("京A1234警", "京A1234警"),
        ("粤Z1234港", "粤Z1234港"),
        ("浙ＡＤ１２３４５", "浙AD12345"),
    ],
)
def test_plates_are_kept_one_way(typed: str, kept: str) -> None:
    assert tidy_plate(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "12345", "浙A1234", "浙A123456", "浙AI2345", "浙AO2345", "浙AX12345", "英A12345"]
)
def test_what_is_no_plate_is_refused(typed: str) -> None:
    assert tidy_plate(typed) is None
