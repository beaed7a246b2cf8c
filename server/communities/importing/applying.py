"""Reading the register to compare with, and putting a plan into it: set-based, in one transaction per community.

New records go by COPY into temporary tables and from there by INSERT … SELECT (COPY itself does not pass row-level
security); changed values by one UPDATE per field. The search index is rebuilt once, at the end.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from server.audit import record
from server.communities.importing.headers import Layout
from server.communities.importing.importers import Importer, PlanChanged
from server.communities.importing.importers import register as register_importer
from server.communities.importing.parsing import Register, parse
from server.communities.importing.planning import (
    COLUMNS,
    Change,
    Known,
    KnownBuilding,
    KnownOccupancy,
    KnownPerson,
    KnownRoom,
    KnownSpace,
    KnownStairwell,
    KnownVehicle,
    Plan,
    plan,
)
from server.db import fetchval, rows, transaction
from server.lib.formats import today
from server.security.actor import Actor

Progress = Callable[[int, int], Awaitable[None]]
CHUNK = 10_000
SEARCH_CHUNK = 2_000
COPY_SECONDS = 300.0

WITH_IMPORT_ID = frozenset({"room", "person", "occupancy", "space", "vehicle"})
WITH_VERSION = frozenset({"room", "person"})
TYPES = {
    "floor": "integer", "floors_above": "integer", "gross_area": "numeric", "net_area": "numeric", "handover_on": "date",
    "since": "date", "until": "date", "moved_in_on": "date", "has_lift": "boolean", "room_id": "uuid", "person_id": "uuid",
    "space_id": "uuid",
}  # fmt: skip
"""What a changed value is cast to; text is the rule."""


async def load(community_id: UUID) -> Known:
    """Return what the register of a community holds."""

    async def all_of(kind: type[Any], table: str, order: str = "id") -> list[Any]:
        columns = ", ".join(kind.__struct_fields__)
        return await rows(kind, f"select {columns} from {table} where community_id = $1 order by {order}", community_id)

    return Known(
        buildings=await all_of(KnownBuilding, "building"),
        stairwells=await all_of(KnownStairwell, "stairwell"),
        rooms=await all_of(KnownRoom, "room", "sort"),
        persons=await all_of(KnownPerson, "person"),
        occupancies=await all_of(KnownOccupancy, "occupancy"),
        spaces=await all_of(KnownSpace, "space"),
        vehicles=await all_of(KnownVehicle, "vehicle"),
    )


async def dry_run(register: Register, layouts: dict[str, Layout], community_id: UUID) -> Plan:
    """Return what `register` would do to a community's register now. Writes nothing."""
    template = await fetchval("select label_template from community where id = $1", community_id)
    known = await load(community_id)
    return await asyncio.to_thread(plan, register, known, layouts, template, today())


