"""`neiye restore FILE`: put a backup's database and photos in place, after checking every byte of it."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import click

from server.commands.archive import entries, verify
from server.commands.parts import Parts, data_option, running
from server.commands.postgres_tools import load
from server.embedded.folder import Folder
from server.embedded.s3 import client, flush
from server.embedded.trouble import Trouble


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="替换现有数据 / replace what is there")
@data_option
def restore(file: Path, replace: bool, data: Path) -> None:
    """从 FILE 恢复数据库和照片。 Restore the database and all photos from FILE, made by `neiye backup`."""
    if not file.exists():
        raise Trouble(f"找不到备份文件 {file}。", f"There is no backup file {file}.")
    manifest = verify(file)
    with running(data) as parts:
        if not replace and not asyncio.run(is_empty(parts)):
            raise Trouble(
                "目标里已有数据，没有改动。要用备份替换它，请加 --replace。",
                "The target holds data and was left alone. Add --replace to put the backup in its place.",
            )
        put(parts, file, manifest.tables)
        folder = Folder(parts.data)
        folder.mark(manifest.kind)
        if manifest.secret_key:
            folder.keep_secret("secret_key", manifest.secret_key)
        asyncio.run(bring_up_to_date())
    rows = sum(manifest.tables.values())
    click.echo(f"已恢复：{len(manifest.tables)} 张表 {rows} 行，{manifest.objects} 个文件 {manifest.bytes} 字节。")
    click.echo(
        f"Restored: {rows} rows in {len(manifest.tables)} tables, {manifest.objects} objects of {manifest.bytes} bytes."
    )


async def is_empty(parts: Parts) -> bool:
    """Tell whether the database has no company yet and the bucket no object."""
    import asyncpg

    from server.embedded.schema import is_filled

    connection = await asyncpg.connect(parts.database_url, timeout=10)
    try:
        if await is_filled(connection):
            return False
    finally:
        await connection.close()
    reach = client(parts.s3)
    return not reach.bucket_exists(parts.s3.bucket) or next(iter(reach.list_objects(parts.s3.bucket)), None) is None


def put(parts: Parts, file: Path, tables: dict[str, int]) -> None:
    """Store the objects, then replace the database in one transaction, then remove objects the backup does not have."""
    from minio.error import S3Error
    from urllib3.exceptions import HTTPError

    from server.embedded.s3 import make_bucket

    reach, bucket = client(parts.s3), parts.s3.bucket
    kept = set()
    with tempfile.TemporaryDirectory(dir=file.absolute().parent) as folder:
        dumped = Path(folder) / "database.dump"
        try:
            make_bucket(parts.s3)
            for stored, content in entries(file):
                if stored is None:
                    with dumped.open("wb") as target:
                        shutil.copyfileobj(content, target, 1 << 20)
                else:
                    kind, more = stored.content_type, dict(stored.metadata)
                    reach.put_object(bucket, stored.key, content, stored.size, content_type=kind, metadata=more)  # type: ignore[arg-type]
                    kept.add(stored.key)
            if parts.embedded_s3:
                flush(parts.data)
            load(parts.database_url, dumped, tables)
            for found in reach.list_objects(bucket, recursive=True):
                if found.object_name is not None and not found.is_dir and found.object_name not in kept:
                    reach.remove_object(bucket, found.object_name)
        except (S3Error, HTTPError) as error:
            raise Trouble(f"写入对象存储失败：{error}", f"The object storage could not be written: {error}") from error


async def bring_up_to_date() -> None:
    """Run the migrations that are newer than the backup."""
    from server.db import database, migrate

    async with database():
        await migrate()
