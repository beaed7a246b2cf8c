"""The engine: real savepoints, a pool that stays whole, and row-level security as the second wall."""

import asyncio
import contextvars

import asyncpg
import pytest

from server.accounts.tables import Account
from server.db import DB, EVERYWHERE, SharedTransaction, execute, fetchval, system_reach, transaction
from server.security.sessions import actor_of_token, open_session
from tests.cast import COMPANY, LAKE, SUN, SUNSHINE, WANG

COUNT_ROOMS = "select count(*) from room"


async def test_an_inner_transaction_is_a_savepoint(db):
    async with DB.scope(EVERYWHERE), transaction():
        await execute("update company set name = '一' where id = $1", COMPANY)
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await execute("update company set name = '二' where id = $1", COMPANY)
                raise ZeroDivisionError
        assert await fetchval("select name from company") == "一"


async def test_piccolo_queries_take_part_in_the_transaction(db):
    async with DB.scope(EVERYWHERE):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await Account.update({Account.name: "别人"}).where(Account.login == "wang")
                raise ZeroDivisionError
        assert await Account.count().where(Account.name == "别人") == 0


async def fail_at_commit() -> None:
    """Break a constraint that is only looked at when the transaction ends."""
    async with DB.scope(EVERYWHERE), transaction():
        await execute("create temp table later (id int unique deferrable initially deferred) on commit drop")
        await execute("insert into later values (1), (1)")


async def test_the_pool_stays_whole_after_failed_commits_and_cancelled_tasks(db):
    for _ in range(8):
        with pytest.raises(asyncpg.UniqueViolationError):
            await fail_at_commit()
    for _ in range(8):
        task = asyncio.create_task(sleep_in_transaction(), context=contextvars.Context())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5):
        await asyncio.gather(*(asyncio.create_task(count_rooms(), context=contextvars.Context()) for _ in range(20)))
    assert DB.lender is not None
    assert len(DB.lender.idle) == DB.lender.source.get_size() - DB.lender.source.get_idle_size()


async def sleep_in_transaction() -> None:
    async with DB.scope(EVERYWHERE), transaction():
        await fetchval("select pg_sleep(1)")


async def count_rooms(reach: str = EVERYWHERE) -> int:
    async with DB.scope(reach):
        return await fetchval(COUNT_ROOMS)


async def test_another_task_may_not_share_the_connection(db):
    async with DB.scope(EVERYWHERE), transaction():
        with pytest.raises(SharedTransaction):
            await asyncio.create_task(fetchval("select 1"))


async def test_row_level_security_shows_only_what_is_reached(db):
    assert await count_rooms("") == 0
    assert await count_rooms(str(LAKE)) == 2
    assert await count_rooms(f"{LAKE},{SUNSHINE}") == await count_rooms(EVERYWHERE) == 7


async def test_row_level_security_refuses_rows_for_another_community(db):
    async with DB.scope(str(LAKE)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(
                "insert into person (id, community_id, name, kind) values (gen_random_uuid(), $1, '入侵', 'natural')",
                SUNSHINE,
            )


async def test_a_connection_of_somebody_with_reach_is_worth_nothing_to_the_next(db):
    await DB.close()
    await DB.open(db, max_size=1)
    assert await count_rooms(EVERYWHERE) == 7
    assert await count_rooms("") == 0


async def test_a_session_opens_its_own_community_and_no_other(db):
    async with DB.scope(EVERYWHERE):
        mine = await open_session(SUN.account_id, community_id=SUNSHINE, ip="", user_agent="")
    async with DB.scope():
        actor = await actor_of_token(mine, "127.0.0.1")
        assert actor is not None
        assert (actor.community_id, actor.posts) == (LAKE, {"manager"})
        assert await fetchval(COUNT_ROOMS) == 2
    async with DB.scope():
        assert await actor_of_token("invented", "127.0.0.1") is None
        assert await fetchval(COUNT_ROOMS) == 0


async def test_a_roll_back_does_not_widen_what_the_request_reaches(db):
    async with DB.scope(EVERYWHERE):
        token = await open_session(WANG.account_id, community_id=SUNSHINE, ip="", user_agent="")
    async with DB.scope():
        await actor_of_token(token, "127.0.0.1")
        with pytest.raises(ZeroDivisionError):
            async with transaction(), system_reach():
                assert await fetchval(COUNT_ROOMS) == 7
                raise ZeroDivisionError
        assert await fetchval(COUNT_ROOMS) == 5
