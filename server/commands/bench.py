"""`neiye bench`: measure, print figures and ratios, assert nothing. Everything stays on this machine and stops by itself."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from server.commands.parts import json_option, running
from server.embedded.trouble import Trouble

BENCHES = {
    "page": ("tests.bench.page", "a 15 KB page by us, by bare Starlette and by stock Django, asked in turns"),
    "field": (
        "tests.bench.field",
        "field work: pages, taps and photos without a line on a slow phone, handing in, the first pull",
    ),
    "pouch": (
        "tests.bench.pouch",
        "our sync beside PouchDB with express-pouchdb: 5,000 documents, 500 edits made offline",
    ),
    "photos": ("tests.bench.photos", "photo uploads against bare put_object of the same bytes"),
    "start": ("tests.bench.start", "from the command to the first page: a new folder, and a restart"),
    "weight": ("tests.bench.weight", "bytes of the first visit of an owner's home on a phone"),
    "register": ("tests.bench.register", "lists and searches of a community of 50,000 rooms, in ms"),
    "tickets": ("tests.bench.tickets", "the board of a community of 50,000 tickets, in ms"),
    "storm": ("tests.bench.storm", "a hundred owners report at once with photos, in ms"),
    "import": ("tests.bench.importing", "a workbook of 50,000 rooms, imported, and once more"),
}
"""Name → (module with `async def run()`, what it measures)."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)))
@json_option
def bench(names: tuple[str, ...], as_json: bool) -> None:
    """测量速度：打印数字和比例。 Measure on a fresh embedded database and storage; prints figures and ratios."""
    chosen = names or tuple(BENCHES)
    if len(chosen) > 1:
        for name in chosen:
            alone(name, as_json)
        return
    for name in chosen:
        found = measure(BENCHES[name][0])
        if as_json:
            click.echo(json.dumps({name: found}, ensure_ascii=False, default=str))
        else:
            click.echo(f"\n{name}: {BENCHES[name][1]}")
            show(found)


def alone(name: str, as_json: bool) -> None:
    """Run one bench in a process of its own: each has parts of its own, and a process reads its settings once."""
    words = [
        sys.executable,
        "-c",
        "from server.commands import main; main()",
        "bench",
        name,
        *(["--json"] if as_json else []),
    ]
    if subprocess.run(words, check=False).returncode:
        raise Trouble(f"{name} 没有测完", f"{name} did not come to its end")


def measure(module: str) -> dict[str, Any]:
    """Run one bench on parts of its own in a temporary folder; raise Trouble where the tests' libraries are missing."""
    with tempfile.TemporaryDirectory(prefix="neiye-bench-") as folder:
        os.environ.pop("DATABASE_URL", None)
        Path(folder).chmod(0o755)
        with running(Path(folder) / "var"):
            try:
                run = importlib.import_module(module).run
            except ModuleNotFoundError as error:
                missing = f"{error.name}"
                raise Trouble(
                    f"缺少 {missing}，请用 uv run neiye bench", f"{missing} is missing: use uv run"
                ) from error
            import uvloop  # as the product's own processes do: some benches serve the application from here

            return uvloop.run(prepared(run))


async def prepared(run: Any) -> dict[str, Any]:
    """Migrate, then run the bench."""
    from server.db import database, migrate

    async with database():
        await migrate()
    found: dict[str, Any] = await run()
    return found


def show(found: Any, indent: str = "  ") -> None:
    """Print figures as an indented list."""
    if isinstance(found, dict):
        for key, value in found.items():
            if isinstance(value, dict | list):
                click.echo(f"{indent}{key}:")
                show(value, indent + "  ")
            else:
                click.echo(f"{indent}{key}: {value}")
    else:
        for value in found:
            show(value, indent) if isinstance(value, dict | list) else click.echo(f"{indent}{value}")
