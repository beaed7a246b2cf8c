"""`neiye doctor`: which database and storage are used, and is everything well? Exit code 1 if not."""

import asyncio
import io
import json
import shutil
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from server import __version__
from server.commands.parts import Parts, data_option, json_option, running
from server.embedded.folder import LEAST_FREE
from server.embedded.trouble import Trouble

OLDEST_POSTGRES = 150000
MOST_CLOCK_DIFFERENCE = 5.0
"""Seconds by which the database's clock and ours may differ."""


@dataclass
class Finding:
    """One thing looked at: is it well, a sentence, and figures for `--json`."""

    name: str
    ok: bool
    detail: str
    figures: dict[str, Any] = field(default_factory=dict)


@click.command()
@data_option
@json_option
def doctor(data: Path, as_json: bool) -> None:
    """检查数据库、存储、磁盘、任务和时钟。 Say what is used and whether it is healthy; exit code 1 if it is not."""
    try:
        with running(data) as parts:
            findings = examine(parts)
    except Trouble as trouble:
        findings = [Finding("start", False, f"{trouble.zh} {trouble.en}")]
    healthy = all(finding.ok for finding in findings)
    if as_json:
        plain = {finding.name: asdict(finding) | {"name": None} for finding in findings}
        checks = {name: {key: value for key, value in found.items() if key != "name"} for name, found in plain.items()}
        click.echo(
            json.dumps({"healthy": healthy, "version": __version__, "checks": checks}, ensure_ascii=False, indent=1)
        )
    else:
        for finding in findings:
            click.echo(f"{'✓' if finding.ok else '✗'} {finding.name:<10} {finding.detail}")
        click.echo("一切正常。 All is well." if healthy else "有问题，见上面的 ✗。 Something is wrong: see ✗ above.")
    sys.exit(0 if healthy else 1)


def examine(parts: Parts) -> list[Finding]:
    """Return everything there is to say about a running or just started instance."""
    findings = asyncio.run(examine_database(parts))
    findings += [examine_storage(parts), examine_disk(parts.data)]
    return findings + ([examine_web(parts.url)] if parts.url else [])


async def examine_database(parts: Parts) -> list[Finding]:
    """Look at the server, the schema, the jobs, the work from phones and the clock."""
    import asyncpg

    where = "embedded" if parts.embedded_database else "external"
    try:
        connection = await asyncpg.connect(parts.database_url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [Finding("database", False, f"{where}: 连接不上 cannot be reached: {error}", {"kind": where})]
    try:
        looks: list[Callable[[asyncpg.Connection], Awaitable[Finding]]] = [
            examine_schema, examine_jobs, examine_sync, examine_clock,
        ]  # fmt: skip
        return [await examine_server(connection, where), *[await look(connection) for look in looks]]
    finally:
        await connection.close()


async def examine_server(connection: Any, where: str) -> Finding:
    """Look at PostgreSQL's version, and at the role: one that row-level security does not bind is no second wall."""
    number = int(await connection.fetchval("show server_version_num"))
    version = await connection.fetchval("show server_version")
    unbound = await connection.fetchval("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
    size = await connection.fetchval("select pg_database_size(current_database())")
    detail = f"{where} PostgreSQL {version}, {size // 1_000_000} MB"
    detail += "" if number >= OLDEST_POSTGRES else "; 版本太旧，需要 15 以上 too old, 15 or newer is needed"
    detail += "; 角色不受行级安全约束 the role bypasses row-level security" if unbound else ""
    figures = {"kind": where, "version": version, "bytes": size, "role_is_bound": not unbound}
    return Finding("database", number >= OLDEST_POSTGRES and not unbound, detail, figures)


async def examine_schema(connection: Any) -> Finding:
    """Look for migrations that have not run."""
    from server.embedded.schema import known, pending

    missing = await pending(connection)
    detail = f"{len(known()) - len(missing)}/{len(known())}"
    detail += f" 待升级 pending: {', '.join(missing)} (neiye migrate)" if missing else " 最新 up to date"
    return Finding("schema", not missing, detail, {"pending": missing})


async def examine_jobs(connection: Any) -> Finding:
    """Count the jobs; a dead one needs a person."""
    if not await connection.fetchval("select to_regclass('job') is not null"):
        return Finding("jobs", True, "–")
    async with connection.transaction(readonly=True):
        await connection.execute("select set_config('neiye.reach', '*', true)")
        counted = {
            name: int(number) for name, number in await connection.fetch("select state, count(*) from job group by 1")
        }
        late = await connection.fetchval(
            "select count(*) from job where state = 'ready' and run_at < now() - interval '10 min'"
        )
    dead = counted.get("dead", 0)
    detail = f"ready {counted.get('ready', 0)}, running {counted.get('running', 0)}, dead {dead}, late {late}"
    return Finding("jobs", dead == 0, detail, {"dead": dead, "late": late} | counted)


async def examine_sync(connection: Any) -> Finding:
    """Count the records from phones that our own code failed at: a fault to be mended, then to be tried again on /phones/records."""
    if not await connection.fetchval("select to_regclass('sync_failure') is not null"):
        return Finding("sync", True, "–")
    async with connection.transaction(readonly=True):
        await connection.execute("select set_config('neiye.reach', '*', true)")
        stuck = await connection.fetchval("select count(*) from sync_op where outcome = 'stuck'")
    detail = f"stuck {stuck}"
    detail += " 条现场记录卡住，见日志 records from phones are stuck, see the log" if stuck else ""
    return Finding("sync", stuck == 0, detail, {"stuck": stuck})


async def examine_clock(connection: Any) -> Finding:
    """Compare the database's clock with ours."""
    theirs = await connection.fetchval("select clock_timestamp()")
    difference = abs((datetime.now(UTC) - theirs).total_seconds())
    detail = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, 相差 differs by {difference:.2f} s"
    return Finding("clock", difference < MOST_CLOCK_DIFFERENCE, detail, {"difference_seconds": round(difference, 3)})


def examine_storage(parts: Parts) -> Finding:
    """Store, read and remove a few bytes."""
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError
    from urllib3.util import Retry, Timeout

    from server.embedded.s3 import client

    where = "embedded" if parts.embedded_s3 else "external"
    figures = {"kind": where, "endpoint": parts.s3.endpoint, "bucket": parts.s3.bucket}
    reach, key = client(parts.s3), f"doctor/{uuid.uuid4()}"
    reach._http.connection_pool_kw |= {"timeout": Timeout(5), "retries": Retry(0)}
    try:
        reach.put_object(parts.s3.bucket, key, io.BytesIO(b"well"), 4)
        with reach.get_object(parts.s3.bucket, key) as answer:
            same = answer.read() == b"well"
        reach.remove_object(parts.s3.bucket, key)
    except (MinioException, HTTPError, OSError, ValueError) as error:
        return Finding("storage", False, f"{where} {parts.s3.endpoint}: 用不了 does not work: {error}", figures)
    return Finding("storage", same, f"{where} S3 {parts.s3.endpoint}, bucket {parts.s3.bucket}", figures)


def examine_disk(data: Path) -> Finding:
    """Look how much is free where the data is."""
    free = shutil.disk_usage(data).free
    return Finding("disk", free >= LEAST_FREE, f"{data}: {free // 1_000_000} MB 可用 free", {"free_bytes": free})


def examine_web(url: str) -> Finding:
    """Ask the running server whether it can serve."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - our own http address
            return Finding("web", answer.status == 200, f"{url} ready", {"url": url})
    except (urllib.error.URLError, OSError) as error:
        return Finding("web", False, f"{url}: 没有就绪 not ready: {error}", {"url": url})
