"""The embedded database: made once, bound by row-level security, alive after every kind of death."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import asyncpg
import pytest

from server.embedded import processes
from server.embedded.folder import Folder
from server.embedded.postgres import Postgres
from server.embedded.trouble import Trouble
from tests.support.instance import is_alive


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A cluster that has been made; each test starts and stops it."""
    folder = Folder(tmp_path_factory.mktemp("cluster") / "a b")
    folder.make()
    (folder.path / "postgres.new").mkdir()
    (folder.path / "postgres.new" / "PG_VERSION").write_text("a start that was interrupted")
    Postgres(folder, durable=False).prepare()  # quickly; but run as in real life
    postgres = Postgres(folder)
    yield postgres
    postgres.stop()


@pytest.fixture
def postgres(cluster: Postgres) -> Iterator[Postgres]:
    """The cluster, running."""
    cluster.prepare()
    cluster.start()
    cluster.wait_ready()
    yield cluster
    cluster.stop()


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_the_role_is_bound_by_row_level_security_and_owns_its_database(postgres: Postgres) -> None:
    assert not await ask(postgres.dsn, "select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
    extensions = await ask(postgres.dsn, "select array_agg(extname::text order by extname) from pg_extension")
    assert extensions == ["btree_gist", "pg_trgm", "plpgsql"]
    locale = await ask(postgres.dsn, "select datlocale from pg_database where datname = current_database()")
    assert locale == "C.UTF-8"
    assert await ask(postgres.dsn, "select show_trgm('漏水了') <> '{}'")


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn.replace(postgres.folder.secret("postgres_neiye"), "guess"))


async def test_it_never_runs_as_root_and_listens_on_the_loopback_only(postgres: Postgres) -> None:
    assert postgres.process is not None
    assert os.stat(f"/proc/{postgres.process.pid}").st_uid != 0
    assert await ask(postgres.dsn, "show listen_addresses") == "127.0.0.1"


async def test_killed_it_starts_again_with_everything_committed(postgres: Postgres) -> None:
    await ask(postgres.dsn, "create table kept as select 1 as one")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    # The pid file now names somebody else, as after the restart of a container.
    pid_file = postgres.folder.postgres / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    before = postgres.port
    postgres.start()
    postgres.wait_ready()
    assert postgres.port == before
    assert await ask(postgres.dsn, "select one from kept") == 1


async def test_a_query_that_outlives_its_killed_server_does_not_stop_the_next(postgres: Postgres) -> None:
    busy = await asyncpg.connect(postgres.dsn)
    backend = busy.get_server_pid()
    counting = asyncio.create_task(busy.execute("do $$ begin loop end loop; end $$"))
    await asyncio.sleep(0.3)
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    assert is_alive(backend)
    postgres.start()
    postgres.wait_ready()
    assert not is_alive(backend)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await counting
    assert await ask(postgres.dsn, "select 1") == 1


def test_it_ends_with_the_process_that_started_it(cluster: Postgres) -> None:
    child = os.fork()
    if child == 0:
        cluster.start()
        cluster.wait_ready()
        (cluster.folder.run / "grandchild").write_text(str(cluster.process.pid if cluster.process else 0))
        time.sleep(60)
        os._exit(1)
    assert processes.wait_until((cluster.folder.run / "grandchild").exists, 20)
    grandchild = int((cluster.folder.run / "grandchild").read_text())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    cluster.start()  # at once: it waits for the one that is leaving
    assert not is_alive(grandchild)
    cluster.wait_ready()
    assert cluster.process is not None
    cluster.stop()


async def test_lost_passwords_are_set_anew(cluster: Postgres) -> None:
    for name in ("postgres_superuser", "postgres_neiye"):
        (cluster.folder.secrets / name).unlink()
    cluster.prepare()
    cluster.start()
    cluster.wait_ready()
    assert await ask(cluster.dsn, "select 1") == 1
    assert await ask(cluster.superuser_dsn, "select 1") == 1
    cluster.stop()


def test_a_damaged_folder_is_a_sentence(folder: Folder) -> None:
    folder.postgres.mkdir()
    (folder.postgres / "base").mkdir()
    with pytest.raises(Trouble, match="不完整"):
        Postgres(folder).prepare()


def test_a_folder_of_another_version_is_a_sentence(folder: Folder) -> None:
    (folder.postgres / "global").mkdir(parents=True)
    (folder.postgres / "global" / "pg_control").write_text("")
    (folder.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(Trouble, match="PostgreSQL 12"):
        Postgres(folder).prepare()
