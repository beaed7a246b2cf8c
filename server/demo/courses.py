"""How the repairs of the demonstration go: most are quick, some drag, a few are taken back, charged, or have to be done again."""

from random import Random

from server.demo.prices import PRICES

WHOLE_LIFE = ("report", "accept", "dispatch", "take", "arrive", "start", "finish", "confirm", "close")
TAKEN_BACK = ("report", "accept", "cancel")
AGAIN = ("rework", "take", "arrive", "start", "finish")
CHARGED = {"water", "power", "doors"}
PAUSES = {
    "accept": 20, "dispatch": 35, "take": 40, "arrive": 70, "quote": 8, "agree": 15, "start": 10, "finish": 80, "rework": 300, "confirm": 600,
    "pay": 200, "follow_up": 1500, "close": 1, "cancel": 90,
}  # fmt: skip
"""Minutes between steps, on average."""

NOT_OURS = frozenset({"rework", "confirm", "pay", "follow_up"})
"""Steps that take as long as they take, whatever the hurry."""

PACES = {"P2": 0.1, "P4": 8.0}
DRAGS = 12
"""How much longer it takes when it drags: no part, a weekend, nobody at home."""

NOTES = {"rework": "还是老样子，没修好，请再来一趟。", "cancel": "自己弄好了，不用来了。"}


def course(random: Random, category: str, *, common: bool) -> tuple[str, ...]:
    """Return the steps of a repair that is over."""
    luck = random.random()
    if luck < 0.03:
        return TAKEN_BACK
    steps: tuple[str, ...] = WHOLE_LIFE
    if not common and category in CHARGED and random.random() < 0.3:
        steps = (*steps[:5], "quote", "agree", *steps[5:-1], "pay", "close")
    done = steps.index("finish") + 1
    return steps[:done] + AGAIN + steps[done:] if luck < 0.08 else steps


def pace(random: Random, level: str, days_ago: float) -> float:
    """Return how many times the average a repair takes; the office has become quicker over the year."""
    drags = random.random() < 0.05 + days_ago / 3000
    return PACES.get(level, 1.0) * (DRAGS if drags else 1)


def minutes(random: Random, verb: str, times: float) -> float:
    """Return how many minutes pass before a step."""
    return 1 + random.expovariate(1 / PAUSES[verb]) * (1 if verb in NOT_OURS else times)


def bill(random: Random, category: str) -> list[tuple[str, str, str, int]]:
    """Return what a repair is charged: the call-out and something of its category, as (kind, name, unit, 分)."""
    fitting = [(kind, name, unit, price) for kind, of, name, unit, price in PRICES if of == category]
    return [("labour", "上门费", "次", 2000), random.choice(fitting)]
