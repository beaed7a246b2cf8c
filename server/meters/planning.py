"""What a file of readings would do: make meters, add readings, or wait. Pure: plain values in, a `Plan` out."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.communities.importing.cells import Bad
from server.communities.importing.problems import Note, Problem
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.meters import plausibility
from server.meters.kinds import COUNTED, FLAGS, KINDS
from server.meters.sheets import Line, Readings
from server.meters.usage import plain

PREFIXES = {"water": "S", "hot_water": "RS", "power": "D", "gas": "Q", "heat": "R"}
"""What a meter without a number of its own is numbered by: the kind, then the room's code."""


class KnownRoom(msgspec.Struct):
    """A room of the register."""

    id: UUID
    code: str
    label: str
    sort: str
    occupied: bool


class KnownMeter(msgspec.Struct):
    """A meter that hangs."""

    id: UUID
    kind: str
    number: str
    room_id: UUID | None
    place: str
    digits: int
    ratio: Decimal


class KnownReading(msgspec.Struct):
    """A reading of a meter that hangs; the newest come first."""

    meter_id: UUID
    period: str
    kind: str
    value: Decimal | None
    usage: Decimal | None
    status: str


class Known(msgspec.Struct):
    """What is registered."""

    rooms: dict[str, KnownRoom]
    meters: list[KnownMeter]
    readings: list[KnownReading]


class Plan(msgspec.Struct):
    """What would happen: rows to create in `meter` and `meter_reading`."""

    meters: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    problems: list[Problem] = []
    notes: list[Note] = []
    rows: int = 0
    meters_unchanged: int = 0
    readings_unchanged: int = 0

    @property
    def changes(self) -> Sequence[Any]:
        """Nothing: a file of readings changes nothing that is there."""
        return ()

    @property
    def refused_rows(self) -> int:
        """How many rows of the file wait."""
        return len({(problem.sheet, problem.row) for problem in self.problems})

    def figures(self) -> dict[str, dict[str, int]]:
        """The counts, for JSON."""
        return {
            "meters": _figures(len(self.meters), self.meters_unchanged),
            "readings": _figures(len(self.readings), self.readings_unchanged),
        }


def _figures(created: int, unchanged: int) -> dict[str, int]:
    return {"created": created, "changed": 0, "unchanged": unchanged, "total": created + unchanged}


class Wait(Exception):
    """A row has to wait: `field` is where, `why` the reason."""

    def __init__(self, field: str, code: str, **details: str) -> None:
        super().__init__(code)
        self.field, self.why = field, Bad(code, details)


def plan(readings: Readings, known: Known, today: date) -> Plan:
    """Return what `readings` (a parsed file) would do to what is `known` on the day `today`."""
    return _Planner(readings, known, today).plan()


