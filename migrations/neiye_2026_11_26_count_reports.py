"""Phones count their reports: one that comes late is known as old."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T09:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "count reports"


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute("alter table sync_device add column report_number BIGINT NOT NULL DEFAULT 0")

    manager.add_raw(run)
    return manager
