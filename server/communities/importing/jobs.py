"""The two halves of an import that take time, and the clearing up."""

import asyncio
import contextvars
from collections.abc import Awaitable, Coroutine
from typing import Any
from uuid import UUID

import msgspec

import server.communities.importing.applying  # noqa: F401 - says that it imports
from server.communities.importing import history
from server.communities.importing.headers import HEADER_WITHIN, Layout, fingerprint, headings_at, recognise
from server.communities.importing.importers import Outcome, PlanChanged, importer_for
from server.communities.importing.reading import Sheet, UnreadableFile, read_sheets
from server.db import DB, EVERYWHERE, execute, row, transaction
from server.jobs import JobRun, job
from server.lib.i18n import N_
from server.security.actor import Actor

Figures = dict[str, Any]

FAILED = N_("处理这个文件时出了意外，什么都没有导入。请稍后再试；若再次失败，请把文件交给系统管理员。")
FILE_GONE = N_("文件已经清除，请重新上传。")
CHANGED_MEANWHILE = N_("你确认之前，登记有了变化。请看一遍新的数字，再确认。")


class Asked(msgspec.Struct):
    """What an import's job is told: which import, and in whose name."""

    import_id: UUID
    name: str
    account_id: UUID | None = None
    session_id: UUID | None = None
    ip: str | None = None

    def actor(self, community_id: UUID) -> Actor:
        """The person who asked, as the audit row names them."""
        return Actor(
            account_id=self.account_id,
            name=self.name,
            session_id=self.session_id,
            ip=self.ip,
            community_id=community_id,
        )


def recognise_all(sheets: list[Sheet], remembered: dict[str, Layout], meters: str | None = None) -> dict[str, Layout]:
    """Return how to read each sheet that is known: as mapped by hand before, else by its headings.

    `meters`: whose readings sheets of readings hold, when they do not say it themselves.
    """
    layouts: dict[str, Layout] = {}
    for sheet in sheets:
        layout = _as_before(sheet, remembered) or recognise(sheet, meters)
        if layout is not None:
            layouts[sheet.name] = layout
    return layouts


def _as_before(sheet: Sheet, remembered: dict[str, Layout]) -> Layout | None:
    """Return the layout somebody mapped for these very headings, wherever in the sheet they stand."""
    if remembered:
        for number in range(1, min(HEADER_WITHIN, len(sheet.rows)) + 1):
            known = remembered.get(fingerprint(headings_at(sheet, number)))
            if known is not None:
                return msgspec.structs.replace(known, header_row=number)
    return None


def says_something(layouts: dict[str, Layout]) -> bool:
    """Whether any sheet is read for rooms, people or parking spaces."""
    return any(layout.kind != "skip" for layout in layouts.values())


async def read_file(import_id: UUID, community_id: UUID) -> tuple[list[Sheet], dict[str, Layout]]:
    """Return the sheets of an import's file and how to read them; raise UnreadableFile."""
    found = await row(_Kept, "select content, layouts from data_import where id = $1", import_id)
    if found is None or found.content is None:
        raise UnreadableFile(FILE_GONE)
    sheets = await asyncio.to_thread(read_sheets, bytes(found.content))
    layouts = msgspec.json.decode(found.layouts, type=dict[str, Layout])
    return sheets, layouts or recognise_all(sheets, await history.remembered(community_id))


class _Kept(msgspec.Struct):
    content: bytes | None
    layouts: str


async def parsed(sheets: list[Sheet], layouts: dict[str, Layout]) -> Any:
    """Parse in a thread: a large file would hold up everybody else."""
    return await asyncio.to_thread(importer_for(layouts).parse, sheets, layouts)


@job("import.read")
async def read(run: JobRun) -> dict[str, Any] | None:
    """Read an import's file and keep its dry run, or ask for a mapping."""
    asked, community_id = msgspec.convert(run.args, Asked), _community(run)
    return await _noting_trouble(run, asked.import_id, _read(asked, community_id))


async def _read(asked: Asked, community_id: UUID) -> Figures | None:
    sheets, layouts = await read_file(asked.import_id, community_id)
    if not says_something(layouts):
        await history.ask_for_mapping(asked.import_id, layouts)
        return None
    plan = await importer_for(layouts).dry_run(await parsed(sheets, layouts), layouts, community_id)
    await history.show_plan(asked.import_id, layouts, plan)
    return plan.figures()


@job("import.apply")
async def put_in(run: JobRun) -> dict[str, Any] | None:
    """Put a confirmed import in. Running twice is harmless: the second time it is done already."""
    asked, community_id = msgspec.convert(run.args, Asked), _community(run)
    import_ = await history.find(asked.actor(community_id), asked.import_id)
    if import_ is None or import_.state != "applying":
        return None
    return await _noting_trouble(run, asked.import_id, _put_in(run, asked, import_))


async def _put_in(run: JobRun, asked: Asked, import_: history.Import) -> Figures | None:
    sheets, layouts = await read_file(import_.id, import_.community_id)
    content = await parsed(sheets, layouts)

    async def progress(done: int, total: int) -> None:
        await aside(_show_progress(run, import_.id, done, total))

    try:
        async with transaction():
            plan: Outcome = await importer_for(layouts).apply(
                content, layouts, import_.community_id, import_.id,
                by=asked.actor(import_.community_id), facts={"file": import_.file_name, "sha256": import_.sha256},
                expected=import_.counts, progress=progress,
            )  # fmt: skip
            await history.finish(import_.id, plan)
    except PlanChanged as changed:
        await history.show_plan(import_.id, layouts, changed.plan, CHANGED_MEANWHILE)
        return None
    return plan.figures()


@job("imports.forget")
async def forget(_run: JobRun) -> dict[str, Any]:
    """Forget old files."""
    return {"forgotten": await history.forget_files()}


def _community(run: JobRun) -> UUID:
    if run.community_id is None:
        raise ValueError("an import belongs to a community")
    return run.community_id


async def _noting_trouble(run: JobRun, import_id: UUID, work: Awaitable[Figures | None]) -> Figures | None:
    """Do `work`; tell the person what went wrong: at once when it is the file, after the last attempt when it is us."""
    try:
        return await work
    except UnreadableFile as trouble:
        await history.give_up(import_id, str(trouble))
        return None
    except Exception:
        if run.attempts >= run.max_attempts:
            await history.give_up(import_id, FAILED)
        raise


async def aside(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` on a connection of its own, so that others see it while our transaction still runs."""

    async def alone() -> None:
        async with DB.scope(EVERYWHERE):
            await work

    await asyncio.create_task(alone(), context=contextvars.copy_context())


async def _show_progress(run: JobRun, import_id: UUID, done: int, total: int) -> None:
    await execute("update data_import set done_count = $2, total_count = $3 where id = $1", import_id, done, total)
    await run.progress(done, total)
