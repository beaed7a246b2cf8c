"""The audit chain: linked at commit, append-only, and tampering shows."""

import asyncio
import contextvars
import os
from urllib.parse import urlsplit

import asyncpg
import pytest

from server.audit import record, verify
from server.db import DB, EVERYWHERE, execute, fetch, fetchval, held, system_reach, transaction
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


async def test_the_rows_of_one_transaction_are_linked_in_the_order_they_were_written(db):
    async with DB.scope(EVERYWHERE):
        async with transaction():
            for n in range(30):
                async with transaction():  # a savepoint, as operations have them
                    await record(SYSTEM, f"thing.{n}", community_id=(SUNSHINE, LAKE)[n % 2], entity="thing")
                with pytest.raises(ZeroDivisionError):
                    async with transaction():
                        await record(SYSTEM, "thing.undone", community_id=SUNSHINE, entity="thing")
                        raise ZeroDivisionError
        found = await fetch("select action from audit where community_id = $1 order by seq", SUNSHINE)
    assert [row["action"] for row in found] == [f"thing.{n}" for n in range(0, 30, 2)]
    assert await verify() == (30, [])


async def test_each_row_is_written_with_the_reach_it_was_recorded_with(db):
    async with DB.scope(str(SUNSHINE)):
        async with transaction():
            await record(SYSTEM, "thing.here", community_id=SUNSHINE, entity="thing")
            async with system_reach():
                await record(SYSTEM, "thing.there", community_id=LAKE, entity="thing")
            await record(SYSTEM, "thing.here", community_id=SUNSHINE, entity="thing")
        assert await fetchval("select count(*) from audit") == 2
    assert await verify() == (3, [])


async def test_a_row_that_may_not_be_written_takes_its_change_back(db):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with DB.scope(str(SUNSHINE)), transaction():
            await execute("update community set name = '改名' where id = $1", SUNSHINE)
            await record(SYSTEM, "community.change", community_id=LAKE, entity="community")
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select name from community where id = $1", SUNSHINE) != "改名"
        assert await verify() == (0, [])


async def test_outside_of_a_transaction_a_row_is_written_at_once(db):
    async with DB.scope(EVERYWHERE):
        await record(SYSTEM, "thing.do", community_id=SUNSHINE, entity="thing")
        assert await fetchval("select count(*) from audit") == 1
    assert await verify() == (1, [])


async def test_rows_linked_in_the_middle_of_a_transaction_and_those_after_them_make_one_chain(db):
    async with DB.scope(EVERYWHERE), transaction():
        await record(SYSTEM, "thing.before", community_id=SUNSHINE, entity="thing")
        await held().write_late()
        await execute("set constraints all immediate")
        await record(SYSTEM, "thing.after", community_id=SUNSHINE, entity="thing")
        await held().write_late()
        await execute("set constraints all deferred")
        await record(SYSTEM, "thing.last", community_id=SUNSHINE, entity="thing")
    assert await verify() == (3, [])


SLIPPED_IN = "insert into audit (id, community_id, actor_name, action, entity) values (gen_random_uuid(), $1, '某人', 'x.y', 'x')"


async def test_a_row_slipped_in_past_the_triggers_is_never_linked_by_those_who_come_later(db):
    await write("thing.0")
    line = await asyncpg.connect(with_database(os.environ[SUPERUSER], urlsplit(db).path[1:]))
    await line.execute("set session_replication_role = replica")
    await line.execute(SLIPPED_IN, SUNSHINE)
    await line.close()
    for n in range(1, 4):
        await write(f"thing.{n}")
    count, breaks = await verify()
    assert count == 5
    assert [(found.seq, found.what) for found in breaks] == [(None, "gap")]


async def test_what_is_rolled_back_leaves_no_row(db):
    async with DB.scope(EVERYWHERE):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await record(SYSTEM, "thing.do", community_id=SUNSHINE, entity="thing")
                raise ZeroDivisionError
        assert await fetchval("select count(*) from audit") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor_name = '别人'",
        "delete from audit",
        "truncate audit",
        "update audit set hash = null",
        "update audit set hash = sha256(hash)",
    ],
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
