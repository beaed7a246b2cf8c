"""What the manager writes of a month, and the figures it is fixed with."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import as_json, record
from server.db import changed, fetch, row, transaction
from server.lib.formats import now
from server.lib.ids import uuid7
from server.quality import months
from server.quality.sections import SECTIONS
from server.security.actor import Actor


class Note(msgspec.Struct):
    """What is written of a month; version 0: nothing yet."""

    month: str
    findings: str | None = None
    fixed_at: dt.datetime | None = None
    fixed_name: str | None = None
    reopened_why: str | None = None
    version: int = 0


class Stale(Exception):
    """Somebody else has written meanwhile."""


class Fixed(Exception):
    """The report is fixed, or is not fixed when it should be."""


class NotOver(Exception):
    """A month that still runs is not fixed."""


COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(Note))


async def note_of(community_id: UUID, month: str) -> Note:
    """Return what is written of a month."""
    query = f"select {COLUMNS} from month_report where community_id = $1 and month = $2"
    return await row(Note, query, community_id, month) or Note(month)


async def fixed_figures(community_id: UUID, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Return what the sections of fixed months have counted: month → section → its Struct."""
    query = "select month, figures::text from month_report where community_id = $1 and month = any ($2) and fixed_at is not null"
    return {one["month"]: opened(one["figures"]) for one in await fetch(query, community_id, wanted)}


def opened(text: str) -> dict[str, Any]:
    """Return what the sections have counted, from the JSON of a fixed report; a section that is gone is left out."""
    held = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return {key: msgspec.json.decode(held[key], type=one.counted) for key, one in SECTIONS.items() if key in held}


async def counted(community_id: UUID, month: str, *, is_fixed: bool) -> dict[str, Any]:
    """Return what each section counts of a month: as it was fixed, or as it is now; earlier fixed months as they were fixed."""
    fixed = await fixed_figures(community_id, [month] if is_fixed else months.up_to(month, months.TREND + 1))
    if is_fixed and month in fixed:
        return fixed[month]
    found = {key: await section.count(community_id, month) for key, section in SECTIONS.items()}
    for earlier, held in fixed.items():
        found |= {
            key: SECTIONS[key].with_fixed(found[key], earlier, one) for key, one in held.items() if earlier != month
        }
    return found


async def write(month: str, findings: str, *, by: Actor, version: int, at: dt.datetime | None = None) -> None:
    """Write the findings of a month as seen in `version`. Raise Fixed, Stale, or NotFoundException for who does not decide."""
    if not by.can("report.decide"):
        raise NotFoundException
    async with transaction():
        seen = await note_of(by.here, month)
        if seen.fixed_at is not None:
            raise Fixed
        if seen.version != version:
            raise Stale
        query = """insert into month_report (id, community_id, month, findings) values ($1, $2, $3, $4)
            on conflict (community_id, month) do update set findings = $4, version = month_report.version + 1
            where month_report.version = $5 and month_report.fixed_at is null"""
        if not await changed(query, uuid7(), by.here, month, findings, version):
            raise Stale
        await record(
            by, "report.write", community_id=by.here, entity="month_report", before={"month": month, "findings": seen.findings},
            after={"month": month, "findings": findings}, device_at=at,
        )  # fmt: skip


async def fix(month: str, *, by: Actor, version: int, at: dt.datetime | None = None) -> None:
    """Fix the report of a month that is over, with its figures as they are now. Raise NotOver, Fixed (or nothing is written), Stale."""
    if not by.can("report.decide"):
        raise NotFoundException
    if not months.is_over(month, at):
        raise NotOver
    async with transaction():
        seen = await note_of(by.here, month)
        if seen.fixed_at is not None or not seen.findings:
            raise Fixed
        figures = as_json(await counted(by.here, month, is_fixed=False))
        query = """update month_report set figures = $4, fixed_at = $5, fixed_name = $6, version = version + 1
            where community_id = $1 and month = $2 and version = $3 and fixed_at is null"""
        if not await changed(query, by.here, month, version, figures, at or now(), by.name):
            raise Stale
        after = {"month": month, "findings": seen.findings}
        await record(by, "report.fix", community_id=by.here, entity="month_report", after=after)


async def reopen(month: str, reason: str, *, by: Actor, version: int) -> None:
    """Open a fixed report again, because of `reason`: its figures are counted anew from then on. Raise Fixed, Stale."""
    if not by.can("report.decide"):
        raise NotFoundException
    async with transaction():
        seen = await note_of(by.here, month)
        if seen.fixed_at is None:
            raise Fixed
        query = """update month_report set figures = null, fixed_at = null, fixed_name = null, reopened_why = $4, version = version + 1
            where community_id = $1 and month = $2 and version = $3 and fixed_at is not null"""
        if not await changed(query, by.here, month, version, reason):
            raise Stale
        before = {"month": month, "fixed_at": seen.fixed_at, "fixed_name": seen.fixed_name}
        await record(by, "report.reopen", community_id=by.here, entity="month_report", before=before, reason=reason)
