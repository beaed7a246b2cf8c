"""`neiye import`: put a spreadsheet of households into a community's register, or say what that would do."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.commands.parts import data_option, json_option, running
from server.embedded.trouble import Trouble, explain

if TYPE_CHECKING:
    from server.communities.importing.importers import Outcome
    from server.communities.importing.reading import UnreadableFile

SHOWN = 20
"""Refused rows printed for people; `--json` lists them all."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--community", required=True, metavar="NAME", help="小区名称，没有就新建 / its name; created if there is none"
)
@click.option(
    "--readings", type=click.Choice(["water", "hot_water", "power", "gas", "heat"]),
    help="抄表数据是哪种表的（表格里没写时）/ whose meters' readings it holds, when the file does not say",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="只看会发生什么，不写入 / only say what would happen")
@data_option
@json_option
def import_command(file: Path, community: str, readings: str | None, dry_run: bool, data: Path, as_json: bool) -> None:
    """导入住户或抄表表格（Excel 或 CSV）。 Import a spreadsheet of households, or of meter readings.

    好的行写入，有问题的行列出原因；同一文件再导入一次，什么都不会变。
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise explain(file, error) if file.exists() else _no_such_file(file) from error
    with running(data):
        started = time.perf_counter()
        name = community.strip()
        told = asyncio.run(_import(content, file.name, name, readings, dry_run, quiet=as_json))
        told["seconds"] = round(time.perf_counter() - started, 2)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell(told)


def _no_such_file(file: Path) -> Trouble:
    return Trouble(f"没有这个文件：{file}", f"There is no such file: {file}")


async def _import(
    content: bytes, file_name: str, name: str, readings: str | None, dry: bool, *, quiet: bool
) -> dict[str, Any]:
    """Import and return what is printed."""
    import server.meters.importing  # noqa: F401 - says that it imports
    from server.communities.founding import found_community
    from server.communities.importing.applying import HOUSEHOLDS
    from server.communities.importing.importers import importer_for
    from server.db import DB, EVERYWHERE, database, migrate

    async with database(max_size=3):
        await migrate()
        async with DB.scope(EVERYWHERE):
            community_id = await _find_community(name)
            sheets, layouts = await _read(content, community_id, readings)
            importer = importer_for(layouts)
            parsed = importer.parse(sheets, layouts)
            created = community_id is None
            if created and not HOUSEHOLDS & {layout.kind for layout in layouts.values()}:
                raise Trouble("先导入房屋，再导入抄表数据。", "Import the rooms first: readings need them.")
            if community_id is None and not dry:
                community_id = await found_community(name, by=_actor())
            plan = await _carry_out(importer, content, file_name, parsed, layouts, community_id, dry, quiet)
    return _report(plan, name, dry, created)


def _actor() -> Any:
    """The actor of the command line: whoever may run commands on this machine."""
    import msgspec

    from server.security.actor import SYSTEM

    return msgspec.structs.replace(SYSTEM, name="neiye import")


async def _find_community(name: str) -> Any:
    """Return the id of the community with this name or code, or None; a name that is nearly one's is Trouble."""
    from difflib import get_close_matches

    from server.db import fetch

    communities = await fetch("select id, name, code from community order by name")
    for community in communities:
        if name in (community["name"], community["code"]):
            return community["id"]
    near = get_close_matches(name, [community["name"] for community in communities], n=1, cutoff=0.7)
    if not name or near or len(name) > 60:
        names = "、".join(community["name"] for community in communities)
        raise Trouble(f"没有叫“{name}”的小区，有：{names}。", f"No community is called {name!r}; there are: {names}.")
    return None


async def _read(content: bytes, community_id: Any, readings: str | None) -> tuple[Any, Any]:
    """Return the file's sheets and how they are read; Trouble if that cannot be."""
    from server.communities.importing import history
    from server.communities.importing.jobs import recognise_all, says_something
    from server.communities.importing.reading import UnreadableFile, read_sheets

    try:
        sheets = read_sheets(content)
    except UnreadableFile as trouble:
        raise _unreadable(trouble) from trouble
    layouts = recognise_all(sheets, await history.remembered(community_id) if community_id else {}, readings)
    if not says_something(layouts):
        raise Trouble(
            "认不出表头。抄表数据请加 --readings water 等，说明是哪种表；其他表格请在网页“导入表格”里上传一次，手工指定每一列，之后这里也认得。",
            "The headings are not known. Readings of meters need --readings water (or power …); for anything else upload the file once on the web, say which column is which, and come back.",
        )
    return sheets, layouts


