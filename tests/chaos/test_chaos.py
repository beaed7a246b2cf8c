"""The real client against the real server through a faulty network: nothing lost, nothing doubled, nothing foreign, whatever happens."""

import pytest

from tests.chaos.running import play_all
from tests.chaos.stage import stage
from tests.chaos.variants import VARIANTS

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
