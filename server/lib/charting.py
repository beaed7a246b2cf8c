"""Charts as the points of an SVG: bars and lines over a row of labels, with a scale of round numbers (pure).

The macro in templates/macros/charts.html draws them, and writes the same numbers as a table for whoever cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 632, 22, 224
"""The edges of the drawing within the SVG; what is left of it and below is for the axes' words."""

Number = Decimal | int | None


@dataclass(frozen=True)
class Series:
    """One row of numbers: what it is called, and whether it is drawn as bars or as a line."""

    label: str
    numbers: Sequence[Number]
    kind: str = "bar"  #: bar | line
    tone: str = "brand"  #: brand | warn


@dataclass(frozen=True)
class Mark:
    """One number as it is drawn."""

    x: int
    y: int
    width: int
    height: int
    text: str


@dataclass(frozen=True)
class Drawn:
    """A row of numbers as it is drawn; `lines` are the stretches without a gap, each a list of points."""

    label: str
    kind: str
    tone: str
    marks: list[Mark | None]
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Chart:
    """Everything the macro needs."""

    labels: list[tuple[int, str]]  #: x, text
    scale: list[tuple[int, str]]  #: y, text
    rows: list[Drawn]
    width: int = WIDTH
    height: int = HEIGHT


def steps(top: Decimal) -> list[Decimal]:
    """Return a scale from 0 to at least `top` in two to five steps of 1, 2 or 5 times a power of ten."""
    top = max(top, Decimal(4))
    step, factors = Decimal(1), (Decimal(2), Decimal("2.5"), Decimal(2))
    number = 0
    while step * 5 < top:
        step *= factors[number % 3]
        number += 1
    found = [step * n for n in range(6)]
    enough = next(n for n, one in enumerate(found) if one >= top)
    return found[: enough + 1]


def draw(labels: Sequence[str], series: Sequence[Series], *, most: int | None = None) -> Chart:
    """Return a chart of `series` over `labels`; `most` is the end of the scale where there is one, such as 100 percent."""
    numbers = [Decimal(one) for row in series for one in row.numbers if one is not None]
    scale = steps(max(numbers, default=Decimal(0)) if most is None else Decimal(most))
    slot = (RIGHT - LEFT) / max(len(labels), 1)
    bars = sum(row.kind == "bar" for row in series)
    middles = [round(LEFT + slot * (n + 0.5)) for n in range(len(labels))]
    drawn, nth = [], 0
    for row in series:
        drawn.append(_row(row, middles, scale[-1], slot * 0.7 / max(bars, 1), nth - bars / 2))
        nth += row.kind == "bar"
    return Chart(
        list(zip(middles, labels, strict=True)),
        [(_y(one, scale[-1]), _text(one)) for one in scale],
        drawn,
    )


def _row(row: Series, middles: list[int], top: Decimal, width: float, nth: float) -> Drawn:
    """Return one row as it is drawn: bars side by side from `nth` widths beside the middle, or a line through it."""
    marks: list[Mark | None] = []
    for x, number in zip(middles, row.numbers, strict=True):
        if number is None:
            marks.append(None)
            continue
        y = _y(Decimal(number), top)
        left = round(x + nth * width) if row.kind == "bar" else x
        marks.append(Mark(left, y, max(round(width) - 2, 2), BOTTOM - y, _text(Decimal(number))))
    return Drawn(row.label, row.kind, row.tone, marks, _stretches(marks) if row.kind == "line" else [])


def _stretches(marks: list[Mark | None]) -> list[str]:
    """Return the points of a line, a text for each stretch without a gap."""
    found: list[list[str]] = [[]]
    for mark in marks:
        if mark is None:
            found.append([])
        else:
            found[-1].append(f"{mark.x},{mark.y}")
    return [" ".join(points) for points in found if len(points) > 1]


def _y(number: Decimal, top: Decimal) -> int:
    """Return how far down a number is drawn."""
    return round(BOTTOM - (BOTTOM - TOP) * min(number, top) / top)


def _text(number: Decimal) -> str:
    """Return a number with at most one decimal."""
    return f"{number:.0f}" if number == number.to_integral_value() else f"{number:.1f}"
