"""The command line itself: quick, and plain about what is wrong."""

import subprocess
import sys

from click.testing import CliRunner

from server.commands import COMMANDS, neiye
from server.commands.demo import table


def test_help_names_every_command_without_loading_any() -> None:
    script = (
        "import sys; from server.commands import neiye; neiye(['--help'], standalone_mode=False);"
        "heavy = {'litestar', 'piccolo', 'asyncpg', 'minio', 'asyncio'} & set(sys.modules); assert not heavy, heavy"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in COMMANDS)


def test_an_unknown_command_is_a_sentence() -> None:
    ran = CliRunner().invoke(neiye, ["frobnicate"])
    assert ran.exit_code == 2
    assert "No such command" in ran.output


def test_the_table_of_logins_is_aligned_though_chinese_is_wide() -> None:
    assert table([["王经理", "wang", "x"], ["Li", "li", "y"]]).splitlines() == [
        "  王经理  wang  x",
        "  Li      li    y",
    ]
