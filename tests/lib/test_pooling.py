"""Connections that the server ends: the next user meets a database that is away, and the one after that a new line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from server.db import Database, is_away


class Relay:
    """Passes bytes between clients and PostgreSQL, and keeps from the first client that the server has hung up."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.hung_up = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def pair(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        there, back = await asyncio.open_connection(self.host, self.port)
        first = not self.tasks
        self.tasks.add(asyncio.create_task(self.carry(reader, back)))
        await self.carry(there, writer)
        if first:
            self.hung_up.set()
        else:
            writer.close()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way until they end."""
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[tuple[str, Relay]]:
    """Yield the address of a relay to the database at `url`, and the relay."""
    parts = urlsplit(url)
    relay = Relay(parts.hostname or "", parts.port or 5432)
    server = await asyncio.start_server(relay.pair, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}")), relay
    finally:
        server.close()
        for task in relay.tasks:
            task.cancel()


@pytest.mark.parametrize("query", ["execute", "fetchval"])
async def test_a_query_after_the_servers_good_bye_says_that_the_database_is_away(db, query):
    async with relayed(db) as (url, relay):
        pool = Database()
        await pool.open(url, max_size=1)
        try:
            async with pool.scope("*"), pool.connection() as line:
                backend = await line.fetchval("select pg_backend_pid()")
            killer = await asyncpg.connect(db)
            await killer.execute(f"select pg_terminate_backend({backend})")
            await killer.close()
            await relay.hung_up.wait()
            with pytest.raises(asyncpg.PostgresConnectionError) as away:
                async with pool.scope("*"), pool.connection() as line:
                    await getattr(line, query)("select 1")
            assert is_away(away.value)
            async with pool.scope("*"), pool.connection() as line:
                assert await line.fetchval("select 1") == 1
        finally:
            await pool.close()


async def test_a_connection_is_lent_again_until_it_is_closed(db):
    pool = Database()
    await pool.open(db, max_size=1)
    try:
        async with pool.scope("*"), pool.connection() as line:
            first = await line.fetchval("select pg_backend_pid()")
        async with pool.scope("*"), pool.connection() as line:
            assert await line.fetchval("select pg_backend_pid()") == first
            line.terminate()
        async with pool.scope("*"), pool.connection() as line:
            assert await line.fetchval("select pg_backend_pid()") != first
    finally:
        await pool.close()


async def test_what_a_borrower_left_open_is_rolled_back(db):
    pool = Database()
    await pool.open(db, max_size=1)
    try:
        async with pool.scope("*"), pool.connection() as line:
            await line.execute("begin")
            await line.execute("create table left_open (id int)")
        async with pool.scope("*"), pool.connection() as line:
            assert await line.fetchval("select to_regclass('left_open') is null")
    finally:
        await pool.close()


@pytest.mark.parametrize(
    "error", [asyncpg.DiskFullError, asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError]
)
def test_a_database_that_cannot_just_now_is_away_and_no_bug(error):
    assert is_away(error("no"))


def test_a_mistake_of_ours_is_no_absence():
    assert not is_away(asyncpg.UniqueViolationError("twice"))
    assert not is_away(asyncpg.InterfaceError("the query expects 1 argument, 2 were given"))


async def test_closing_cuts_off_what_is_still_lent(db, monkeypatch):
    monkeypatch.setattr("server.lib.pooling.CLOSING_SECONDS", 0.1)
    pool = Database()
    await pool.open(db, max_size=1)
    lent = await pool.lender.borrow()
    await pool.close()
    with pytest.raises(asyncpg.InterfaceError):
        await lent.fetchval("select 1")
