"""The feed: numbered in the order of commits, whoever writes at the same time."""

from uuid import UUID

import pytest

from server.db import DB, EVERYWHERE, execute, fetch, fetchval, transaction
from server.lib.ids import uuid7
from tests.cast import LAKE, SUNSHINE

ENTRIES = "select id, seq, gone from sync_entry where scope = $1 order by seq"


async def touch(id_: UUID, scope: str = "test:sun", community: UUID = SUNSHINE, *, gone: bool = False) -> None:
    await execute(f"select sync_{'gone' if gone else 'touch'}($1, 'thing', $2, $3)", scope, id_, community)


async def test_a_change_gets_its_number_at_commit(db):
    one, two = sorted([uuid7(), uuid7()])
    async with DB.scope(str(SUNSHINE)):
        async with transaction():
            await touch(one)
            await touch(two)
            await touch(one)
            assert await fetch(ENTRIES, "test:sun") == []
        assert [(r["id"], r["seq"]) for r in await fetch(ENTRIES, "test:sun")] == [(one, 1), (two, 2)]
        await touch(one)
        await touch(two, gone=True)
        assert [tuple(r) for r in await fetch(ENTRIES, "test:sun")] == [(one, 3, False), (two, 4, True)]
        assert await fetchval("select count(*) from sync_dirty") == 0
        assert await fetchval("select seq from sync_scope where scope = 'test:sun'") == 4


async def test_what_a_savepoint_took_back_is_not_told(db):
    kept, undone = uuid7(), uuid7()
    async with DB.scope(str(SUNSHINE)), transaction():
        await touch(kept)
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await touch(undone)
                raise ZeroDivisionError
    async with DB.scope(EVERYWHERE):
        assert [r["id"] for r in await fetch(ENTRIES, "test:sun")] == [kept]


async def test_what_was_never_told_is_not_taken_back(db):
    async with DB.scope(str(SUNSHINE)):
        async with transaction():
            id_ = uuid7()
            await touch(id_)
            await touch(id_, gone=True)
        await touch(uuid7(), gone=True)
        assert await fetch(ENTRIES, "test:sun") == []


async def test_a_scope_belongs_to_one_community(db):
    async with DB.scope(EVERYWHERE):
        await touch(uuid7())
        with pytest.raises(Exception, match="another community"):
            await touch(uuid7(), community=LAKE)
    async with DB.scope(str(LAKE)):
        assert await fetch(ENTRIES, "test:sun") == []
