"""The life of an import: uploaded, read, perhaps mapped by hand, shown as a dry run, confirmed, put in.

Each step is one function with `by=`. Reading and putting in are jobs, so that a large file holds up nobody.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.audit import record
from server.audit.recording import as_json
from server.communities.importing.headers import READINGS, Layout, fingerprint
from server.communities.importing.importers import Change, Outcome
from server.communities.importing.problems import NOTES, REASONS, Note, Problem
from server.db import changed, execute, fetch, fetchval, row, rows, transaction
from server.jobs import enqueue
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import Actor

KEPT_DAYS = 30
"""How long a file stays with its import, so that the rows that wait can be downloaded; then only the figures remain."""

OPEN = ("mapping", "planned", "failed")
"""States in which an import waits for a person."""
COLUMNS = (
    "id, community_id, file_name, sha256, size, state, layouts, counts, notes, refused, done_count, total_count,"
    " trouble, actor_name, created_at, finished_at, content is not null as has_content"
)


class Import(msgspec.Struct):
    """One import, without its file."""

    id: UUID
    community_id: UUID
    file_name: str
    sha256: str
    size: int
    state: str
    layouts: Any
    counts: Any
    notes: Any
    refused: int
    done_count: int
    total_count: int
    trouble: str | None
    actor_name: str
    created_at: datetime
    finished_at: datetime | None
    has_content: bool

    def __post_init__(self) -> None:
        self.layouts = msgspec.json.decode(self.layouts, type=dict[str, Layout])
        self.counts = msgspec.json.decode(self.counts, type=dict[str, dict[str, int]])
        self.notes = msgspec.json.decode(self.notes, type=list[Note])

    @property
    def is_busy(self) -> bool:
        """Whether a job is at work on it."""
        return self.state in ("reading", "applying")

    @property
    def told(self) -> list[Note]:
        """The notes this version of the program has words for."""
        return [note for note in self.notes if note.code in NOTES]

    def count(self, what: str, how: str) -> int:
        """Return a figure, such as `count("rooms", "created")`."""
        return int(self.counts.get(what, {}).get(how, 0))

    @property
    def changes_nothing(self) -> bool:
        """Whether putting it in would create and change nothing."""
        return not any(figures["created"] or figures["changed"] for figures in self.counts.values())


class Line(msgspec.Struct):
    """One line of an import's report."""

    kind: str
    sheet: str | None
    row: int | None
    column: str | None
    header: str | None
    value: str | None
    code: str | None
    details: Any
    entity: str | None
    label: str | None
    field: str | None
    before: str | None
    after: str | None

    @property
    def problem(self) -> Problem:
        """The problem of a refused row."""
        details = msgspec.json.decode(self.details, type=dict[str, str])
        return Problem(
            self.sheet or "",
            self.row or 0,
            self.column or "",
            self.header or "",
            self.value or "",
            self.code or "",
            details,
        )


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


async def find(by: Actor, id_: UUID) -> Import | None:
    """Return an import of the community `by` works in, or None."""
    return await row(Import, f"select {COLUMNS} from data_import where id = $1 and community_id = $2", id_, by.here)


async def recent(by: Actor, number: int) -> Page[Import]:
    """Return a page of the community's imports, the newest first."""
    total = await fetchval("select count(*) from data_import where community_id = $1", by.here)
    items = await rows(
        Import,
        f"select {COLUMNS} from data_import where community_id = $1 order by id desc limit $2 offset $3",
        by.here, PAGE_SIZE, offset(number),
    )  # fmt: skip
    return Page(items, total, max(number, 1))


async def lines(import_: Import, kind: str, number: int) -> Page[Line]:
    """Return a page of an import's report: its `refused` rows or its `changed` values."""
    where = "from data_import_row where import_id = $1 and kind = $2"
    total = await fetchval(f"select count(*) {where}", import_.id, kind)
    columns = ", ".join(f'"{name}"' for name in Line.__struct_fields__)
    items = await rows(
        Line, f"select {columns} {where} order by position limit $3 offset $4",
        import_.id, kind, PAGE_SIZE, offset(number),
    )  # fmt: skip
    return Page(items, total, max(number, 1))


