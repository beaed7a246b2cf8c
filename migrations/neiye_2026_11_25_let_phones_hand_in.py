"""Who an account is, asked in one place: by sessions and by the tokens of phones."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-25T09:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "let phones hand in"


async def forwards() -> MigrationManager:
    """Put the answer into a function of its own, and use it for both."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_standing.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
