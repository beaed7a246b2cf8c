"""`neiye migrate`: bring the schema up to date. `serve` and `demo` do it by themselves."""

import asyncio
from pathlib import Path

import click

from server.commands.parts import data_option, running


@click.command()
@data_option
def migrate(data: Path) -> None:
    """把数据库结构升级到最新。 Bring the database's schema up to date, all or nothing."""
    with running(data):
        count = asyncio.run(_migrate())
        click.echo(f"已执行 {count} 个升级。 Migrations run: {count}.")


async def _migrate() -> int:
    from server.db import database
    from server.db import migrate as bring_up_to_date

    async with database():
        return await bring_up_to_date()
