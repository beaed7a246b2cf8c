"""The month report: findings, fixed figures, measures."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T19:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "decide measures"


async def forwards() -> MigrationManager:
    """Add what is written and decided about a month."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_measures.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
