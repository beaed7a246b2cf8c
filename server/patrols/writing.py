"""Writes what an operation has changed in a round: its row and the row of one point."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from server.db import execute, fetchval
from server.patrols.entries import Entry, score
from server.sync.operations import Op

Document = dict[str, Any]


@dataclass
class Walked:
    """An operation with the round before and after it, and what looks like faking."""

    op: Op
    before: Document
    after: Document
    signs: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Take over what the sync itself has noticed."""
        self.signs |= {
            {"clock": "clock", "late": "late_sync"}[flag] for flag in self.op.flags if flag in ("clock", "late")
        }

    @property
    def point(self) -> Document:
        """The point the operation is about, as it is after it; raise StopIteration when there is none."""
        found: Document = next(one for one in self.after["points"] if one["id"] == self.op.args.get("point"))
        return found


def moment(milliseconds: int | None) -> datetime | None:
    """Return milliseconds since 1970 as a moment."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


ROUND = """
update patrol_round set state = $2, people = $3, holder_id = $4, handed = $5, started_at = $6, finished_at = $7, signed = $8,
    note = $9, found = $10, signature = $12, is_on_phones = true, version = version + 1,
    signs = (select coalesce(jsonb_agg(distinct sign), '[]') from jsonb_array_elements(signs || $11::jsonb) as sign)
where id = $1 returning version
"""


async def write_round(walked: Walked) -> int:
    """Write the round's row; return its new version."""
    now = walked.after
    return int(
        await fetchval(
            ROUND, UUID(now["id"]), now["state"], as_text(now["people"]), UUID(now["holder"]) if now["holder"] else None,
            as_text([one | {"pending": False} for one in now["handed"]]), moment(now["started"]), moment(now["finished"]),
            now["signed"][:60] or None, now["note"] or None, now["found"], as_text(sorted(walked.signs)),
            UUID(now["signature"][0]["id"]) if now["signature"] else None,
        )
    )  # fmt: skip


POINT = """
update patrol_point set scanned_at = $2, scanned_by = $3, grade = $4, done_at = $5, reason = coalesce(reason, $6),
    device_at = coalesce(device_at, $7), received_at = coalesce(received_at, now()),
    done_by = coalesce(done_by, $8), score = coalesce($9, score),
    signs = (select coalesce(jsonb_agg(distinct sign), '[]') from jsonb_array_elements(signs || $10::jsonb) as sign)
where id = $1
"""


async def write_point(walked: Walked, point_id: UUID, entries: list[Entry] | None = None) -> None:
    """Write the row of the operation's point; `entries` of its list when it is being finished, for its score."""
    point, op = walked.point, walked.op
    await execute(
        POINT, point_id, moment(point["at"]), point["by"] or None, point["grade"] or None, moment(point["done"]),
        str(op.args.get("reason") or "")[:200] or None, op.made_at, op.by.name if entries else None,
        score(entries, point["checks"]) if entries else None, as_text(sorted(walked.signs)),
    )  # fmt: skip


def as_text(value: Any) -> str:
    """Return plain values as JSON text for a jsonb column."""
    return msgspec.json.encode(value).decode()
