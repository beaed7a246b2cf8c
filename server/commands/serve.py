"""`neiye serve`: the server, with its own database and storage unless others are configured."""

from pathlib import Path
from typing import Any

import click

from server.commands.parts import Parts, data_option
from server.commands.serving import address, open_folder, processors, start
from server.embedded.supervisor import listen


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 / address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口 / port")
@click.option("--workers", default=lambda: processors(4), type=click.IntRange(1, 64), help="网页进程数 / web processes")
@data_option
def serve(host: str, port: int, workers: int, data: Path) -> None:
    """启动正式服务，Ctrl-C 停止。 Start the server; Ctrl-C stops it.

    DATABASE_URL and S3_ENDPOINT … name a database and a storage to use; what is not named is started from DIR.
    Put a web server with HTTPS in front of it, and set SECRET_KEY and PUBLIC_URL.
    """
    listener = listen(host, port)
    folder = open_folder(data, "serve")
    url = address(listener)

    def ready(parts: Parts, _prepared: dict[str, Any]) -> None:
        click.echo(f"内业已启动 Neiye is running: {url}")
        click.echo(f"  数据库 database: {'embedded' if parts.embedded_database else 'external'}", nl=False)
        click.echo(
            f"  存储 storage: {'embedded' if parts.embedded_s3 else parts.s3.endpoint}  数据 data: {folder.path}"
        )

    start(folder, listener, workers, ready)
