"""The migrations build what the tables say: same columns, types, defaults, nulls and references."""

from server.db import DB, EVERYWHERE, execute, fetch
from server.piccolo_app import APP_CONFIG

COLUMNS = """
select table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable
from information_schema.columns where table_schema = $1 and table_name = any($2) order by 1, 2
"""
REFERENCES = """
select conrelid::regclass::text as here, pg_get_constraintdef(pg_constraint.oid) as said
from pg_constraint join pg_class on pg_class.oid = conrelid join pg_namespace on pg_namespace.oid = relnamespace
where contype = 'f' and nspname = $1 order by 1, 2
"""


async def test_the_migrated_schema_is_the_one_the_tables_declare(db):
    from piccolo.table import sort_table_classes

    tables = sort_table_classes(APP_CONFIG.table_classes)
    names = [table._meta.tablename for table in tables]
    async with DB.scope(EVERYWHERE):
        migrated, links = await fetch(COLUMNS, "public", names), await fetch(REFERENCES, "public")
        await execute("create schema declared")
        await execute("set search_path to declared")
        for table in tables:
            await table.create_table()
        declared = await fetch(COLUMNS, "declared", names)
        declared_links = await fetch(REFERENCES, "declared")
        await execute("set search_path to public")
    assert {tuple(row) for row in declared} == {tuple(row) for row in migrated}
    assert len(declared_links) == len(links)


async def test_every_table_of_a_community_is_behind_row_level_security(db):
    async with DB.scope(EVERYWHERE):
        open_tables = await fetch(
            "select relname from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'community_id'"
            " where relkind = 'r' and relnamespace = 'public'::regnamespace and not relforcerowsecurity"
        )
    # A session must be found before it is known what it reaches; jobs, their heads of chains are the system's own.
    assert {row["relname"] for row in open_tables} <= {"session", "job", "audit_head"}
