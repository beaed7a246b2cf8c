"""`neiye backup FILE`: the database and every photo, together, in one file; the server may go on running."""

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from server import __version__
from server.commands.archive import Manifest, Writer
from server.commands.parts import Parts, data_option, running
from server.commands.postgres_tools import dump, quoted
from server.embedded.folder import Folder
from server.embedded.s3 import client
from server.embedded.trouble import Trouble, explain


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def backup(file: Path, data: Path) -> None:
    """备份数据库和照片到 FILE（tar）。 Back up the database and all photos into FILE, a tar archive."""
    if file.exists():
        raise Trouble(f"{file} 已存在，不会覆盖。", f"{file} exists and will not be overwritten.")
    kept_elsewhere = bool(os.environ.get("SECRET_KEY"))
    with running(data) as parts:
        try:
            manifest = asyncio.run(make(parts, file, None if kept_elsewhere else parts.secret_key))
        except OSError as error:
            raise explain(file, error) from error
    rows = sum(manifest.tables.values())
    click.echo(
        f"已备份到 {file}：{len(manifest.tables)} 张表 {rows} 行，{manifest.objects} 个文件 {manifest.bytes} 字节。"
    )
    click.echo(
        f"Backed up to {file}: {rows} rows in {len(manifest.tables)} tables, {manifest.objects} objects of {manifest.bytes} bytes."
    )


async def make(parts: Parts, file: Path, secret_key: str | None) -> Manifest:
    """Write the archive. First the database, then the objects: a row never refers to an object that is not there.

    `secret_key` goes into the manifest. (Photos are removed from the storage only long after their row is gone.)
    """
    import asyncpg

    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        connection = await asyncpg.connect(parts.database_url, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        raise Trouble(f"连接不上数据库：{error}", f"The database cannot be reached: {error}") from error
    try:
        with Writer(file) as writer, tempfile.TemporaryDirectory(dir=writer.folder) as folder:
            async with connection.transaction(isolation="repeatable_read"):
                snapshot = await connection.fetchval("select pg_export_snapshot()")
                dumped = Path(folder) / "database.dump"
                dump(parts.database_url, snapshot, dumped)
                tables = await count(connection)
            writer.add_database(dumped)
            dumped.unlink()
            add_objects(writer, parts)
            return writer.finish(now, __version__, tables, secret_key, Folder(parts.data).kind() or "serve")
    finally:
        await connection.close()


async def count(connection: "asyncpg.Connection") -> dict[str, int]:  # type: ignore[name-defined] # noqa: F821
    """Return the number of rows of each table, whoever they belong to."""
    await connection.execute("select set_config('neiye.reach', '*', true)")
    names = await connection.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"
    )
    return {name: await connection.fetchval(f"select count(*) from public.{quoted(name)}") for (name,) in names}


def add_objects(writer: Writer, parts: Parts) -> None:
    """Add every object of the bucket; one that is removed meanwhile is left out."""
    from minio.error import S3Error
    from urllib3.exceptions import HTTPError

    reach = client(parts.s3)
    try:
        for found in reach.list_objects(parts.s3.bucket, recursive=True):
            if found.is_dir or found.object_name is None:
                continue
            try:
                answer = reach.get_object(parts.s3.bucket, found.object_name)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    continue
                raise
            with answer:
                metadata = {
                    name.lower().removeprefix("x-amz-meta-"): value
                    for name, value in answer.headers.items()
                    if name.lower().startswith("x-amz-meta-")
                }
                content_type = answer.headers.get("content-type", "application/octet-stream")
                writer.add_object(found.object_name, answer, content_type, metadata)  # type: ignore[arg-type]
                answer.release_conn()
    except (S3Error, HTTPError) as error:
        raise Trouble(f"读取对象存储失败：{error}", f"The object storage could not be read: {error}") from error
