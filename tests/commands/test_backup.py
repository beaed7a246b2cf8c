"""Backup and restore: everything comes back, row-level security or not; a bad file changes nothing."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from server.commands.archive import entries
from server.commands.postgres_tools import load
from server.embedded.s3 import S3Settings, client, from_environ, make_bucket
from server.embedded.trouble import Trouble


class Place:
    """A database and a bucket of the test's own."""

    def __init__(self, name: str, s3: S3Settings, folder: Path) -> None:
        self.name = name
        self.s3 = s3
        self.url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
        self.folder = folder

    def neiye(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this place."""
        environ = os.environ | {
            "DATABASE_URL": self.url,
            "S3_BUCKET": self.s3.bucket,
            "NEIYE_DATA": str(self.folder / "var"),
        }
        program = [sys.executable, "-c", "from server.commands import main; main()"]
        return subprocess.run([*program, *words], env=environ, capture_output=True, text=True, check=False)

    async def count(self, table: str) -> int:
        """Return how many rows `table` has."""
        return int(await self.value(f"select count(*) from {table}"))

    async def value(self, query: str) -> object:
        """Return the first value of a query."""
        connection = await asyncpg.connect(self.url, server_settings={"neiye.reach": "*"})
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


async def make_place(name: str, template: str, folder: Path) -> Place:
    """Make a database from `template` and an empty bucket."""
    superuser = await asyncpg.connect(os.environ["NEIYE_TEST_SUPERUSER"])
    await superuser.execute(f"create database {name} template {template} owner neiye")
    await superuser.close()
    s3 = from_environ(os.environ)
    assert s3 is not None
    own = S3Settings(s3.endpoint, s3.access_key, s3.secret_key, name.replace("_", "-"))
    make_bucket(own)
    return Place(name, own, folder)


@pytest.fixture
async def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """One place with the cast in it, and an empty one."""
    number = uuid4().hex[:8]
    full = await make_place(f"backup_{number}", os.environ["NEIYE_TEST_TEMPLATE"], tmp_path)
    empty = await make_place(f"restore_{number}", "neiye", tmp_path)
    yield full, empty
    superuser = await asyncpg.connect(os.environ["NEIYE_TEST_SUPERUSER"])
    for place in (full, empty):
        await superuser.execute(f"drop database {place.name} with (force)")
    await superuser.close()


async def test_everything_comes_back(places: tuple[Place, Place], tmp_path: Path) -> None:
    full, empty = places
    reach = client(full.s3)
    photos = {"2026/11/漏水.jpg": b"j" * 300_000, "empty": b""}
    for key, body in photos.items():
        reach.put_object(full.s3.bucket, key, io.BytesIO(body), len(body), "image/jpeg", {"by": "chen"})
    made = full.neiye("backup", str(tmp_path / "b.tar"))
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    assert full.neiye("backup", str(tmp_path / "b.tar")).returncode == 1

    back = empty.neiye("restore", str(tmp_path / "b.tar"))
    assert back.returncode == 0, back.stderr
    for table in ("room", "person", "occupancy", "audit", "account", "migration"):
        assert await empty.count(table) == await full.count(table) > 0 or table == "audit"
    for key, body in photos.items():
        with client(empty.s3).get_object(empty.s3.bucket, key) as answer:
            assert answer.read() == body
            assert (answer.headers["content-type"], answer.headers["x-amz-meta-by"]) == ("image/jpeg", "chen")

    assert len({await full.value("select id from sync_epoch"), await empty.value("select id from sync_epoch")}) == 2

    again = empty.neiye("restore", str(tmp_path / "b.tar"))
    assert again.returncode == 1
    assert "--replace" in again.stderr
    client(empty.s3).put_object(empty.s3.bucket, "newer", io.BytesIO(b"n"), 1)
    assert empty.neiye("restore", "--replace", str(tmp_path / "b.tar")).returncode == 0
    left = {found.object_name for found in client(empty.s3).list_objects(empty.s3.bucket, recursive=True)}
    assert left == set(photos)


async def test_a_damaged_or_shortened_backup_changes_nothing(places: tuple[Place, Place], tmp_path: Path) -> None:
    full, _ = places
    file = tmp_path / "b.tar"
    client(full.s3).put_object(full.s3.bucket, "photo", io.BytesIO(b"p" * 50_000), 50_000)
    assert full.neiye("backup", str(file)).returncode == 0
    whole, rooms = file.read_bytes(), await full.count("room")
    at = whole.index(b"p" * 50_000) + 20_000
    for damaged in (whole[:at] + b"q" + whole[at + 1 :], whole[:at], b"not a tar"):
        file.write_bytes(damaged)
        ran = full.neiye("restore", "--replace", str(file))
        assert ran.returncode == 1
        assert "Nothing was changed" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert await full.count("room") == rooms


async def test_a_database_that_does_not_fit_the_manifest_is_left_as_it_was(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    full, _ = places
    assert full.neiye("backup", str(tmp_path / "b.tar")).returncode == 0
    archive = entries(tmp_path / "b.tar")
    _, content = next(archive)
    (tmp_path / "dump").write_bytes(content.read())
    rooms = await full.count("room")
    with pytest.raises(Trouble, match="table room is incomplete"):
        load(full.url, tmp_path / "dump", {"room": rooms + 1})
    (tmp_path / "dump").write_bytes((tmp_path / "dump").read_bytes()[:5000])
    with pytest.raises(Trouble, match="as it was"):
        load(full.url, tmp_path / "dump", {"room": rooms})
    assert await full.count("room") == rooms
