"""Rounds and checklists as the documents that phones hold.

A round names its points, their answers and what is wrong there; what the entries are called stands in the checklist (one document for
all rounds), so that a round of twenty points stays small.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from server.db import fetch
from server.field.documents import Document, Kind, register
from server.patrols.entries import range_text, read
from server.patrols.kinds import HAZARD
from server.security.actor import Actor

ROUNDS = "select * from patrol_round where community_id = $1 and id = any ($2::uuid[])"

POINTS = """
select patrol_point.*, checkpoint.kind, checkpoint.code, checkpoint.nfc, checkpoint.latitude, checkpoint.longitude
from patrol_point join checkpoint on checkpoint.id = patrol_point.checkpoint_id
where patrol_point.community_id = $1 and patrol_point.round_id = any ($2::uuid[])
order by patrol_point.round_id, patrol_point.position
"""

CHECKS = """
select distinct on (point_id, item) point_id, item, value, is_bad, note, level, hazard_id, photos, account_id, actor_name
from patrol_check where community_id = $1 and round_id = any ($2::uuid[]) and counts
order by point_id, item, received_at desc, id desc
"""


SIGNATURE = "signature"
"""The role of the picture that somebody has signed with."""


def ms(at: datetime | None) -> int | None:
    """Return a moment as whole milliseconds since 1970."""
    return None if at is None else round(at.timestamp() * 1000)


def micro(degrees: Decimal | None) -> int | None:
    """Return degrees as whole millionths."""
    return None if degrees is None else int(degrees * 1_000_000)


async def load_rounds(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the rounds of these ids in the actor's community."""
    found = {one["id"]: round_of(one) for one in await fetch(ROUNDS, by.here, list(ids))}
    points = {}
    for one in await fetch(POINTS, by.here, list(found)):
        points[one["id"]] = point_of(one)
        found[one["round_id"]]["points"].append(points[one["id"]])
    for one in await fetch(CHECKS, by.here, list(found)):
        add_check(points[one["point_id"]], one)
    return found


def round_of(row: asyncpg.Record) -> Document:
    """Return a round's document, still without points."""
    return {
        "kind": "round",
        "id": str(row["id"]),
        "v": row["version"],
        "name": row["name"],
        "post": row["post"],
        "state": row["state"],
        "opens": ms(row["opens_at"]),
        "due": ms(row["due_at"]),
        "late": ms(row["late_at"]),
        "ends": ms(row["ends_at"]),
        "in_order": row["in_order"],
        "dwell": row["dwell"],
        "two": row["needs_two"],
        "people": msgspec.json.decode(row["people"]),
        "holder": str(row["holder_id"] or ""),
        "handed": msgspec.json.decode(row["handed"]),
        "started": ms(row["started_at"]),
        "finished": ms(row["finished_at"]),
        "signed": row["signed"] or "",
        "signature": [{"id": str(row["signature"]), "role": SIGNATURE, "pending": False}] if row["signature"] else [],
        "note": row["note"] or "",
        "found": row["found"],
        "points": [],
    }


def point_of(row: asyncpg.Record) -> Document:
    """Return a point; the plate's secret stays on the server, and what a point lacks is left out."""
    more = {
        "nfc": row["nfc"],
        "lat": micro(row["latitude"]),
        "lon": micro(row["longitude"]),
    }
    return {
        "id": str(row["position"]),
        "name": row["name"],
        "place": row["place"],
        "list": str(row["list_id"]),
        "code": row["code"],
        "sort": HAZARD.get(row["kind"], "other"),
        "at": ms(row["scanned_at"]),
        "by": row["scanned_by"] or "",
        "grade": row["grade"] or "",
        "done": ms(row["done_at"]),
        "bad": 0,
        "checks": {},
        "more": {},
    } | {name: value for name, value in more.items() if value is not None}


def add_check(point: Document, row: asyncpg.Record) -> None:
    """Put an answer into its point."""
    photos = msgspec.json.decode(row["photos"])
    point["checks"][row["item"]] = row["value"]
    if not (row["is_bad"] or row["note"] or photos):
        return
    point["bad"] += int(row["is_bad"])
    point["more"][row["item"]] = {
        "bad": row["is_bad"],
        "note": row["note"] or "",
        "level": row["level"] or "",
        "hazard": str(row["hazard_id"] or ""),
        "photos": [{"id": one["id"], "role": one["role"], "pending": False} for one in photos],
        "account": str(row["account_id"] or ""),
        "name": row["actor_name"],
    }


async def load_lists(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the published checklists of these ids in the actor's community."""
    query = "select id, name, number, content from checklist_version where community_id = $1 and id = any ($2::uuid[])"
    return {one["id"]: list_of(one) for one in await fetch(query, by.here, list(ids))}


def list_of(row: asyncpg.Record) -> Document:
    """Return a published list; it never changes, so its version is always 1."""
    return {
        "kind": "checklist",
        "id": str(row["id"]),
        "v": 1,
        "name": row["name"],
        "number": row["number"],
        "entries": [
            {
                "id": one.id,
                "text": one.text,
                "what": one.kind,
                "unit": one.unit,
                "low": one.low,
                "high": one.high,
                "range": range_text(one),
                "options": list(one.options),
                "wrong": list(one.bad_options),
                "least": one.least,
                "most": one.most,
                "critical": one.critical,
                "optional": one.optional,
                "when_item": one.when_item,
                "when_is": one.when_is,
            }
            for one in read(row["content"])
        ],
    }


async def every_round(by: Actor) -> list[UUID]:
    """Return the rounds that belong on the phones of the community now."""
    query = "select id from patrol_round where community_id = $1 and is_on_phones"
    return [one["id"] for one in await fetch(query, by.here)]


async def every_list(by: Actor) -> list[UUID]:
    """Return the published lists that belong on the phones of the community now."""
    query = "select id from checklist_version where community_id = $1 and is_on_phones"
    return [one["id"] for one in await fetch(query, by.here)]


def scope(by: Actor) -> str | None:
    """Return the feed that brings rounds to those who walk them."""
    return f"patrol:{by.here}" if by.can("patrol.walk") else None


async def answers_of(point_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return {point: {entry: value}} of what counts; the caller knows that the actor may see these points."""
    query = """select distinct on (point_id, item) point_id, item, value from patrol_check
        where point_id = any ($1::uuid[]) and counts order by point_id, item, received_at desc, id desc"""
    found: dict[UUID, dict[str, Any]] = {id_: {} for id_ in point_ids}
    for one in await fetch(query, list(point_ids)):
        found[one["point_id"]][one["item"]] = one["value"]
    return found


register(Kind("round", load_rounds, every_round, scope))
register(Kind("checklist", load_lists, every_list, scope))
