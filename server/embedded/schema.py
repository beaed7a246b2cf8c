"""Whether the schema is up to date, found out without loading the application."""

import re
from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def known(folder: Path = MIGRATIONS) -> list[str]:
    """Return the ids of the migrations this version has, oldest first."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("*.py")]
    return sorted(found.group(1) for text in texts if (found := re.search(r'^ID = "([^"]+)"', text, re.MULTILINE)))


async def pending(connection: asyncpg.Connection) -> list[str]:
    """Return the ids of the migrations the database still lacks."""
    if not await connection.fetchval("select to_regclass('migration') is not null"):
        return known()
    done = {record["name"] for record in await connection.fetch("select name from migration")}
    return [name for name in known() if name not in done]


async def is_filled(connection: asyncpg.Connection) -> bool:
    """Tell whether there is a company: whether anybody has begun to use this database."""
    if not await connection.fetchval("select to_regclass('company') is not null"):
        return False
    async with connection.transaction(readonly=True):
        await connection.execute("select set_config('neiye.reach', '*', true)")
        return bool(await connection.fetchval("select exists (select from company)"))
