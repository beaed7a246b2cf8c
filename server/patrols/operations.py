"""What phones do on a round: each operation locks the round, lets the reducer judge it, and writes rows, audit and photos."""

from dataclasses import replace
from typing import Any

import asyncpg
import msgspec
from litestar.exceptions import NotFoundException

import server.patrols.reducers  # noqa: F401 - they judge every operation here
from server.audit.recording import record
from server.db import execute, fetchrow, fetchval
from server.field.reducers import Refusal, reduce
from server.hazards.operations import as_id
from server.hazards.reporting import Report, report
from server.lib.acting import Carried
from server.lib.i18n import N_
from server.patrols import watching
from server.patrols.documents import SIGNATURE, load_rounds
from server.patrols.entries import Entry, accepts, read
from server.patrols.kinds import HAZARD
from server.patrols.writing import Walked, write_point, write_round
from server.storage.photos import attach
from server.sync.operations import ENTITY, Applied, Op, operation

ROUND = {"round": ENTITY}


@operation("round.start", N_("开始巡查"), targets=ROUND)
async def start(op: Op) -> Applied:
    """Begin a round, or join it."""
    return await walk(op)


@operation("round.hand_over", N_("交接巡查"), targets=ROUND)
async def hand_over(op: Op) -> Applied:
    """Give a round out of one's hands."""
    return await walk(op)


@operation("round.scan", N_("到点"), targets=ROUND)
async def scan(op: Op) -> Applied:
    """Come to a point. Whether the code is the printed one only the server can tell: a forged one proves nothing."""
    before = await locked(op)
    walked = judged(op, before)
    point = await point_row(op)
    code = str(op.args.get("code") or "")
    if code and walked.point["grade"] == "qr" and code.rsplit(".", maxsplit=1)[-1] != point["secret"]:
        walked.point["grade"] = "none"
        walked.signs.add("code")
    walked.signs |= watching.signs_of_scan(walked, point["position"])
    await write_point(walked, point["id"])
    return await close(walked)


@operation("round.tick", N_("检查一项"), targets=ROUND | {"hazard": "hazard"})
async def tick(op: Op) -> Applied:
    """Answer one entry of the point's list."""
    point = await point_row(op)
    entry = entry_of(read(point["content"]), str(op.args.get("item") or ""))
    op = replace(op, args=op.args | true_facts(entry, point))
    before = await locked(op)
    walked = judged(op, before)
    value = str(len(op.photos)) if entry.kind == "photo" else str(op.args["value"])
    if entry.kind != "photo" and not accepts(entry, value):
        raise Refusal(N_("请选择"))
    walked.signs |= await watching.signs_of_photos(op)
    await add_check(walked, point, entry, value)
    if op.args.get("hazard"):
        await add_hazard(op, point, entry)
    await write_point(walked, point["id"])
    return await close(walked)


@operation("round.point", N_("完成一点"), targets=ROUND)
async def finish_point(op: Op) -> Applied:
    """Finish a point: what must be answered is the list's to say, not the phone's."""
    before, point = await locked(op), await point_row(op)
    entries = read(point["content"])
    answers = before["points"][point["position"] - 1]["checks"]
    need = watching.needed(entries, answers)
    op = replace(op, args=op.args | {"need": need})
    walked = judged(op, before)
    walked.signs |= await watching.signs_of_point(walked, point, entries)
    await write_point(walked, point["id"], entries=entries)
    return await close(walked)


@operation("round.finish", N_("完成巡查"), targets=ROUND)
async def finish(op: Op) -> Applied:
    """End a round, signed by name and, where there was a finger to write with, by hand."""
    if len(op.photos) > 1 or any(one.role != SIGNATURE for one in op.photos):
        raise Refusal(N_("请只签一次名"))
    before = await locked(op)
    walked = judged(op, before)
    walked.signs |= await watching.signs_of_round(walked)
    if op.photos:
        waiting = [one.id for one in op.photos]
        await attach((), entity="patrol_round", entity_id=op.entity_id, role=SIGNATURE, by=op.by, waiting=waiting)
    return await close(walked)


async def walk(op: Op) -> Applied:
    """Carry out an operation that changes nothing but the round itself."""
    before = await locked(op)
    return await close(judged(op, before))


def judged(op: Op, before: dict[str, Any]) -> Walked:
    """Return the round before and after the operation; raise Refusal when the rules do not allow it."""
    after = reduce("round", before, op.plain())
    assert after is not None
    return Walked(op, before, after)


async def locked(op: Op) -> dict[str, Any]:
    """Return the round's document, its row locked; raise NotFoundException for a stranger."""
    if not op.by.can("patrol.walk"):
        raise NotFoundException
    query = "select id from patrol_round where id = $1 and community_id = $2 for update"
    if await fetchval(query, op.entity_id, op.by.here) is None:
        raise NotFoundException
    return (await load_rounds([op.entity_id], op.by))[op.entity_id]


