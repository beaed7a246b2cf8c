"""The database: one engine, one connection per request, real transactions.

Piccolo's own engine loses a pool connection when COMMIT fails, treats a nested transaction as nothing, waits
for ever on an empty pool and lets two tasks share one transaction. `Database` mends all four (the connections come from
server/lib/pooling.py) and is the only way to PostgreSQL here. Hot reads go straight to asyncpg (`rows`, `row`, `fetch*`): 5–12 times less CPU than the query builder.
"""

import asyncio
import contextvars
import io
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeVar, cast

import asyncpg
import msgspec
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from server.config import settings
from server.lib.pooling import Busy, Connection, Pool, PooledConnection

os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")  # where Piccolo looks for DB, at its first query

T = TypeVar("T")

NOWHERE = ""
EVERYWHERE = "*"
"""Row-level security: `neiye.reach` holds the ids of the communities this connection may touch, or `*` for all."""


def is_away(error: BaseException) -> bool:
    """Tell whether `error` means that the database is busy, full, gone or just starting: the same may work later."""
    if isinstance(error, asyncpg.InterfaceError):  # also raised for what is a mistake of ours
        return any(words in str(error) for words in ENDED)
    return isinstance(error, AWAY)


ENDED = ("is closed", "is closing", "has been released back to the pool")
"""What asyncpg says of a connection that ended between two queries; the last when its pool noticed first."""

AWAY = (
    Busy,
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # its disk is full, too many connections
)


class SharedTransaction(RuntimeError):
    """A task tried to use the connection of another task. Start tasks with `context=contextvars.Context()`."""


LateRow = tuple[str, str, tuple[Any, ...]]
"""A statement for many rows, what it may reach, and the values of one row."""


class Held:
    """The one connection a request, job or command works on, borrowed at its first query and given back at its end."""

    def __init__(self, database: "Database", reach: str) -> None:
        self.database = database
        self.reach = reach
        self.connection_: Connection | None = None
        self.lender: Pool | None = None
        self.task = asyncio.current_task()
        self.reach_is_set = False
        self.depth = 0
        self.late: list[LateRow] = []

    async def get(self, *, raw: bool = False) -> Connection:
        """Return the connection. `raw` leaves `neiye.reach` for the caller's own first statement to set."""
        if asyncio.current_task() is not self.task:
            raise SharedTransaction
        if self.connection_ is None:
            self.lender = self.database.lender
            if self.lender is None:
                raise RuntimeError("the connection pool is not open: use `async with database():`")
            self.connection_ = await self.lender.borrow()
            self.reach_is_set = False
        if not self.reach_is_set and not raw:
            await self.connection_.fetchval("select set_config('neiye.reach', $1, false)", self.reach)
            self.reach_is_set = True
        return self.connection_

    def set_reach(self, reach: str) -> None:
        """Let row-level security show the communities in `reach` (ids joined by commas) from the next query on."""
        self.reach_is_set = self.reach_is_set and reach == self.reach
        self.reach = reach

    def reach_was_set(self, reach: str) -> None:
        """Note that a statement of the caller's has already set `neiye.reach` to `reach`."""
        self.reach, self.reach_is_set = reach, True

    def reach_was_lost(self) -> None:
        """Note that something else has set `neiye.reach`, or taken it back: the next query sets it again."""
        self.reach_is_set = False

    async def write_late(self) -> None:
        """Write the rows that were left for the end of the transaction: those of one statement and reach in one go."""
        before, late, self.late = self.reach, self.late, []
        for (sql, reach), group in groupby(late, key=lambda one: one[:2]):
            self.set_reach(reach)
            await (await self.get()).execute(sql, *map(list, zip(*(row_ for _sql, _reach, row_ in group), strict=True)))
        self.set_reach(before)

    async def release(self) -> None:
        """Give the connection back, whatever happens; the next query borrows one again."""
        connection, self.connection_ = self.connection_, None
        if connection is not None and self.lender is not None:
            await self.lender.give_back(connection)


