"""Homes count the rounds that were missed and not explained, at every look."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import execute

ID = "2026-11-26T10:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "find what waits"


async def forwards() -> MigrationManager:
    """Add the index."""
    manager = MigrationManager(migration_id=ID, app_name="neiye", description=DESCRIPTION)

    async def run() -> None:
        await execute(
            "create index patrol_round_unexplained on patrol_round (community_id) where state = 'missed' and reason is null"
        )

    manager.add_raw(run)
    return manager
