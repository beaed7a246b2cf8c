"""`neiye chaos`: the phone's real client against the real server through a faulty network, for as many runs as one likes."""

import asyncio
import json
import os
import secrets
from typing import Any

import click

from server.commands.parts import json_option
from server.embedded.trouble import Trouble


@click.command()
@click.option("--runs", default=300, show_default=True, help="多少轮 / how many runs")
@click.option("--steps", default=100, show_default=True, help="每轮多少步 / steps of each run")
@click.option("--seed", default=20261125, show_default=True, help="随机种子 / seed")
@click.option("--run", "only", type=int, default=None, help="只重放这一轮 / replay this run only")
@json_option
def chaos(runs: int, steps: int, seed: int, only: int | None, as_json: bool) -> None:
    """坏网络下的同步：不丢、不重、不串。 Sync on a bad network: 0 lost, 0 doubled, 0 foreign rows; exit code 1 if not."""
    numbers = range(runs) if only is None else range(only, only + 1)
    found = played(seed, numbers, steps)
    click.echo(json.dumps(found.plain(), ensure_ascii=False) if as_json else found.said())
    if found.failures:
        raise SystemExit(1)


def played(seed: int, numbers: range, steps: int) -> Any:
    """Play the runs on servers of their own in a temporary folder; raise Trouble where the tests' libraries are missing."""
    os.environ |= {"NEIYE_PASSWORD_COST": "test"}
    os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    try:
        from tests.support.servers import start_servers

        stop = start_servers(os.environ)
        try:
            from tests.chaos.alone import play

            return asyncio.run(play(seed, numbers, steps))
        finally:
            stop()
    except ModuleNotFoundError as error:
        raise Trouble(f"缺少 {error.name}，请用 uv run neiye chaos", f"{error.name} is missing: use uv run") from error
