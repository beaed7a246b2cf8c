"""Inserts many rows at once."""

from collections.abc import Sequence
from typing import Any

from server.lib.pooling import Connection


async def insert_all(lent: Connection, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows at once. COPY does not work under row-level security, so they come as arrays of each column."""
    types = {
        found["attname"]: found["type"]
        for found in await lent.fetch(
            "select attname, format_type(atttypid, null) as type from pg_attribute"
            " where attrelid = $1::text::regclass and attnum > 0",
            table,
        )
    }
    places = ", ".join(f"${n}::{types[name]}[]" for n, name in enumerate(columns, start=1))
    names = ", ".join(columns)
    await lent.execute(f"insert into {table} ({names}) select * from unnest({places})", *zip(*records, strict=True))
