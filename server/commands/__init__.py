"""The command line: `neiye NAME`. This table is all there is; a command's module is imported only when it is called."""

import importlib
import sys

import click

from server import __version__
from server.embedded.trouble import Trouble

COMMANDS = {
    "demo": (
        "server.commands.demo:demo",
        "启动演示：自带数据库、存储和一个住满人的小区 / start a filled community to try out",
    ),
    "serve": ("server.commands.serve:serve", "启动正式服务 / start the server"),
    "worker": ("server.commands.worker:worker", "在另一台机器上再开一个任务进程 / run one more job worker"),
    "migrate": ("server.commands.migrate:migrate", "把数据库结构升级到最新 / bring the schema up to date"),
    "import": ("server.commands.import_:import_command", "导入住户表格 / import a register of households"),
    "user": ("server.commands.user:user", "账号：新建、重置密码、岗位 / accounts: create, reset, roles"),
    "backup": (
        "server.commands.backup:backup",
        "备份数据库和照片到一个文件 / back up database and photos into one file",
    ),
    "restore": ("server.commands.restore:restore", "从备份文件恢复 / restore a backup"),
    "bench": ("server.commands.bench:bench", "测量速度 / measure the speed"),
    "chaos": ("server.commands.chaos:chaos", "坏网络下的同步测试 / sync on a bad network, as long as one likes"),
    "check": ("server.commands.check:check", "运行全部检查和测试 / run every check and test"),
    "messages": (
        "server.commands.messages:messages",
        "收集界面文字，列出缺英文的 / collect the texts, list those without English",
    ),
    "doctor": ("server.commands.doctor:doctor", "检查各部件是否正常 / say what is used and whether it is healthy"),
    "audit": ("server.commands.audit:audit", "核对操作日志的完整性 / verify the audit chain"),
}
"""Name → (module:function, one line of help)."""


class Commands(click.Group):
    """A click group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`, or return None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("命令 / Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="neiye")
def neiye() -> None:
    """内业 Neiye: the property office in every pocket."""


def main() -> None:
    """Run the command line. Expected trouble becomes one sentence (Chinese, then English) and exit code 1."""
    try:
        neiye.main(prog_name="neiye")
    except Trouble as trouble:
        click.echo(str(trouble), err=True)
        sys.exit(1)
    except OSError as error:
        # A full disk or a folder taken away can strike anywhere; a traceback would help nobody.
        click.echo(f"系统错误：{error}\nSystem error: {error}", err=True)
        sys.exit(1)
    except ValueError as error:
        if type(error).__name__ != "SettingError":
            raise
        click.echo(f"设置有误：{error}\nWrong setting: {error}", err=True)
        sys.exit(1)
