"""Strategies and settings for what the server and the phone must do alike, shared by every feature's `tests/<feature>/parity.py`.

A feature's file has CASES = {(type of operation, kind): strategy of (document or None, op)} and PAGES = {template: strategy of a context}. What
every page is given (`me`, `path`, `params`, `query`, `now`, `problem`, `typed`) is added when the context leaves it out.
"""

import importlib
import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from server.config import ROOT

Json = dict[str, Any]

NOON = 1795406400000  # 2026-11-23 12:00 in China
HOSTILE = [
    "<b>&amp;</b>",
    "\"'`",
    "</script>",
    "${c}",
    "\\",
    "%(n)s 100%",
    "__proto__",
    "constructor",
    "é漢字👍🏽",
    " \u3000x ",
    "\x1c\x85",
    "İßσΣ",
    "",
]

texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ids = st.sampled_from([f"0198c5a0-0000-7000-8000-{n:012x}" for n in range(1, 9)])
small = st.integers(-20, 120)
moments = st.integers(NOON - 40 * 86_400_000, NOON + 86_400_000) | st.sampled_from([NOON, 0, NOON - 86_400_000])
decimals = st.from_regex(r"-?[0-9]{1,6}(\.[0-9]{1,3})?", fullmatch=True, alphabet="-.0123456789")

ME = {
    "kind": "me", "v": 1, "id": "0198c5a0-0000-7000-8000-000000000000", "name": "王<小>明", "person": "", "locale": "zh-CN", "posts": ["patrol"],
    "community": "0198c5a0-0000-7000-8000-0000000000ff", "community_name": "阳光花园", "capabilities": ["patrol.do"], "is_staff": True, "csrf": "a-token",
    "tabs": [{"href": "/", "label": "首页", "icon": "house", "count": 0}, {"href": "/field/rounds", "label": "巡查", "icon": "footprints", "count": 120}],
}  # fmt: skip
EVERY_PAGE: Json = {
    "me": ME, "path": "/field/rounds/1", "params": {}, "query": {}, "now": NOON, "problem": "", "typed": {},
}  # fmt: skip

counts: Counter[str] = Counter()
"""How many cases of each kind have been compared, for the summary."""

TIMES = int(os.environ.get("NEIYE_PARITY", "1"))
"""How many times more cases than usual, for a long night."""


def cases(n: int) -> settings:
    """Return settings for `n` generated cases, always the same ones."""
    return settings(
        max_examples=n * TIMES,
        derandomize=TIMES == 1,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def share(among: int) -> settings:
    """Return settings for one of `among` features that share some hundred cases, so that the whole stays quick."""
    return cases(max(30, 400 // max(among, 1)))


def collected(name: str) -> dict[Any, Any]:
    """Return CASES or PAGES of all features."""
    found: dict[Any, Any] = {}
    for path in sorted((ROOT / "tests").glob("*/parity.py")):
        if path.parent.name != "support":
            found |= getattr(importlib.import_module(f"tests.{path.parent.name}.parity"), name, {})
    return found
