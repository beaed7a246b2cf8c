"""What our own code cannot carry out goes to the office instead of being asked for again for ever."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "set stuck work aside"


async def forwards() -> MigrationManager:
    """Let operations be stuck, and count how often each failed."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_stuck.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