def _unreadable(trouble: "UnreadableFile") -> Trouble:
    from server.lib.i18n import _, speaking

    with speaking("en"):
        return Trouble(str(trouble), _(str(trouble)))


async def _carry_out(
    importer: Any, content: bytes, file_name: str, parsed: Any, layouts: Any, community_id: Any, dry: bool, quiet: bool
) -> "Outcome":
    """Put what was read in, or only plan it."""
    import msgspec

    from server.communities.founding import LABEL_TEMPLATE
    from server.communities.importing import history
    from server.communities.importing.planning import Known, plan
    from server.db import transaction
    from server.lib.formats import today
    from server.lib.ids import uuid7

    if community_id is None:
        return plan(parsed, Known(), layouts, LABEL_TEMPLATE, today())
    if dry:
        outcome: Outcome = await importer.dry_run(parsed, layouts, community_id)
        return outcome
    by, import_id = msgspec.structs.replace(_actor(), community_id=community_id), uuid7()
    facts = {"file": file_name, "sha256": history.sha256_of(content)}
    with _Bar(quiet) as bar:
        async with transaction():
            await history.keep_record(by, import_id, file_name, content)
            done: Outcome = await importer.apply(
                parsed, layouts, community_id, import_id, by=by, facts=facts, progress=bar.show
            )
            await history.finish(import_id, done)
    return done


class _Bar:
    """A progress bar on a terminal, silent elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.visible = sys.stderr.isatty() and not quiet
        self.bar: Any = None

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.bar is not None:
            self.bar.render_finish()

    async def show(self, done: int, total: int) -> None:
        """Show that `done` of `total` steps are done."""
        if not self.visible:
            return
        if self.bar is None:
            self.bar = click.progressbar(length=total, label="导入", file=sys.stderr)
        self.bar.update(done - self.bar.pos)


def _report(plan: "Outcome", name: str, dry: bool, created: bool) -> dict[str, Any]:
    """Return the plan as `--json` prints it."""
    figures = plan.figures()
    return {
        "community": name,
        "community_created": created and not dry,
        "dry_run": dry,
        "rows": plan.rows,
        **figures,
        "refused_rows": plan.refused_rows,
        "refused": [
            {
                "sheet": problem.sheet, "row": problem.row, "column": problem.place, "value": problem.value,
                "reason": problem.reason, "code": problem.code,
            }
            for problem in plan.problems
        ],
        "notes": [note.text for note in plan.notes],
    }  # fmt: skip


WORDS = (
    ("meters", "表计 meters"), ("readings", "读数 readings"),
    ("rooms", "房屋 rooms"), ("persons", "人 persons"), ("occupancies", "居住关系 occupancies"),
    ("spaces", "车位 spaces"), ("vehicles", "车辆 vehicles"),
)  # fmt: skip


def _tell(told: dict[str, Any]) -> None:
    """Print what happened, for people."""
    click.echo(f"{'试算，没有写入 · dry run' if told['dry_run'] else '已导入 · imported'}: {told['community']}")
    if told["community_created"]:
        click.echo("  这个小区是新建的。 The community is new.")
    for key, word in WORDS:
        figures = told.get(key)
        if figures is None:
            continue
        click.echo(
            f"  {word}: 新增 created {figures['created']}, 修改 changed {figures['changed']},"
            f" 不变 unchanged {figures['unchanged']}"
        )
    for note in told["notes"]:
        click.echo(f"  · {note}")
    if told["refused"]:
        click.echo(f"没有导入的行 · refused rows: {told['refused_rows']}")
    for refused in told["refused"][:SHOWN]:
        where = f"{refused['sheet']} 第 {refused['row']} 行 {refused['column']}"
        click.echo(f"  {where}：{refused['value'] or '（空）'} — {refused['reason']}")
    if len(told["refused"]) > SHOWN:
        click.echo(f"  … 还有 {len(told['refused']) - SHOWN} 处（--json 全部列出 / lists all）")
    click.echo(f"用时 {told['seconds']} 秒。")
