"""The tables and rules of the first release, as SQL: what stands here is what the database has."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-23T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "lay the ground"


async def forwards() -> MigrationManager:
    """Create every table, then the constraints, triggers and policies."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        for name in ("the_tables.sql", "the_rules.sql"):
            await execute(Path(__file__).with_name(name).read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
