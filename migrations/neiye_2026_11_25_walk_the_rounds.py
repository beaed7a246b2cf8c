"""Patrols: checkpoints, checklists, routes, schedules, rounds and what was found on them."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "walk the rounds"


async def forwards() -> MigrationManager:
    """Create the tables of patrols with their rules."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(Path(__file__).with_name("the_patrols.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