POINT = """
select patrol_point.id, patrol_point.position, patrol_point.name, patrol_point.place, patrol_point.scanned_at,
    patrol_point.checkpoint_id, checkpoint.kind, checkpoint.secret, checklist_version.content
from patrol_point join checkpoint on checkpoint.id = patrol_point.checkpoint_id
join checklist_version on checklist_version.id = patrol_point.list_id
where patrol_point.round_id = $1 and patrol_point.community_id = $2 and patrol_point.position = $3
"""


async def point_row(op: Op) -> asyncpg.Record:
    """Return the row of the point an operation names; raise NotFoundException for a stranger, Refusal for no point."""
    if not op.by.can("patrol.walk"):
        raise NotFoundException
    number = str(op.args.get("point") or "")
    found = None
    if number.isascii() and number.isdigit() and len(number) < 5:
        found = await fetchrow(POINT, op.entity_id, op.by.here, int(number))
    if found is None and await fetchval(
        "select id from patrol_round where id = $1 and community_id = $2", op.entity_id, op.by.here
    ):
        raise Refusal(N_("这个点不在路线上了"))
    if found is None:
        raise NotFoundException
    return found


def entry_of(entries: list[Entry], id_: str) -> Entry:
    """Return the entry an operation names; raise Refusal when the list has none like it."""
    found = next((one for one in entries if one.id == id_), None)
    if found is None:
        raise Refusal(N_("请选择"))
    return found


def true_facts(entry: Entry, point: asyncpg.Record) -> dict[str, Any]:
    """Return what the list itself says of an entry, instead of what a form claims."""
    return {
        "what": entry.kind,
        "low": entry.low,
        "high": entry.high,
        "least": str(entry.least),
        "wrong": list(entry.bad_options),
        "summary": entry.text,
        "place": point["place"] if point["name"] in point["place"] else f"{point['place']} {point['name']}",
        "category": HAZARD.get(point["kind"], "other"),
    }


async def add_hazard(op: Op, point: asyncpg.Record, entry: Entry) -> None:
    """Make the hazard of what is wrong; it gets the photos."""
    document = reduce("hazard", None, op.plain())
    id_ = as_id(document["id"]) if document else None
    if document is None or id_ is None:
        raise Refusal(N_("请选择"))
    new = Report(
        id=id_,
        category=document["category"],
        grade=document["grade"],
        source="patrol",
        place=document["place"],
        text=document["description"],
        round_id=op.entity_id,
        checkpoint_id=point["checkpoint_id"],
        item=entry.text[:60],
    )
    photos = Carried(waiting=tuple(one.id for one in op.photos))
    await report(new, photos, by=op.by, at=op.effective_at, event_id=op.id, device_at=op.made_at)


CHECK = """
insert into patrol_check (id, community_id, round_id, point_id, item, label, value, is_bad, counts, note, level, hazard_id, photos,
    account_id, actor_name, device_at, at, received_at, signs)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, now(), $18)
on conflict (id) do nothing
"""


async def add_check(walked: Walked, point: asyncpg.Record, entry: Entry, value: str) -> None:
    """Write one answer, with its photos."""
    op = walked.op
    more = walked.point["more"].get(entry.id) or {}
    counts = walked.point["checks"].get(entry.id) == value
    mine = more if counts else {}
    hazard = as_id(mine.get("hazard") or "")
    photos = [{"id": str(one.id), "role": one.role} for one in op.photos]
    await execute(
        CHECK, op.id, op.by.here, op.entity_id, point["id"], entry.id, entry.text, value, bool(mine.get("bad")), counts,
        str(op.args.get("note") or "")[:500] or None, mine.get("level") or None, hazard, msgspec.json.encode(photos).decode(),
        op.by.account_id, op.by.name, op.made_at, op.effective_at, msgspec.json.encode(sorted(walked.signs)).decode(),
    )  # fmt: skip
    if op.photos and not op.args.get("hazard"):
        await attach(
            (),
            entity="patrol_round",
            entity_id=op.entity_id,
            role="item",
            by=op.by,
            waiting=[one.id for one in op.photos],
        )


async def close(walked: Walked) -> Applied:
    """Write the round's own row and the audit."""
    op = walked.op
    version = await write_round(walked)
    args = {name: value for name, value in op.args.items() if name in TOLD and value}
    await record(
        op.by,
        op.type,
        community_id=op.by.here,
        entity="patrol_round",
        entity_id=op.entity_id,
        before={"state": walked.before["state"]},
        after={"state": walked.after["state"]} | args,
        device_at=op.made_at,
    )
    return Applied(version, merged=0 < op.base_version < walked.before["v"])


TOLD = frozenset({"point", "item", "value", "note", "reason", "signed", "partner"})
"""The arguments that the audit shows."""