async def apply(
    register: Register,
    layouts: dict[str, Layout],
    community_id: UUID,
    import_id: UUID,
    *,
    by: Actor,
    facts: dict[str, Any],
    expected: dict[str, dict[str, int]] | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Put `register` into a community's register, all or nothing, with one audit row; return what was done.

    `facts` (file name, SHA-256) go into the audit row. Raise PlanChanged when the figures differ from `expected`.
    `progress(done, total)` is awaited along the way, outside the transaction.
    """
    async with transaction() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"import {community_id}")
        decided = await dry_run(register, layouts, community_id)
        if expected is not None and decided.figures() != expected:
            raise PlanChanged(decided)
        await _Writer(connection, decided, community_id, import_id, progress).write()
        await _audit(decided, community_id, import_id, by, facts)
    return decided


class _Writer:
    """Writes one plan."""

    def __init__(
        self, connection: Any, decided: Plan, community_id: UUID, import_id: UUID, progress: Progress | None
    ) -> None:
        self.connection, self.plan = connection, decided
        self.community_id, self.import_id, self.progress = community_id, import_id, progress
        self.done = 0
        rooms = len(decided.new["room"])
        self.total = sum(len(new) for new in decided.new.values()) + len(decided.changes) + rooms

    async def write(self) -> None:
        """Create, change, and make the result searchable."""
        await self.connection.execute("select set_config('neiye.search_paused', 'on', true)")
        for entity, records in self.plan.new.items():
            await self._create(entity, records)
        await self._change()
        await self._refresh_search()
        await self.connection.execute("select set_config('neiye.search_paused', '', true)")

    async def _advance(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            await self.progress(min(self.done, self.total), self.total)

    async def _create(self, entity: str, records: list[tuple[object, ...]]) -> None:
        """Copy new records to a temporary table of the same columns and insert them from there."""
        if not records:
            return
        names = ", ".join(COLUMNS[entity])
        also = {"community_id": self.community_id}
        if entity in WITH_IMPORT_ID:
            also["import_id"] = self.import_id
        await self.connection.execute(
            f"create temporary table if not exists new_{entity} on commit drop as select {names} from {entity} with no data"
        )
        insert = (
            f"insert into {entity} ({names}, {', '.join(also)}) "
            f"select {names}, {', '.join(f'${index}' for index in range(1, len(also) + 1))} from new_{entity}"
        )
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            await self.connection.execute(f"truncate new_{entity}")
            await self.connection.copy_records_to_table(
                f"new_{entity}", records=chunk, columns=list(COLUMNS[entity]), timeout=COPY_SECONDS
            )
            await self.connection.execute(insert, *also.values())
            await self._advance(len(chunk))

    async def _change(self) -> None:
        """Write changed values, one statement per field, and count up the versions of what changed."""
        if not self.plan.changes:
            return
        by_field: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in self.plan.changes:
            by_field[change.entity, change.field].append(change)
        for (entity, field), changes in by_field.items():
            await self.connection.execute(
                f"update {entity} set {field} = new.value::{TYPES.get(field, 'text')}"
                f" from unnest($1::uuid[], $2::text[]) as new (id, value)"
                f" where {entity}.id = new.id and {entity}.community_id = $3",
                [change.id for change in changes],
                [as_text(change.after) for change in changes],
                self.community_id,
            )
            await self._advance(len(changes))
        for entity in WITH_VERSION:
            ids = list({change.id for change in self.plan.changes if change.entity == entity})
            await self.connection.execute(f"update {entity} set version = version + 1 where id = any($1::uuid[])", ids)

    async def _refresh_search(self) -> None:
        """Index the rooms that are new, or whose own data, people, vehicles or spaces changed."""
        changed: dict[str, set[UUID]] = defaultdict(set)
        rooms: set[UUID] = set()
        for change in self.plan.changes:
            changed[change.entity].add(change.id)
            if change.field == "room_id":
                rooms |= {UUID(str(value)) for value in (change.before, change.after) if value}
        ids = await self.connection.fetch(
            "select id from room where import_id = $1 or id = any($2::uuid[])"
            " union select room_id from occupancy where import_id = $1 or person_id = any($3::uuid[])"
            " union select room_id from vehicle where (import_id = $1 or id = any($4::uuid[])) and room_id is not null"
            " union select room_id from space where (import_id = $1 or id = any($5::uuid[])) and room_id is not null",
            self.import_id,
            list(changed["room"] | rooms),
            list(changed["person"]),
            list(changed["vehicle"]),
            list(changed["space"]),
        )
        wanted = [record["id"] for record in ids]
        for start in range(0, len(wanted), SEARCH_CHUNK):
            chunk = wanted[start : start + SEARCH_CHUNK]
            await self.connection.execute("select refresh_room_search($1::uuid[])", chunk)
            await self._advance(len(chunk))


def as_text(value: object) -> str:
    """Return a value as PostgreSQL reads it from text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


async def _audit(decided: Plan, community_id: UUID, import_id: UUID, by: Actor, facts: dict[str, Any]) -> None:
    """Write the import's one audit row: its figures, and every value it changed as (entity, id, field, before, after)."""
    figures = {
        f"{what}_{how}": count
        for what, counts in decided.figures().items()
        for how, count in counts.items()
        if how in ("created", "changed") and count
    }
    changed = [[change.entity, change.id, change.field, change.before, change.after] for change in decided.changes]
    await record(
        by,
        "import.apply",
        community_id=community_id,
        entity="import",
        entity_id=import_id,
        after=facts | {"refused": decided.refused_rows} | figures | {"changed": changed},
    )


HOUSEHOLDS = frozenset({"households", "rooms", "owners", "stairwells", "spaces"})
register_importer(Importer(HOUSEHOLDS, parse, dry_run, apply))
