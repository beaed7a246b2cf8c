"""Many runs, one after another: counts them, and makes the first failing one as small as it can."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.plans import Plan, plan_of, smaller
from tests.chaos.stage import Stage

TRIES = 60
"""Replays for making a failing run smaller."""


class Found:
    """What came of runs so far."""

    def __init__(self, seed: int, length: int) -> None:
        self.seed, self.length = seed, length
        self.runs = 0
        self.seconds = 0.0
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []

    def plain(self) -> dict[str, Any]:
        """Return it for printing."""
        return {
            "seed": self.seed, "runs": self.runs, "steps_each": self.length, "seconds": round(self.seconds, 1),
            "violations": self.violations(), "counts": dict(sorted(self.counts.items())), "failures": self.failures,
        }  # fmt: skip

    def violations(self) -> dict[str, int]:
        """Return how many failing runs violated what."""
        return dict(Counter(name for one in self.failures for name in {said.split(":")[0] for said in one["broken"]}))

    def said(self) -> str:
        """Return it in words: the counts in one paragraph, each failure with its seed and steps."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        lines = [f"chaos: {self.runs} runs of {self.length} steps, seed {self.seed}, {self.seconds:.0f} s: {counts}"]
        for one in self.failures:
            lines.append(f"run {one['number']}: {'; '.join(one['broken'][:5])}")
            lines.append(f"  again: neiye chaos --seed {self.seed} --run {one['number']} --steps {self.length}")
            lines += [f"  {json.dumps(step, ensure_ascii=False)}" for step in one["steps"]]
        return "\n".join(lines)


async def play_all(
    stage: Stage, seed: int, numbers: Iterable[int], length: int, *, shrink: bool = True, until: int = 1
) -> Found:
    """Play runs `numbers` of `seed`; stop after `until` failures; `shrink`: make each smaller first."""
    found = Found(seed, length)
    begun = time.perf_counter()
    for number in numbers:
        plan = plan_of(seed, number, length)
        told = await stage.play(plan)
        found.runs += 1
        found.counts.update(told["counts"])
        found.counts.update(f"outcome {record['state']}" for phone in told["phones"] for record in phone["records"])
        if told["broken"]:
            found.failures.append(await failure(stage, plan, told, shrink=shrink))
            if len(found.failures) >= until:
                break
    found.seconds = time.perf_counter() - begun
    return found


async def failure(stage: Stage, plan: Plan, told: dict[str, Any], *, shrink: bool) -> dict[str, Any]:
    """Return what is wrong with `plan`, with the fewest steps that show the same."""
    broken = told["broken"]
    kind = broken[0].split(":")[0]

    async def fails(shorter: Plan) -> bool:
        nonlocal broken
        again = (await stage.play(shorter))["broken"]
        if same := any(said.split(":")[0] == kind for said in again):
            broken = again
        return same

    if shrink:
        plan = await smaller(plan, fails, TRIES)
    return {"number": plan["number"], "broken": broken, "steps": plan["steps"]}
