"""`neiye audit verify`: does every audit chain still hold? Exit code 1 if not."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click

from server.commands.parts import data_option, json_option, running


@click.group()
def audit() -> None:
    """操作记录 / the audit."""


@audit.command()
@data_option
@json_option
def verify(data: Path, as_json: bool) -> None:
    """核验操作记录有没有被改动。 Check every hash of every chain; exit code 1 if one does not hold."""
    with running(data):
        told = asyncio.run(examine())
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        click.echo(f"核验了 {told['rows']} 条操作记录。 {told['rows']} audit rows checked.")
        for found in told["breaks"]:
            click.echo(f"✗ {found['community_id']} {found['seq']}: {found['what']}")
        click.echo("没有被改动。 None was altered." if not told["breaks"] else "有改动！ ALTERED!")
    sys.exit(1 if told["breaks"] else 0)


async def examine() -> dict[str, Any]:
    """Return what is printed: how many rows there are, and where the chains break."""
    from server.audit import verify as verify_chains
    from server.db import database

    async with database():
        rows, breaks = await verify_chains()
    shown = [{"community_id": str(found.community_id), "seq": found.seq, "what": found.what} for found in breaks]
    return {"rows": rows, "breaks": shown}
