"""The imports of spreadsheets: their history, their report, and the layouts mapped by hand."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-23T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "remember imports"


async def forwards() -> MigrationManager:
    """Create the tables of the imports with their rules."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_imports.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
