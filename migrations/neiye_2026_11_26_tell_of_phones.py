"""Each trouble of a phone is told once, and a community says after how many hours."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T21:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tell of phones"


async def forwards() -> MigrationManager:
    """Note which troubles were told, and add the rules."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_phones.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
