"""Runs as plain data: who the phones are and what happens to them, step by step, all from one seed. And how a failing run gets smaller."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

Step = dict[str, Any]
Plan = dict[str, Any]

PHONES = 3
PEOPLE = (0, 1, 0)
"""Whose each phone is: the first person has two."""

START = 1_790_000_000_000
DAY = 86_400_000
PHOTOS = 6
"""Pictures to choose from; the last two need more than one piece."""

REAL = 30
"""One run of so many uses the browser's own IndexedDB and HTTP, the others quick ones in memory."""


def save(dice: random.Random) -> Step:
    """Return a save of some operation."""
    type_ = dice.choices(("card.make", "card.tick", "card.name", "card.prove", "secret.tick"), (6, 10, 5, 1, 3))[0]
    photos = {"card.make": 0.2, "card.prove": 1.0}.get(type_, 0.0)
    count = dice.choice((1, 1, 2)) if dice.random() < photos else 0
    chosen = [dice.choices(range(PHOTOS), (4, 4, 4, 4, 2, 2))[0] for _ in range(count)]
    return {"type": type_, "which": dice.randrange(1000), "photos": chosen, "mark": f"{dice.getrandbits(40):x}"}


STEPS: dict[str, tuple[int, Callable[[random.Random], Step]]] = {
    "save": (28, save),
    "burst": (2, lambda dice: {**save(dice), "count": dice.randrange(3, 9)}),
    "wait": (8, lambda dice: {"ms": int(1000 * 2 ** dice.uniform(0, 7))}),
    "night": (1, lambda dice: {"ms": int(dice.choice((3, 8, 50)) * 3_600_000)}),
    "kick": (10, lambda dice: {}),
    "weather": (16, lambda dice: {"to": dice.choice(("fair", "fair", "foul", "foul", "foul", "gone", "gone", "portal")), "all": dice.random() < 0.25}),
    "clock": (3, lambda dice: {"ms": int(dice.choice((-1, 1)) * 10 ** dice.uniform(2, 8))}),
    "kill": (4, lambda dice: {}),
    "doom": (4, lambda dice: {"when": dice.choice(("before", "after"))}),
    "expire": (2, lambda dice: {}),
    "signIn": (3, lambda dice: {}),
    "wipe": (1, lambda dice: {}),
    "tab": (3, lambda dice: {}),
    "desk": (8, lambda dice: {"what": dice.choice(("tick", "tick", "name", "make", "secret", "remove", "begin", "begin", "commit", "commit")), "which": dice.randrange(1000)}),
    "posts": (3, lambda dice: {"posts": dice.choice((["patrol", "clerk"], ["patrol", "clerk"], ["patrol"], ["clerk"], []))}),
    "piece": (2, lambda dice: {}),
}  # fmt: skip
"""What may happen: {step: (how often, its details)}."""


def plan_of(seed: int, number: int, length: int) -> Plan:
    """Return run `number` of `seed`, `length` steps long."""
    dice = random.Random(f"{seed}/{number}")
    names, weights = list(STEPS), [weight for weight, _ in STEPS.values()]
    steps = []
    for _ in range(length):
        name = dice.choices(names, weights)[0]
        then = dice.choice((0, 0, 0, 50, 300, 2000))
        steps.append({"do": name, "phone": dice.randrange(PHONES), "then": then} | STEPS[name][1](dice))
    if dice.random() < 0.25:
        restored(dice, steps)
    ages = ["" for _ in range(PHONES)]
    if dice.random() < 0.4:
        ages[dice.randrange(PHONES)] = dice.choice(("old", "old", "new"))
    real = number % REAL == 0
    return {"seed": dice.randrange(2**31), "real": real, "number": number, "start": START, "ages": ages, "steps": steps}


def restored(dice: random.Random, steps: list[Step]) -> None:
    """Let a backup be made and, later, take its place; nobody sleeps through the days in which photos stay on the phone."""
    steps[:] = [step for step in steps if step["do"] != "night"]
    first, second = sorted(dice.sample(range(len(steps)), 2))
    steps.insert(second, {"do": "restore", "then": 0})
    steps.insert(first, {"do": "backup", "then": 0})


async def smaller(plan: Plan, fails: Callable[[Plan], Awaitable[bool]], tries: int) -> Plan:
    """Return a shorter plan that still fails: first the shortest prefix found by halving, then without what is not needed."""
    steps, size = list(plan["steps"]), len(plan["steps"])
    while tries > 0 and size >= 1:
        size = min(size, max(1, len(steps)))
        shrunk = False
        for begin in range(0, len(steps), size):
            rest = steps[:begin] + steps[begin + size :]
            if tries <= 0:
                break
            tries -= 1
            if await fails(plan | {"steps": rest}):
                steps, shrunk = rest, True
                break
        if not shrunk:
            size //= 2
    return plan | {"steps": steps}
