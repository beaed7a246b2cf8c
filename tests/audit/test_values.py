"""Codes in the audit are shown as the words people know them by."""

import pytest

from server.audit.reading import shown
from server.lib.i18n import speaking


@pytest.mark.parametrize(
    ("action", "field", "value", "word"),
    [
        ("photo.attach", "role", "report", "报修时的照片"),
        ("occupancy.move_in", "role", "co_owner", "共有人"),
        ("ticket.start", "state", "in_progress", "维修中"),
        ("ticket.report", "category", "lift", "电梯"),
        ("post.leave", "post", ["manager", "clerk"], "项目经理, 内业员"),
        ("photo.attach", "waiting", 0, 0),
        ("round.start", "state", "in_progress", "in_progress"),
        ("person.edit", "name", "report", "report"),
    ],
)
def test_a_code_is_shown_as_its_word(action, field, value, word):
    with speaking("zh-CN"):
        assert shown(action, field, value) == word
