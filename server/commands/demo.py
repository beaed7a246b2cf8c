"""`neiye demo`: a filled community at a printed address, with printed logins. A second start keeps its data."""

from pathlib import Path
from typing import Any

import click

from server.commands.parts import Parts, data_option
from server.commands.serving import address, listen_somewhere, open_folder, start
from server.embedded.folder import Folder
from server.embedded.trouble import Trouble


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 / address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口 / port")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="网页进程数 / web processes")
@click.option(
    "--reset", is_flag=True, help="清空演示数据，重新开始 / throw the demonstration's data away and start over"
)
@data_option
@click.pass_context
def demo(context: click.Context, host: str, port: int, workers: int, reset: bool, data: Path) -> None:
    """启动演示小区，Ctrl-C 停止。 Start a filled community to try out; Ctrl-C stops it."""
    explicit = context.get_parameter_source("port") is not click.core.ParameterSource.DEFAULT
    if reset and data.exists() and any(data.iterdir()):
        Folder(data).wipe()
    listener = listen_somewhere(host, port, explicit)
    folder = open_folder(data, "demo")
    if folder.kind() != "demo":
        raise Trouble(
            f"{folder.path} 里是正式数据，不能用来演示。请用 --data 换一个文件夹。",
            f"{folder.path} holds real data, not a demonstration. Choose another folder with --data.",
        )
    url = address(listener)
    if listener.getsockname()[1] != port:
        click.echo(
            f"端口 {port} 已被占用，改用 {listener.getsockname()[1]}。 Port {port} is taken; using the next free one."
        )

    def ready(_parts: Parts, prepared: dict[str, Any]) -> None:
        click.echo(f"\n内业演示已启动 Neiye is running: {url}\n")
        click.echo(table(prepared.get("logins", [])))
        click.echo(f"\n数据 data: {folder.path}    停止 stop: Ctrl-C    重来 start over: neiye demo --reset", nl=True)

    start(folder, listener, workers, ready, demo=True)


def table(rows: list[list[str]]) -> str:
    """Return `rows` as lines with aligned columns; a Chinese character is two columns wide."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)) for row in rows
    ]
    return "\n".join(f"  {line.rstrip()}" for line in lines)


def width(text: str) -> int:
    """Return how many columns `text` takes in a terminal."""
    return sum(2 if ord(letter) >= 0x1100 else 1 for letter in text)