class Transaction:
    """`async with transaction():` – a real transaction; inside another one, a real savepoint."""

    def __init__(self, database: "Database", isolation: str | None) -> None:
        self.database = database
        self.isolation = isolation

    async def __aenter__(self) -> Connection:
        self.scope = None if self.database.held.get() else self.database.scope()
        if self.scope is not None:
            await self.scope.__aenter__()
        try:
            held = self.database.held.get()
            assert held is not None
            connection = await held.get()
            options = {"isolation": self.isolation} if self.isolation else {}
            self.transaction = connection.transaction(**options)
            await self.transaction.start()
            self.begun, self.late_before = held, len(held.late)
            held.depth += 1
        except BaseException:
            if self.scope is not None:
                await self.scope.__aexit__(None, None, None)
            raise
        return connection

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                await self._commit()
            else:
                await self._roll_back()
        finally:
            self.begun.depth -= 1
            if self.scope is not None:
                await self.scope.__aexit__(None, None, None)

    async def _commit(self) -> None:
        """Write what was left for the end, then commit; a savepoint leaves it to the transaction around it."""
        try:
            if self.begun.depth == 1:
                await self.begun.write_late()
        except BaseException:
            await self._roll_back()
            raise
        await self.transaction.commit()

    async def _roll_back(self) -> None:
        """Roll back even while the task is being cancelled; a dead connection is left for the pool to replace."""
        del self.begun.late[self.late_before :]
        self.begun.reach_was_lost()  # a roll-back also takes back what set_config did inside it
        try:
            await asyncio.shield(self.transaction.rollback())
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
            return


class Database(PostgresEngine):
    """Piccolo's engine, made safe: see the module's docstring."""

    def __init__(self) -> None:
        self.held: contextvars.ContextVar[Held | None] = contextvars.ContextVar("held", default=None)
        self.lender: Pool | None = None
        super().__init__(config={"dsn": settings.database_url, "timeout": 5}, extensions=())

    # The base class connects while it is being imported, to read the version; we say what we need in `doctor`.
    async def check_version(self) -> None:
        """Do nothing at import time."""

    async def prep_database(self) -> None:
        """Do nothing at import time; the migrations make what they need."""

    async def open(self, url: str = "", min_size: int = 1, max_size: int = 0) -> None:
        """Start the pool against `url` (default: DATABASE_URL) with `max_size` connections (default: NEIYE_POOL_SIZE)."""
        size = max_size or settings.pool_size
        self.config = {"dsn": url or settings.database_url, "timeout": 5}
        pool = await asyncpg.create_pool(
            **self.config,
            min_size=min(min_size, size),
            max_size=size,
            connection_class=PooledConnection,
            command_timeout=600,
            server_settings={"application_name": "neiye", "timezone": "UTC"},
        )
        self.lender = Pool(pool, size)

    async def close(self) -> None:
        """Close the pool."""
        lender, self.lender = self.lender, None
        if lender is not None:
            await lender.close()

    @asynccontextmanager
    async def scope(self, reach: str = NOWHERE) -> AsyncIterator[Held]:
        """Everything inside uses one connection, borrowed when first needed and always given back."""
        held = Held(self, reach)
        token = self.held.set(held)
        try:
            yield held
        finally:
            self.held.reset(token)
            await held.release()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend the running scope's connection, or one of its own when there is no scope."""
        held = self.held.get()
        if held is not None:
            yield await held.get()
        else:
            async with self.scope() as held:
                yield await held.get()

    def transaction(self, isolation: str | None = None) -> Transaction:  # type: ignore[override]
        """Return a transaction; nested ones are savepoints. `isolation` as asyncpg names it."""
        return Transaction(self, isolation)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run a query of Piccolo's on the scope's connection."""
        query, arguments = querystring.compile_string(engine_type=self.engine_type)
        async with self.connection() as connection:
            return await connection.fetch(query, *arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run a schema statement of Piccolo's on the scope's connection."""
        async with self.connection() as connection:
            return await connection.fetch(ddl)


DB = Database()


def transaction(isolation: str | None = None) -> Transaction:
    """Return a transaction on the request's connection; inside another one it is a savepoint."""
    return DB.transaction(isolation)


def connection() -> Any:
    """Return a context manager that lends the request's asyncpg connection."""
    return DB.connection()


def held() -> Held:
    """Return the running scope's connection holder; raise RuntimeError outside a request, job or command."""
    found = DB.held.get()
    if found is None:
        raise RuntimeError("no database scope: use `async with DB.scope(...)` or `transaction()`")
    return found


