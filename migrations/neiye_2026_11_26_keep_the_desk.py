"""The front desk: visits, keys, letters; labels by which strangers report."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keep the desk"


async def forwards() -> MigrationManager:
    """Add the front desk, labels of places, and the voices of strangers."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_desk.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
