"""Fixtures: the real PostgreSQL and S3, started once; a fresh copy of the cast's database for each test that asks for `db`.

The controlling process starts the servers and makes the template; the workers inherit both by environment variables.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import argon2
import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as generated

os.environ.setdefault("NEIYE_PASSWORD_COST", "test")
os.environ.setdefault("SECRET_KEY", "a key for tests only, which is long enough")

from tests.cast import PASSWORD, Character

# How long generating takes says something of the machine only, and other tests share it.
generated.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
generated.load_profile("shared")

SUPERUSER = "NEIYE_TEST_SUPERUSER"
OWNER = "DATABASE_URL"
TEMPLATE = "NEIYE_TEST_TEMPLATE"


def pytest_configure(config: pytest.Config) -> None:
    """Start what the tests need, once."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    config.pluginmanager.register(AtOnce(config))
    if SUPERUSER not in os.environ:
        from tests.support.servers import start_servers

        config.add_cleanup(start_servers(os.environ))
    os.environ[TEMPLATE] = f"neiye_cast_{os.getpid()}"
    asyncio.run(make_template())
    config.add_cleanup(lambda: asyncio.run(drop_database(os.environ[TEMPLATE])))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test in Chromium a second turn: what fails twice has failed, what fails once is printed as UNSTEADY and is to be mended.

    Rules, money, sync and security have one turn only; the killed browsers say for themselves why they have two.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


class AtOnce:
    """Says what has failed when it fails: a run that is cut off before its end prints no summary."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write name and reason of a failure."""
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        is_unsteady = report.outcome == "rerun"
        if (report.failed or is_unsteady) and terminal is not None:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash else str(report.longrepr)[-2000:]
            word = "UNSTEADY" if is_unsteady else "FAILED"
            terminal.write_line(f"\n{word} {report.nodeid} ({report.when}, {report.duration:.0f} s): {said[:2000]}")


def with_database(dsn: str, name: str) -> str:
    """Return `dsn` with another database's name."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def make_template() -> None:
    """Make the database every test starts from: migrated, with the cast in it."""
    await make_database(os.environ[TEMPLATE], "template1")
    from server.db import DB, EVERYWHERE, database, migrate, transaction
    from tests.support.casting import put_on_stage

    async with database(with_database(os.environ[OWNER], os.environ[TEMPLATE])):
        await migrate()
        async with DB.scope(EVERYWHERE), transaction():
            await put_on_stage(argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD))


async def make_database(name: str, template: str) -> None:
    """Create the database `name`, a copy of `template`, owned by the role the product runs as."""
    line = await asyncpg.connect(os.environ[SUPERUSER])
    try:
        await line.execute(f"drop database if exists {name} with (force)")
        owner = urlsplit(os.environ[OWNER]).username
        # Its files are copied: writing a copy to the log, block by block, takes twice as long and fills the log.
        await line.execute(f"create database {name} owner {owner} template {template} strategy file_copy")
        if template == "template1":
            extensions = await asyncpg.connect(with_database(os.environ[SUPERUSER], name))
            await extensions.execute("create extension if not exists pg_trgm")
            await extensions.close()
    finally:
        await line.close()


async def drop_database(name: str) -> None:
    """Drop the database `name`."""
    line = await asyncpg.connect(os.environ[SUPERUSER])
    await line.execute(f"drop database if exists {name} with (force)")
    await line.close()


@asynccontextmanager
async def own_database() -> AsyncIterator[str]:
    """Open the pool on a fresh copy of the cast's database, gone afterwards; yield its address."""
    from server.db import database

    name = f"neiye_test_{uuid4().hex[:12]}"
    await make_database(name, os.environ[TEMPLATE])
    url = with_database(os.environ[OWNER], name)
    try:
        async with database(url, max_size=5):
            yield url
    finally:
        await drop_database(name)


@pytest.fixture
async def db() -> AsyncIterator[str]:
    """Open the pool on a database of this test's own; yield its address. `async with DB.scope("*")` to look around."""
    async with own_database() as url:
        yield url


def application() -> Any:
    """Return the application: one for all tests of a process, since making it takes a third of a second and it keeps nothing.

    A test that has put routes of its own there gets one with these.
    """
    from server import app

    return _application(tuple(app.ROUTES))


@cache
def _application(_routes: tuple[Any, ...]) -> Any:
    from server.app import create_app

    return create_app()


@pytest.fixture
async def visitor(db: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser nobody has signed in with."""
    async with new_client(application()) as client:
        yield client


@pytest.fixture
async def client_for(db: str) -> AsyncIterator[Callable[[Character], Any]]:
    """Return `await client_for(WANG)`: a browser in which that person is signed in, with the CSRF token on every request."""
    async with AsyncExitStack() as stack:

        async def client_of(who: Character) -> httpx.AsyncClient:
            return await stack.enter_async_context(await sign_in(application(), who))

        yield client_of


def new_client(app: Any) -> httpx.AsyncClient:
    """Return a browser without cookies."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost", follow_redirects=False
    )


async def sign_in(app: Any, who: Character) -> httpx.AsyncClient:
    """Return a browser with a session of `who`."""
    from server.db import DB, EVERYWHERE, fetchval
    from server.security.csrf import mask
    from server.security.sessions import open_session, token_hash
    from tests.cast import COMMUNITIES

    async with DB.scope(EVERYWHERE):
        token = await open_session(
            who.account_id, community_id=COMMUNITIES[who.community], ip="127.0.0.1", user_agent="tests"
        )
        secret = await fetchval("select csrf_secret from session where token_hash = $1", token_hash(token))
    client = new_client(app)
    client.cookies.set("sid", token)
    client.headers["x-csrf-token"] = mask(secret)
    return client
