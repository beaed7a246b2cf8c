"""What the icon sprite holds."""

import re
from functools import cache

from server.config import ROOT


@cache
def symbols() -> frozenset[str]:
    """Return the names of the icons in static/icons/sprite.svg."""
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
