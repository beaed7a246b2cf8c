"""The whole life of a repair: quotes and consent, pauses, pool, clocks, price list, hands, each community's rules."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "repair in full"


async def forwards() -> MigrationManager:
    """Add what a repair needs from the report to the payment."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_repairs.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
