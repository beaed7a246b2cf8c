"""The real client against the real server through a faulty network: nothing lost, nothing doubled, nothing foreign, whatever happens."""

import pytest

from tests.chaos.plans import PHONES, START
from tests.chaos.running import play_all
from tests.chaos.stage import Patch, stage
from tests.chaos.variants import VARIANTS, instead

SEED = 20261125
STEPS = 100
RUNS = 300
BLOCK = 50
"""Runs of one test: several can be played on several cores."""


@pytest.mark.parametrize("first", range(0, RUNS, BLOCK))
@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_whatever_the_network_does(db: str, first: int) -> None:
    async with stage() as played:
        found = await play_all(played, SEED, range(first, first + BLOCK), STEPS, shrink=False, until=BLOCK)
    print(f"\n{found.said()}")
    assert found.runs == BLOCK
    assert not found.failures, found.said()


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.timeout(300)
async def test_a_product_with_a_mistake_is_caught(db: str, name: str) -> None:
    variant = VARIANTS[name]
    async with stage(variant.scripts) as played, variant.server():
        found = await play_all(played, SEED, range(1, 30), STEPS, shrink=False)
    assert found.failures, f"{name} went unnoticed in {found.runs} runs"
    print(f"\n{name}: caught in run {found.runs}: {found.failures[0]['broken'][0][:200]}")
    assert set(found.violations()) & set(variant.caught_by), found.failures[0]["broken"]


CLASH = [
    {"do": "wait", "ms": 20_000},
    {"do": "backup"},
    {"do": "weather", "to": "gone", "all": True},
    {"do": "save", "type": "card.name", "which": 0, "photos": [], "mark": "mine"},
    *[{"do": "desk", "what": "name", "which": 0}] * 3,  # every card once: a name moves its card to the end
    {"do": "weather", "to": "fair", "all": True},
    {"do": "wait", "ms": 60_000},
    {"do": "again"},
    {"do": "save", "type": "card.tick", "which": 0, "photos": [], "mark": "later"},
    {"do": "wait", "ms": 60_000},
    {"do": "restore"},
    {"do": "wait", "ms": 60_000},
]
"""One phone's change clashes with a colleague's, is submitted anew, and then the server is restored from before all that."""

AS_IT_WAS = instead('record.state === "resolved" ?', "record.state === null ?")


@pytest.mark.parametrize("spoilt", [{}, {"push.js": AS_IT_WAS}], ids=["product", "handed in like the others"])
async def test_what_was_submitted_anew_has_no_second_effect_after_a_restore(db: str, spoilt: dict[str, Patch]) -> None:
    plan = {"seed": 1, "real": False, "number": 1, "start": START, "ages": [""] * PHONES, "steps": CLASH}
    async with stage(spoilt) as played:
        told = await played.play(plan)
    assert (told["counts"]["submitted anew"], told["counts"]["restored"]) == (1, 1)
    replaced = [one for phone in told["phones"] for one in phone["records"] if one.get("follower")]
    assert len(replaced) == 1
    assert {said.split(":")[0] for said in told["broken"]} == ({"I8"} if spoilt else set()), told["broken"]
    assert replaced[0]["state"] == ("applied" if spoilt else "discarded")
