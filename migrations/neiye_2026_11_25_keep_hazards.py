"""The hazards: their register, their life, requests for more time, each community's limits."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-25T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keep hazards"


async def forwards() -> MigrationManager:
    """Create the tables of the hazards with their rules."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_hazards.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