async def fetch(sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Return all rows of `sql` ($1-style placeholders)."""
    if (scope := DB.held.get()) is not None:  # the usual case, without a context manager's round about way
        return cast("list[asyncpg.Record]", await (await scope.get()).fetch(sql, *arguments))
    async with DB.connection() as lent:
        return cast("list[asyncpg.Record]", await lent.fetch(sql, *arguments))


async def fetchrow(sql: str, *arguments: Any) -> asyncpg.Record | None:
    """Return the first row of `sql`, or None."""
    if (scope := DB.held.get()) is not None:
        return await (await scope.get()).fetchrow(sql, *arguments)
    async with DB.connection() as lent:
        return await lent.fetchrow(sql, *arguments)


async def fetchval(sql: str, *arguments: Any) -> Any:
    """Return the first value of the first row of `sql`, or None."""
    if (scope := DB.held.get()) is not None:
        return await (await scope.get()).fetchval(sql, *arguments)
    async with DB.connection() as lent:
        return await lent.fetchval(sql, *arguments)


async def execute(sql: str, *arguments: Any) -> str:
    """Run `sql`; return PostgreSQL's command tag, such as `UPDATE 1`."""
    async with DB.connection() as lent:
        return cast(str, await lent.execute(sql, *arguments))


async def execute_late(sql: str, *values: Any) -> None:
    """Run `sql` at the end of the running transaction, once for all rows given for it; outside of one at once.

    `sql` takes a list for each column (`unnest`) and writes what nobody reads before the commit.
    """
    scope = DB.held.get()
    if scope is None or scope.depth == 0:
        await execute(sql, *([value] for value in values))
    else:
        scope.late.append((sql, scope.reach, values))


async def changed(sql: str, *arguments: Any) -> int:
    """Run an INSERT, UPDATE or DELETE; return how many rows it touched (0: somebody else was first)."""
    return int((await execute(sql, *arguments)).rsplit(" ", 1)[-1])


@lru_cache(maxsize=512)
def _builder(kind: Any, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Return a function that makes a `kind` from a record whose columns are `names`, by position."""
    fields = msgspec.structs.fields(kind)
    known = {field.name: index for index, field in enumerate(fields)}
    if names == tuple(known)[: len(names)] and len(names) == len(fields):
        return lambda record: kind(*record)
    unknown = set(names) - set(known)
    if unknown:
        raise TypeError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    return lambda record: kind(**dict(zip(names, record, strict=True)))


async def rows(kind: type[T], sql: str, *arguments: Any) -> list[T]:
    """Return the rows of `sql` as Structs of `kind`; every column must be a field (templates read Structs fastest)."""
    found = await fetch(sql, *arguments)
    if not found:
        return []
    build = _builder(cast(Any, kind), tuple(found[0].keys()))
    return [build(record) for record in found]


async def row(kind: type[T], sql: str, *arguments: Any) -> T | None:
    """Return the first row of `sql` as a Struct of `kind`, or None."""
    found = await fetchrow(sql, *arguments)
    return None if found is None else cast(T, _builder(cast(Any, kind), tuple(found.keys()))(found))


@asynccontextmanager
async def database(url: str = "", min_size: int = 1, max_size: int = 0) -> AsyncIterator[Database]:
    """Open the pool for a command, a worker or a test, and close it again."""
    await DB.open(url, min_size, max_size)
    try:
        yield DB
    finally:
        await DB.close()


@asynccontextmanager
async def system_reach() -> AsyncIterator[Held]:
    """Let the system itself (jobs, import, commands) touch every community; nothing a browser sends comes here."""
    held = DB.held.get()
    if held is None:
        async with DB.scope(EVERYWHERE) as held:
            yield held
        return
    before = held.reach
    held.set_reach(EVERYWHERE)
    try:
        yield held
    finally:
        held.set_reach(before)


MIGRATION_LOCK = 7_261_913
"""The advisory lock that lets one of several starting processes migrate while the others wait."""


async def migrate() -> int:
    """Bring the schema up to date, all or nothing, once even if many processes start at once. Return how many ran."""
    from piccolo.apps.migrations.commands.forwards import run_forwards
    from piccolo.apps.migrations.tables import Migration

    async with DB.scope(EVERYWHERE), transaction() as lent:
        await lent.execute("select pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        await Migration.create_table(if_not_exists=True)
        before = await Migration.count()
        with redirect_stdout(io.StringIO()):  # Piccolo prints a report, which is none of our commands' output
            await run_forwards("all")
        return int(await Migration.count() - before)
