"""`neiye doctor` says what is used and whether it is healthy."""

import json
import os
import subprocess
import sys
from pathlib import Path

DOCTOR = [sys.executable, "-c", "from server.commands import main; main()", "doctor", "--json"]


def examine(folder: Path, **environ: str) -> tuple[int, dict[str, dict[str, object]]]:
    ran = subprocess.run(
        [*DOCTOR, "--data", str(folder)], env=os.environ | environ, capture_output=True, text=True, check=False
    )
    return ran.returncode, json.loads(ran.stdout)["checks"]


def test_a_healthy_instance(db: str, tmp_path: Path) -> None:
    code, checks = examine(tmp_path / "var", DATABASE_URL=db)
    assert code == 0, checks
    assert set(checks) == {"database", "schema", "jobs", "sync", "clock", "storage", "disk"}
    assert checks["database"]["figures"] | {"version": "", "bytes": 0} == {  # type: ignore[operator]
        "kind": "external", "version": "", "bytes": 0, "role_is_bound": True,
    }  # fmt: skip


def test_a_storage_that_is_away_and_a_role_that_sees_everything(tmp_path: Path) -> None:
    superuser = os.environ["NEIYE_TEST_SUPERUSER"]
    code, checks = examine(tmp_path / "var", DATABASE_URL=superuser, S3_ENDPOINT="127.0.0.1:1")
    assert code == 1
    assert not checks["storage"]["ok"]
    assert not checks["database"]["ok"]
    assert not checks["schema"]["ok"]


async def test_work_from_phones_that_is_stuck_is_named(db: str, tmp_path: Path) -> None:
    from server.db import DB, EVERYWHERE, execute
    from tests.cast import SUNSHINE, ZHAO

    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into sync_op (id, community_id, account_id, actor_name, device_id, seq, type, version, hash, outcome, body, flags)"
            " values (gen_random_uuid(), $1, $2, '赵强', gen_random_uuid(), 1, 'round.tick', 1, '', 'stuck', '{}', '')",
            SUNSHINE,
            ZHAO.account_id,
        )
    code, checks = examine(tmp_path / "var", DATABASE_URL=db)
    assert code == 1
    assert not checks["sync"]["ok"]
    assert checks["sync"]["figures"] == {"stuck": 1}
