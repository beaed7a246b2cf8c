"""What phones are told: the feed in the order of commits, what they did and what they still hold."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-25T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "number what changes"


async def forwards() -> MigrationManager:
    """Create the tables of sync with their rules, and `sync_touch` and `sync_gone` for the features' triggers."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_sync.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
