"""Takes the rounds out: a spreadsheet of a month, the register of checkpoints, one round's report on paper. All of it on record."""

import asyncio
import datetime as dt
import io
from uuid import UUID

import msgspec

from server.audit.recording import record
from server.db import rows, transaction
from server.lib.formats import CHINA, now
from server.lib.i18n import _
from server.patrols import board, checkpoints
from server.patrols.kinds import GRADES, KINDS
from server.patrols.states import STATES
from server.patrols.typesetting import typeset
from server.security.actor import Actor
from server.storage.photos import read_photo

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 20_000
MOST_PHOTOS = 24
"""Photos on one PDF: about a megabyte."""


async def rounds_sheet(since: dt.date, until: dt.date, *, by: Actor) -> bytes:
    """Return the rounds due from `since` to `until` as an .xlsx file, one line each."""
    query = f"""{board.LINE} where community_id = $1 and due_at >= $2 and due_at < $3 order by due_at limit {MOST}"""
    async with transaction():
        found = await rows(board.RoundLine, query, by.here, board.bounds(since)[0], board.bounds(until)[1])
        await record(by, "patrol.export", community_id=by.here, entity="patrol_round", after={"rounds": len(found)})
    heads = [
        _("应走时间"),
        _("路线"),
        _("状态"),
        _("人员"),
        _("开始"),
        _("完成"),
        _("巡查点"),
        _("已完成"),
        _("异常"),
        _("疑点"),
        _("原因"),
    ]
    lines: list[list[object]] = [
        [
            local(one.due_at), one.name, _(STATES[one.state]), one.names, local(one.started_at), local(one.finished_at), one.points,
            one.done, one.found, "、".join(_(sign) for sign in one.said_signs), one.reason or "",
        ]
        for one in found
    ]  # fmt: skip
    return await asyncio.to_thread(workbook, _("巡查记录"), heads, lines, mark(by))


async def checkpoints_sheet(words: str, kind: str, *, by: Actor) -> bytes:
    """Return the register of checkpoints as an .xlsx file, without the secrets of their codes."""
    async with transaction():
        found = (await checkpoints.listed(by, words, kind, 1, MOST)).items
        await record(by, "patrol.export", community_id=by.here, entity="checkpoint", after={"rounds": len(found)})
    heads = [_("巡查点"), _("位置"), _("类型"), _("编号"), _("NFC 标签"), _("纬度"), _("经度"), _("路线数")]
    lines: list[list[object]] = [
        [one.name, one.place, _(KINDS[one.kind]), one.code, one.nfc or "", one.latitude, one.longitude, one.routes]
        for one in found
    ]
    return await asyncio.to_thread(workbook, _("巡查点"), heads, lines, mark(by))


def mark(by: Actor) -> str:
    """Return the line that says whose copy this is."""
    at = f"{now().astimezone(CHINA):%Y-%m-%d %H:%M}"
    return _(
        "%(community)s · %(name)s 于 %(at)s 导出 · 内部资料，请勿外传", community=by.community_name, name=by.name, at=at
    )


def local(at: dt.datetime | None) -> str:
    """Return a moment in China as a cell shows it."""
    return "" if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def workbook(title: str, heads: list[str], lines: list[list[object]], said: str) -> bytes:
    """Return the file: whose copy it is, then headings and lines."""
    from xlsxwriter import Workbook

    written = io.BytesIO()
    book = Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title)
    sheet.write_string(0, 0, said, book.add_format({"font_color": "#5b6762", "italic": True}))
    sheet.write_row(1, 0, heads, book.add_format({"bold": True, "bottom": 1}))
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, len(heads), 16)
    for number, line in enumerate(lines, start=2):
        sheet.write_row(number, 0, line)
    sheet.autofilter(1, 0, max(1, len(lines) + 1), len(heads) - 1)
    book.close()
    return written.getvalue()


async def pdf(round_id: UUID, *, by: Actor) -> bytes:
    """Return the report of a round as PDF with its photos; raise NotFoundException for a strange id, NoFont."""
    report = await board.report(round_id, by=by)
    found: board.RoundView = report["round"]
    async with transaction():
        await record(by, "patrol.export", community_id=by.here, entity="patrol_round", entity_id=round_id)
    checks = (await board.checks_of(round_id)).values()
    pictures = [one for one in await board.pictures_of(found, checks, by) if not one.is_waiting]
    shots = [one for one in pictures if one.id != found.signature]
    photos = {f"{number}.jpg": await read_photo(one) for number, one in enumerate(shots[:MOST_PHOTOS])}
    signature = next((one for one in pictures if one.id == found.signature), None)
    signed = {"signature.jpg": await read_photo(signature)} if signature else {}
    data = {
        "title": _("巡查报告"),
        "community": by.community_name,
        "name": found.name,
        "facts": [
            [_("应走时间"), local(found.due_at)],
            [_("状态"), _(STATES[found.state])],
            [_("人员"), found.names or "—"],
            [_("开始"), local(found.started_at) or "—"],
            [_("完成"), local(found.finished_at) or "—"],
            [_("签名"), found.signed or "—"],
            [_("说明"), " ".join(filter(None, (found.note, found.reason))) or "—"],
            [_("疑点"), "、".join(_(sign) for sign in report["signs"]) or "—"],
        ],
        "heads": [_("检查项"), _("结果"), _("情况"), _("时间")],
        "points": [paper_point(one) for one in report["points"]],
        "photos": list(photos),
        "signature": "".join(signed),
        "signature_title": _("手写签名"),
        "photos_title": _("现场照片"),
        "foot": mark(by),
    }
    return await asyncio.to_thread(typeset, "round_report.typ", msgspec.json.encode(data), photos | signed)


def paper_point(shown: dict[str, object]) -> dict[str, object]:
    """Return a point as the paper's template needs it: plain texts."""
    point, lines = shown["point"], shown["lines"]
    assert isinstance(point, board.PointView) and isinstance(lines, list)  # noqa: PT018
    grade = _(GRADES[point.grade]) if point.grade else "—"
    return {
        "title": f"{point.position}. {point.name}",
        "meta": " · ".join(filter(None, (point.place, grade, local(point.scanned_at), point.reason or ""))),
        "lines": [
            [
                f"{one['entry'].id} {one['entry'].text}",
                str(one["said"]),
                (one["check"].note or "") if one["check"] else "",
                f"{one['check'].at.astimezone(CHINA):%H:%M}" if one["check"] else "",
                bool(one["check"] and one["check"].is_bad),
            ]
            for one in lines
        ],
    }