async def problems(import_: Import) -> list[Problem]:
    """Return why each refused row waits, in the order of the file."""
    columns = ", ".join(f'"{name}"' for name in Line.__struct_fields__)
    sql = f"select {columns} from data_import_row where import_id = $1 and kind = 'refused' order by position"
    return [line.problem for line in await rows(Line, sql, import_.id) if line.code in REASONS]


async def content_of(import_id: UUID) -> bytes | None:
    """Return the file of an import, or None when it has been forgotten."""
    found = await fetchval("select content from data_import where id = $1", import_id)
    return None if found is None else bytes(found)


async def upload(by: Actor, file_name: str, content: bytes, layouts: dict[str, Layout] | None = None) -> UUID:
    """Take a file in and have it read, by `layouts` if it is known how; return the import's id."""
    id_, sha256 = uuid7(), sha256_of(content)
    async with transaction():
        await execute(
            "insert into data_import (id, community_id, file_name, sha256, size, content, state, account_id, actor_name, layouts)"
            " values ($1, $2, $3, $4, $5, $6, 'reading', $7, $8, $9)",
            id_, by.here, file_name[-200:], sha256, len(content), content, by.account_id, by.name, as_json(layouts or {}),
        )  # fmt: skip
        await _record(by, "import.upload", id_, {"file": file_name, "sha256": sha256})
        await _enqueue("import.read", by, id_)
    return id_


async def map_by_hand(by: Actor, import_: Import, layouts: dict[str, Layout]) -> bool:
    """Read the file by these layouts, and remember them for the next one; return False if it is past that."""
    async with transaction():
        sql = "update data_import set layouts = $2, state = 'reading', trouble = null where id = $1 and state = any($3)"
        if not await changed(sql, import_.id, as_json(layouts), list(OPEN)):
            return False
        for layout in layouts.values():
            await _remember(import_.community_id, layout)
        await _record(by, "import.map", import_.id, {"layouts": msgspec.to_builtins(layouts)})
        await _enqueue("import.read", by, import_.id)
    return True


async def _remember(community_id: UUID, layout: Layout) -> None:
    if not any(layout.headers) or layout.kind.endswith(READINGS):
        return  # a sheet without headings cannot be told from another, nor can headings tell water from power
    await execute(
        "insert into data_import_layout (id, community_id, fingerprint, layout) values ($1, $2, $3, $4)"
        " on conflict (community_id, fingerprint) do update set layout = excluded.layout",
        uuid7(), community_id, fingerprint(layout.headers), as_json(layout),
    )  # fmt: skip


async def remembered(community_id: UUID) -> dict[str, Layout]:
    """Return the layouts mapped by hand in a community, by the fingerprint of their headings."""
    found = await fetch("select fingerprint, layout from data_import_layout where community_id = $1", community_id)
    return {record["fingerprint"]: msgspec.json.decode(record["layout"], type=Layout) for record in found}


async def confirm(by: Actor, import_: Import) -> bool:
    """Have a dry run put in; return False when somebody already did, or gave it up."""
    async with transaction():
        sql = "update data_import set state = 'applying', done_count = 0, total_count = 0, trouble = null where id = $1 and state = 'planned'"
        if not await changed(sql, import_.id):
            return False
        await _record(by, "import.confirm", import_.id, {"counts": import_.counts})
        await _enqueue("import.apply", by, import_.id)
    return True


async def cancel(by: Actor, import_: Import) -> bool:
    """Give an import up before it is put in, and forget its file; return False when it is too late."""
    async with transaction():
        sql = "update data_import set state = 'cancelled', content = null, finished_at = now() where id = $1 and state = any($2)"
        if not await changed(sql, import_.id, list(OPEN)):
            return False
        await execute("delete from data_import_row where import_id = $1", import_.id)
        await _record(by, "import.cancel", import_.id, {})
    return True


async def _record(by: Actor, action: str, id_: UUID, after: dict[str, Any]) -> None:
    await record(by, action, community_id=by.here, entity="import", entity_id=id_, after=after)


async def _enqueue(kind: str, by: Actor, id_: UUID) -> None:
    """Ask for a job that works in the name of `by`."""
    args = {
        "import_id": str(id_),
        "account_id": by.account_id,
        "name": by.name,
        "session_id": by.session_id,
        "ip": by.ip,
    }
    await enqueue(kind, args, community_id=by.community_id, dedupe=str(id_), max_attempts=3, created_by=by.account_id)