class _Planner:
    def __init__(self, readings: Readings, known: Known, today: date) -> None:
        self.lines, self.known, self.today = readings.lines, known, today
        self.made = Plan(problems=list(readings.problems), notes=list(readings.notes), rows=readings.rows)
        self.of_room: dict[tuple[str, UUID], list[KnownMeter]] = defaultdict(list)
        self.by_number: dict[tuple[str, str], KnownMeter] = {}
        for meter in known.meters:
            self._remember(meter)
        self.past: dict[UUID, list[KnownReading]] = defaultdict(list)
        for reading in known.readings:
            self.past[reading.meter_id].append(reading)
        self.rows: dict[tuple[UUID, str], int] = {}
        self.seen: set[UUID] = set()
        self.new: set[UUID] = set()
        self.odd: Counter[str] = Counter()

    def _remember(self, meter: KnownMeter) -> None:
        self.by_number[meter.kind, meter.number] = meter
        if meter.room_id is not None:
            self.of_room[meter.kind, meter.room_id].append(meter)

    def plan(self) -> Plan:
        """Go through the lines, the older ones first, so that a file may hold several months of one meter."""
        for line in sorted(self.lines, key=lambda one: one.read_on):
            try:
                self._take(line)
            except Wait as wait:
                line.at.fail(wait.field, wait.why)
                self.made.problems.append(line.at.problems[-1])
        if self.odd:
            why = "、".join(f"{_(FLAGS[flag])} {count}" for flag, count in self.odd.most_common())
            self.made.notes.append(Note("readings_doubtful", {"count": str(self.odd.total()), "why": why}))
        if self.new:
            self.made.notes.append(Note("meters_new", {"count": str(len(self.new))}))
        self.made.meters_unchanged = len(self.seen - self.new)
        self.made.problems.sort(key=lambda problem: (problem.sheet, problem.row, problem.column))
        return self.made

    def _take(self, line: Line) -> None:
        """Plan one line; raise Wait when it has to."""
        if line.read_on > self.today:
            raise Wait("read_at", "reading_future")
        meter, room = self._meter(line)
        past, period = self.past[meter.id], f"{line.read_on:%Y-%m}"
        here = next((one for one in past if one.period == period and one.kind != "initial"), None)
        if here is not None:
            self._again(line, meter, here, period)
            return
        if any(one.period > period and one.kind != "initial" for one in past):
            raise Wait("value", "reading_older", period=max(one.period for one in past))
        judged = plausibility.judge(self._known(line, meter, room, past), line.value)
        self._refuse_lower(line, past, judged)
        self._create_meter(line, meter, room)
        self._begin(line, meter, past)
        self._add(meter, "actual", line.value, line.read_on, judged)
        self.rows[meter.id, period] = line.at.origin.row

    def _again(self, line: Line, meter: KnownMeter, here: KnownReading, period: str) -> None:
        """The meter has a reading of this period: the same one is nothing new, another one waits."""
        if here.value == line.value:
            self.seen.add(meter.id)
            self.made.readings_unchanged += 1
        elif (meter.id, period) in self.rows:
            raise Wait("value", "reading_twice", row=str(self.rows[meter.id, period]))
        else:
            raise Wait(
                "value", "reading_known_differs", period=period, known="—" if here.value is None else plain(here.value)
            )

    def _meter(self, line: Line) -> tuple[KnownMeter, KnownRoom | None]:
        """Return the line's meter, a new one when none is known yet; raise Wait."""
        room = self.known.rooms.get(line.room) if line.room else None
        if line.room and room is None:
            raise Wait("number" if "number" in line.at.layout.columns else "place", "room_unknown")
        if line.number:
            found = self.by_number.get((line.meters, line.number))
            if found is not None and room is not None and found.room_id != room.id:
                raise Wait("meter_number", "meter_elsewhere", place=found.place)
            if found is None and room is None:
                raise Wait("meter_number", "meter_unknown")
        else:
            assert room is not None
            several = self.of_room[line.meters, room.id]
            if len(several) > 1:
                raise Wait("number", "meter_several", count=str(len(several)))
            found = several[0] if several else None
        if found is not None and line.ratio is not None and line.ratio != found.ratio:
            raise Wait("meter_ratio", "meter_ratio", known=plain(found.ratio))
        if found is None:
            assert room is not None
            number = line.number or f"{PREFIXES[line.meters]}-{room.code}"
            digits = max(KINDS[line.meters].digits, len(str(int(line.value))))
            found = KnownMeter(uuid7(), line.meters, number, room.id, room.label, digits, line.ratio or Decimal(1))
        return found, room

    def _known(
        self, line: Line, meter: KnownMeter, room: KnownRoom | None, past: list[KnownReading]
    ) -> plausibility.Known:
        """Return what the reading is judged by."""
        counted = [one for one in past if one.status in COUNTED]
        figures = [one for one in counted if one.value is not None]
        previous = self._previous(line, figures)
        estimated = bool(figures) and figures[0].kind == "estimated"
        real = next((one.value for one in figures if one.kind != "estimated"), None) if estimated else None
        usual = plausibility.usual_of([one.usage for one in counted if one.usage is not None])
        return plausibility.Known(meter.digits, meter.ratio, previous, real, usual, bool(room and room.occupied))

    def _previous(self, line: Line, figures: list[KnownReading]) -> Decimal | None:
        """Return the figure before: the registered one, which the file has to agree with; raise Wait."""
        if not figures:
            return line.last_value
        last = figures[0]
        same_month = line.last_on is None or f"{line.last_on:%Y-%m}" == last.period or last.kind == "initial"
        if line.last_value is None or (line.last_value == last.value):
            return last.value
        if same_month or (last.value is not None and line.last_value < last.value):
            raise Wait("last_value", "reading_last_differs", known="" if last.value is None else plain(last.value))
        return line.last_value

    def _refuse_lower(self, line: Line, past: list[KnownReading], judged: plausibility.Judged) -> None:
        """Raise Wait for a reading below the one before."""
        last = line.last_value
        before = plain(
            last if last is not None else next((one.value for one in past if one.value is not None), Decimal(0))
        )
        if "backwards" in judged.flags:
            raise Wait("value", "reading_backwards", before=before)
        if "rollover" in judged.flags:
            raise Wait("value", "reading_rollover", before=before)

    def _create_meter(self, line: Line, meter: KnownMeter, room: KnownRoom | None) -> None:
        """Make the row of a meter that is new."""
        self.seen.add(meter.id)
        if (meter.kind, meter.number) in self.by_number or room is None:
            return
        self._remember(meter)
        self.new.add(meter.id)
        self.made.meters.append(msgspec.structs.asdict(meter) | {"sort": room.sort})

    def _begin(self, line: Line, meter: KnownMeter, past: list[KnownReading]) -> None:
        """Add the file's previous figure where nothing is known of its month: that is where the meter begins, or a gap."""
        if line.last_value is None:
            return
        if past and any(one.value == line.last_value for one in past):
            return
        on = line.last_on or date(line.read_on.year - (line.read_on.month == 1), (line.read_on.month - 2) % 12 + 1, 28)
        if on < line.read_on and all(one.period < f"{on:%Y-%m}" for one in past):
            self._add(meter, "actual" if past else "initial", line.last_value, on, plausibility.Judged(None))

    def _add(self, meter: KnownMeter, kind: str, value: Decimal, on: date, judged: plausibility.Judged) -> None:
        """Make the row of a reading."""
        period, flags = f"{on:%Y-%m}", list(judged.flags)
        status = "doubtful" if flags else "ok"
        if flags:
            self.odd[flags[0]] += 1
        self.past[meter.id].insert(0, KnownReading(meter.id, period, kind, value, judged.usage, status))
        self.made.readings.append(
            {
                "id": uuid7(), "meter_id": meter.id, "period": period, "kind": kind, "value": value, "usage": judged.usage,
                "flags": flags, "status": status, "read_on": on,
            }
        )  # fmt: skip
