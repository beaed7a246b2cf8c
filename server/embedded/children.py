"""What the supervisor's children do: `python -m server.embedded.children web|worker|prepare`.

Their settings come by the environment. A child imports what is slow while the database is still starting, then waits for
a line on the socket it was given: the word to go. On the same socket it says when it is ready.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.embedded.folder import write_whole

Role = Callable[[socket.socket], int]

CHATTY = ("asyncpg.pool", "urllib3.connectionpool")
"""Libraries that write each vain try to reach a part that is away, tracebacks and all; we say it once ourselves."""


def main(role: str) -> int:
    """Be the child `role`; return the exit code. Ends quietly when the supervisor is gone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    with socket.socket(fileno=int(os.environ.pop("NEIYE_CONTROL"))) as control:
        work = ROLES[role]()
        return work(control) if control.recv(1) else 0


def say(control: socket.socket, **words: Any) -> None:
    """Send one line of JSON to the supervisor."""
    with suppress(OSError):
        control.sendall(json.dumps(words).encode() + b"\n")


def web() -> Role:
    """Serve pages on the supervisor's listening socket until told to stop."""
    import uvicorn

    from server.app import create_app

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                say(control, ready=True)

    config = uvicorn.Config(
        create_app(),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,  # the application counts NEIYE_TRUSTED_PROXIES itself
        server_header=False,
        backlog=2048,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
    )
    config.load()
    control: socket.socket

    def work(given: socket.socket) -> int:
        nonlocal control
        control = given
        server = Announcing(config)
        server.run(sockets=[socket.socket(fileno=int(os.environ["NEIYE_LISTEN"]))])
        return 0 if server.started else 3

    return work


def worker() -> Role:
    """Work on jobs until told to stop."""
    import server.recurring  # noqa: F401 - registers the job handlers

    def work(_control: socket.socket) -> int:
        run_worker()
        return 0

    return work


def run_worker() -> None:
    """Run the job worker until SIGTERM or SIGINT, which let the jobs in hand finish."""
    import uvloop

    from server.db import database
    from server.jobs.worker import run

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with database():
            await run(stop)

    uvloop.run(until_stopped())


def prepare() -> Role:
    """Bring the schema up to date and fill the demonstration once; say what was done, or what stopped it."""
    import asyncpg

    refusals = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)

    def work(control: socket.socket) -> int:
        try:
            say(control, **asyncio.run(_prepare(os.environ["DATABASE_URL"], demo=os.environ.get("NEIYE_DEMO") == "1")))
        except (OSError, asyncpg.PostgresConnectionError, *refusals) as error:
            say(control, unreachable=f"{type(error).__name__}: {error}")
        return 0

    return work


async def _prepare(url: str, *, demo: bool) -> dict[str, Any]:
    """Do what is needed. The application is loaded only if something is: a restart should be quick."""
    import asyncpg

    from server.embedded import schema

    connection = await asyncpg.connect(url, timeout=10)
    try:
        pending = await schema.pending(connection)
        fill = demo and not await schema.is_filled(connection)
    finally:
        await connection.close()
    if pending or fill:
        from server.db import database, migrate

        async with database():
            await migrate()
            if fill:
                from server.demo import fill as fill_demo

                await fill_demo()
    return {"migrated": len(pending), "filled": fill, "logins": _logins(anew=fill) if demo else []}


def _logins(*, anew: bool) -> list[list[str]]:
    """Return who can sign in, as noted when the demonstration was filled: loading it costs a restart half a second."""
    noted = Path(os.environ["NEIYE_DATA"]) / "run" / "logins.json"
    if anew or not noted.exists():
        from server.demo import LOGINS

        write_whole(noted, json.dumps(LOGINS), 0o600)
    found: list[list[str]] = json.loads(noted.read_text())
    return found


ROLES: dict[str, Callable[[], Role]] = {"web": web, "worker": worker, "prepare": prepare}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
