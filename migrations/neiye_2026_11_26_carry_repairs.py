"""Repairs on the phones of those who repair, and of those who report: what the feed tells of them."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "carry repairs"


async def forwards() -> MigrationManager:
    """Let the feed tell of repairs, open offers, prices and homes."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_carrying.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
