"""The audit chain: linked at commit, append-only, and tampering shows."""

import asyncio
import contextvars
import os
from urllib.parse import urlsplit

import asyncpg
import pytest

from server.audit import record, verify
from server.db import DB, EVERYWHERE, execute, fetch, fetchval, transaction
from server.security.actor import SYSTEM
from tests.cast import LAKE, SUNSHINE
from tests.conftest import SUPERUSER, with_database


async def write(action: str, community_id=SUNSHINE) -> None:
    async with DB.scope(EVERYWHERE), transaction():
        await record(SYSTEM, action, community_id=community_id, entity="thing", after={"说": "好"})


async def test_rows_are_numbered_per_community_in_the_order_of_commit(db):
    for community in (SUNSHINE, LAKE, SUNSHINE):
        await write("thing.do", community)
    async with DB.scope(EVERYWHERE):
        found = await fetch("select community_id, seq from audit order by at")
    assert [(row["community_id"], row["seq"]) for row in found] == [(SUNSHINE, 1), (LAKE, 1), (SUNSHINE, 2)]
    assert await verify() == (3, [])


async def test_twenty_writers_at_once_leave_no_gap_and_no_fork(db):
    tasks = [asyncio.create_task(write(f"thing.{n}"), context=contextvars.Context()) for n in range(20)]
    await asyncio.gather(*tasks)
    assert await verify() == (20, [])


async def test_what_is_rolled_back_leaves_no_row(db):
    async with DB.scope(EVERYWHERE):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await record(SYSTEM, "thing.do", community_id=SUNSHINE, entity="thing")
                raise ZeroDivisionError
        assert await fetchval("select count(*) from audit") == 0


@pytest.mark.parametrize(
    "statement",
    ["update audit set actor_name = '别人'", "delete from audit", "truncate audit", "update audit set hash = null"],
)
async def test_rows_cannot_be_changed(db, statement):
    await write("thing.do")
    async with DB.scope(EVERYWHERE):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(statement)
    assert await verify() == (1, [])


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        ("update audit set reason = '改过' where seq = 2", "altered"),
        ("delete from audit where seq = 2", "gap"),
        ("delete from audit where seq = 3", "cut off"),
    ],
)
async def test_even_a_superuser_with_the_triggers_off_leaves_a_trace(db, tampering, what):
    for n in range(3):
        await write(f"thing.{n}")
    line = await asyncpg.connect(with_database(os.environ[SUPERUSER], urlsplit(db).path[1:]))
    await line.execute("set session_replication_role = replica")
    await line.execute(tampering)
    await line.close()
    _count, breaks = await verify()
    assert what in {found.what for found in breaks}
