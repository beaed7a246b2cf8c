"""Looks for what looks like faking, as the operations of a round come in."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from server.db import fetch, fetchval
from server.patrols import faking
from server.patrols.documents import answers_of
from server.patrols.entries import Entry, missing, read
from server.patrols.writing import Walked, moment
from server.sync.operations import Op


def needed(entries: Sequence[Entry], answers: Mapping[str, str]) -> list[str]:
    """Return every entry that must have an answer before the point is finished, answered or not."""
    return [*missing(entries, answers), *(one.id for one in entries if one.id in answers)]


def signs_of_scan(walked: Walked, position: int) -> set[str]:
    """Return what a scan shows: no plate, or out of its order."""
    visited = [int(one["id"]) for one in walked.before["points"] if one["at"] is not None]
    found = {"by_hand"} if walked.point["grade"] in ("none", "position") else set()
    late = faking.out_of_order(position, visited, in_order=walked.after["in_order"])
    return found | ({"order"} if late else set())


async def signs_of_photos(op: Op) -> set[str]:
    """Return whether a photo with the same bytes has been shown before, by whomever here."""
    if not op.photos:
        return set()
    query = """select exists (select from photo where community_id = $1 and sha256 = any ($2::text[])
        and not id = any ($3::uuid[]) and entity_id is not null)"""
    used = await fetchval(query, op.by.here, [one.sha256 for one in op.photos], [one.id for one in op.photos])
    return {"photo"} if used else set()


LAST = """
select id from patrol_point where checkpoint_id = $1 and done_at is not null and id <> $2 order by done_at desc limit $3
"""


async def signs_of_point(walked: Walked, point: asyncpg.Record, entries: Sequence[Entry]) -> set[str]:
    """Return what a finished point shows: left too soon, or the gauge's figures of the last rounds again."""
    done = moment(walked.point["done"])
    assert done is not None
    found = {"fast"} if faking.too_fast(moment(walked.point["at"]), done, walked.after["dwell"]) else set()
    ids: list[UUID] = [one["id"] for one in await fetch(LAST, point["checkpoint_id"], point["id"], faking.ENOUGH_ALIKE)]
    before = list((await answers_of(ids)).values())
    return found | ({"alike"} if faking.copied(before, walked.point["checks"], entries) else set())


async def signs_of_round(walked: Walked) -> set[str]:
    """Return what a finished round shows: one person at night, points left out, readings all alike."""
    after = walked.after
    found = {"alone"} if after["two"] and len(after["people"]) < 2 else set()
    if any(one["done"] is None for one in after["points"]):
        found.add("skipped")
    lists = {
        str(one["id"]): read(one["content"])
        for one in await fetch(
            "select id, content from checklist_version where id = any ($1::uuid[])",
            [UUID(one["list"]) for one in after["points"]],
        )
    }
    points = [(lists[one["list"]], one["checks"]) for one in after["points"]]
    return found | ({"alike"} if faking.all_alike(points) else set())
