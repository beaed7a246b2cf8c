"""`neiye worker`: one more job worker, beside a running server or on another machine."""

from pathlib import Path

import click

from server.commands.parts import data_option, running


@click.command()
@data_option
def worker(data: Path) -> None:
    """再开一个任务进程，Ctrl-C 停止。 Run one more job worker; Ctrl-C stops it, the jobs in hand are finished."""
    with running(data):
        import logging

        import server.recurring  # noqa: F401 - registers the job handlers
        from server.embedded.children import run_worker

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        click.echo("任务进程已启动。 The job worker is running.")
        run_worker()
