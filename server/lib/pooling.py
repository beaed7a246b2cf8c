"""A pool of PostgreSQL connections: lent in the order of asking, left alone between two users, dropped when the server ends them.

asyncpg's own pool lets some wait for ever when it is empty, and spends a task and a reset on every connection that
comes back. This one keeps the connections of asyncpg's between requests and lends them itself.
"""

import asyncio
import logging
from typing import Any, TypeAlias, cast

import asyncpg

log = logging.getLogger("neiye.database")

Connection: TypeAlias = Any  # asyncpg's PoolConnectionProxy: what the pool lends; the library has no types

ACQUIRE_TIMEOUT = 10.0
"""Seconds a request waits for a connection before it is told to come back later."""

IDLE_SECONDS = 300.0
"""How long an unused connection is trusted: firewalls and proxies forget quiet lines."""

CLOSING_SECONDS = 10.0
"""How long closing waits for connections that are lent: what still runs then is cut off."""

FAREWELL = "another operation (2) is in progress"
"""How asyncpg refuses a query after it has read an error that answers no query; 2 is its PROTOCOL_ERROR_CONSUME."""


class Busy(Exception):
    """No database connection became free within ACQUIRE_TIMEOUT seconds, or none can be made."""


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that knows when the server has said good-bye.

    A server that ends a connection nobody is waiting on first sends a message that says so; from then on asyncpg waits
    for the end of that message's exchange, which never comes, and until it reads the end of the line, it takes the next
    query for a mistake of ours (InternalClientError).
    """

    def get_reset_query(self) -> str:
        """Return nothing to run: we never SET outside a transaction but `neiye.reach`, which server/db.py's `Held` owns."""
        return ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """Run `query`; raise ConnectionDoesNotExistError if the server has ended the connection."""
        try:
            return cast(str, await super().execute(query, *args, timeout=timeout))
        except asyncpg.InternalClientError as error:
            self._leave(error)
            raise

    async def _execute(self, *args: Any, **named: Any) -> Any:
        """Run a query for fetch, fetchrow and fetchval; raise like `execute`."""
        try:
            return await super()._execute(*args, **named)
        except asyncpg.InternalClientError as error:
            self._leave(error)
            raise

    def _leave(self, error: asyncpg.InternalClientError) -> None:
        """Hang up, so that the pool makes a new connection; tell a good-bye of the server from a mistake of ours."""
        self.terminate()
        if FAREWELL in str(error):
            raise asyncpg.ConnectionDoesNotExistError("the server has ended the connection") from error


def is_gone(connection: Connection) -> bool:
    """Tell whether `connection` has ended, and with it been taken back by asyncpg's pool."""
    try:
        return cast(bool, connection.is_closed())
    except asyncpg.InterfaceError:
        return True


class Pool:
    """Lends `size` connections at most, each to one borrower at a time."""

    def __init__(self, source: asyncpg.Pool, size: int) -> None:
        self.source = source
        self.turns = asyncio.Semaphore(size)
        self.idle: list[tuple[Connection, float]] = []

    async def borrow(self) -> Connection:
        """Return a connection when it is the caller's turn; raise Busy when that takes too long or none can be made."""
        if self.turns.locked():
            await self._wait_for_a_turn()
        else:
            await self.turns.acquire()
        try:
            return await self._lend()
        except OSError as error:  # refused, or no answer in time
            self.turns.release()
            raise Busy(str(error)) from error
        except BaseException:
            self.turns.release()
            raise

    async def _lend(self) -> Connection:
        """Return the connection that came back last, or a new one."""
        while self.idle:
            connection, since = self.idle.pop()
            if not is_gone(connection):
                if asyncio.get_running_loop().time() - since < IDLE_SECONDS:
                    return connection
                connection.terminate()
            await self.source.release(connection)
        return await self.source.acquire()

    async def _wait_for_a_turn(self) -> None:
        """Stand in line; raise Busy after ACQUIRE_TIMEOUT seconds."""
        try:
            async with asyncio.timeout(ACQUIRE_TIMEOUT):
                await self.turns.acquire()
        except TimeoutError as error:
            raise Busy from error

    async def give_back(self, connection: Connection) -> None:
        """Take `connection` back and let the next in line have its turn.

        One with an open transaction, or whose query may just be being cancelled, goes to asyncpg's pool, which cleans up
        even while this task is being cancelled.
        """
        task = asyncio.current_task()
        try:
            if is_gone(connection) or connection.is_in_transaction() or (task and task.cancelling()):
                await self.source.release(connection)
            else:
                self.idle.append((connection, asyncio.get_running_loop().time()))
        finally:
            self.turns.release()

    async def close(self) -> None:
        """Close every connection; wait CLOSING_SECONDS for those that are lent, then cut them off (asyncpg does, when it is cancelled)."""
        while self.idle:
            await self.source.release(self.idle.pop()[0])
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self.source.close()
        except TimeoutError:
            log.warning("a database connection was still in use %.0f s after the end, and was cut off", CLOSING_SECONDS)
