"""What several commands share: their options, and how they get at the database and the storage."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from server.embedded.parts import Parts, running

__all__ = ["Parts", "data_option", "default_data", "json_option", "running"]


def default_data() -> Path:
    """Return the data folder when none is given: NEIYE_DATA, or `var` beside the program's folder."""
    return Path(os.environ.get("NEIYE_DATA") or Path(__file__).resolve().parents[2] / "var")


def data_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, readable=False),
        default=default_data,
        metavar="DIR",
        help="数据文件夹 / data folder (default: NEIYE_DATA or ./var)",
    )(function)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")(function)
