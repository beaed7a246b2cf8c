"""Rows of the audit that one statement writes are noted at one go."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "note at one go"


async def forwards() -> MigrationManager:
    """Replace the trigger that notes them."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_note.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
