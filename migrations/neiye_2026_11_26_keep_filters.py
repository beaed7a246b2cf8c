"""Tickets are found by their words, counted where they are open, and everybody keeps their own filters."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T18:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keep filters"


async def forwards() -> MigrationManager:
    """Add the words, the indexes and the table of filters."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_filters.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
