"""Backup, wipe, restore, as an administrator does it: everything is there again, and people go on where they were."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.db import DB, EVERYWHERE, database, fetch, fetchval
from tests.cast import CHEN, ZHOU
from tests.support.instance import Instance, neiye
from tests.survival.phones import jpeg, phone_of, settle

OF_PEOPLE = ("community", "room", "person", "occupancy", "post", "account", "session", "photo", "ticket", "audit")
"""Tables nothing writes to while nobody is there; a start may add what the features bring, to others."""


@pytest.fixture
async def lived_in(tmp_path: Path) -> AsyncIterator[Instance]:
    """`neiye serve` in a folder of its own, with the cast; its folder says that it is a demonstration."""
    tmp_path.chmod(0o711)
    instance = Instance(tmp_path / "var")
    try:
        instance.wait_ready()
        await settle(instance.parts.database_url)
        instance.folder.mark("demo")
        yield instance
    finally:
        instance.stop()


async def counts(instance: Instance) -> dict[str, int]:
    """Return how many rows each table holds."""
    async with database(instance.parts.database_url, max_size=1), DB.scope(EVERYWHERE):
        tables = [
            record["tablename"] for record in await fetch("select tablename from pg_tables where schemaname = 'public'")
        ]
        return {table: await fetchval(f'select count(*) from "{table}"') for table in tables}


@pytest.mark.timeout(150)
async def test_after_backup_wipe_and_restore_people_go_on_where_they_were(lived_in: Instance, tmp_path: Path) -> None:
    owner, clerk = await phone_of(lived_in.url, CHEN), await phone_of(lived_in.url, ZHOU)
    sent = {}
    for number in range(3):
        answer = await owner.send(jpeg(), f"00000000-0000-4000-8000-00000000000{number}")
        assert answer is not None
        assert answer.status_code == 201, answer.text
        url = answer.json()["photos"][0]["url"]
        sent[url] = (await owner.http.get(url)).content
    before, data, file = await counts(lived_in), str(lived_in.folder.path), str(tmp_path / "backup.tar")
    assert neiye("backup", file, "--data", data).returncode == 0

    lived_in.stop()
    shutil.rmtree(lived_in.folder.path)
    restored = neiye("restore", file, "--data", data)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    checked = neiye("audit", "verify", "--json", "--data", data)
    assert (checked.returncode, json.loads(checked.stdout)["breaks"]) == (0, [])
    assert lived_in.folder.kind() == "demo"
    lived_in.start_ready()

    after = await counts(lived_in)
    assert {table: (before[table], after[table]) for table in before if after[table] < before[table]} == {}
    assert {table: after[table] for table in OF_PEOPLE} == {table: before[table] for table in OF_PEOPLE}
    for url, content in sent.items():
        shown = await owner.http.get(url)
        assert (shown.status_code, shown.content) == (200, content), "the old link and the old session still serve"
    assert (await clerk.http.get("/rooms", headers={"accept": "text/html"})).status_code == 200