# What the jobs write ----------------------------------------------------------------------------------------------


async def show_plan(import_id: UUID, layouts: dict[str, Layout], plan: Outcome, trouble: str | None = None) -> None:
    """Keep the figures and the report of a dry run."""
    async with transaction():
        await execute(
            "update data_import set state = 'planned', layouts = $2, counts = $3, notes = $4, refused = $5, trouble = $6"
            " where id = $1",
            import_id, as_json(layouts), as_json(plan.figures()), as_json(plan.notes), plan.refused_rows, trouble,
        )  # fmt: skip
        await write_report(import_id, plan)


async def write_report(import_id: UUID, plan: Outcome) -> None:
    """Keep the lines of a plan: the rows that wait and the values that change."""
    await execute("delete from data_import_row where import_id = $1", import_id)
    told = [_problem_line(problem) for problem in plan.problems] + [_change_line(change) for change in plan.changes]
    records = [{"id": uuid7(), "position": position, **line} for position, line in enumerate(told)]
    await execute(
        "insert into data_import_row (id, community_id, import_id, position, kind, sheet, row, \"column\", header, value,"
        " code, details, entity, entity_id, label, field, before, after)"
        " select line.id, data_import.community_id, data_import.id, position, kind, sheet, row, \"column\", header, value, code,"
        " coalesce(details, '{}'), entity, entity_id, label, field, before, after"
        " from data_import, jsonb_to_recordset($2) as line (id uuid, position int, kind text, sheet text, row int,"
        ' "column" text, header text, value text, code text, details jsonb, entity text, entity_id uuid, label text,'
        " field text, before text, after text) where data_import.id = $1",
        import_id, as_json(records),
    )  # fmt: skip


def _problem_line(problem: Problem) -> dict[str, Any]:
    return {
        "kind": "refused", "sheet": problem.sheet[:100], "row": problem.row, "column": problem.column,
        "header": problem.header[:200], "value": problem.value[:1000], "code": problem.code, "details": problem.details,
    }  # fmt: skip


def _change_line(change: Change) -> dict[str, Any]:
    before, after = (None if value is None else str(value) for value in (change.before, change.after))
    return {
        "kind": "changed", "entity": change.entity, "entity_id": change.id, "label": change.label[:120],
        "field": change.field, "before": before, "after": after,
    }  # fmt: skip


async def ask_for_mapping(import_id: UUID, layouts: dict[str, Layout]) -> None:
    """Wait for a person to say which column means what."""
    await execute("update data_import set state = 'mapping', layouts = $2 where id = $1", import_id, as_json(layouts))


async def give_up(import_id: UUID, trouble: str) -> None:
    """Note why an import failed (a msgid); nothing of it was put in."""
    await execute(
        "update data_import set state = 'failed', trouble = $2, finished_at = now() where id = $1", import_id, trouble
    )


async def finish(import_id: UUID, plan: Outcome) -> None:
    """Note that an import is in, inside its transaction; forget the file when no row waits."""
    await execute(
        "update data_import set state = 'done', counts = $2, notes = $3, refused = $4, finished_at = now(),"
        " content = case when $4 > 0 then content end where id = $1",
        import_id, as_json(plan.figures()), as_json(plan.notes), plan.refused_rows,
    )  # fmt: skip
    await write_report(import_id, plan)


async def keep_record(by: Actor, import_id: UUID, file_name: str, content: bytes) -> None:
    """Enter an import from the command line in the history, as one that is just being put in."""
    await execute(
        "insert into data_import (id, community_id, file_name, sha256, size, content, state, account_id, actor_name)"
        " values ($1, $2, $3, $4, $5, $6, 'applying', $7, $8)",
        import_id, by.here, file_name[-200:], sha256_of(content), len(content), content,
        by.account_id, by.name,
    )  # fmt: skip


async def forget_files() -> int:
    """Forget the files of imports older than KEPT_DAYS, with the lines that quote them; return how many."""
    async with transaction():
        old = await fetch(
            "update data_import set content = null,"
            " state = case when state = any($2) then 'cancelled' else state end"
            " where content is not null and created_at < now() - make_interval(days => $1) returning id",
            KEPT_DAYS, list(OPEN),
        )  # fmt: skip
        await execute("delete from data_import_row where import_id = any($1::uuid[])", [record["id"] for record in old])
    return len(old)
