"""Icons: those that templates name are there, and the sprite is made of the vendored files as they are."""

import re

from server.config import ROOT
from tests.pwa.sprite import symbols
from tests.support.pictures import sprite

NAMED = re.compile(r"""\bicon\(["']([\w-]+)["']|\bicon_name=["']([\w-]+)["']|empty_state\(\s*["']([\w-]+)["']""")


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        named = {name for match in NAMED.findall(path.read_text()) for name in match if name}
        assert named <= symbols(), path


def test_the_sprite_is_up_to_date() -> None:
    assert (ROOT / "static/icons/sprite.svg").read_text() == sprite()
