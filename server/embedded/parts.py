"""Where the database and the storage of this instance are: outside, running beside us, or started by us."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from server.embedded import processes
from server.embedded.folder import Folder, read_json, write_whole
from server.embedded.postgres import Postgres
from server.embedded.s3 import Gateway, S3Settings, from_environ
from server.embedded.trouble import Trouble

START_SECONDS = 60.0
"""How long a command waits for another process that is just starting the parts of the same data folder."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a command works on. `url` is the web address when the server of this data folder is running, else empty."""

    database_url: str
    s3: S3Settings
    data: Path
    embedded_database: bool
    embedded_s3: bool
    secret_key: str
    url: str = ""

    def environ(self) -> dict[str, str]:
        """Return everything as environment variables, as `server.config` reads them."""
        named = {"DATABASE_URL": self.database_url, "NEIYE_DATA": str(self.data), "SECRET_KEY": self.secret_key}
        return named | self.s3.environ()


class Embedded:
    """The parts of one data folder that are not configured from outside. The caller holds the folder's lock."""

    def __init__(self, folder: Folder, *, durable: bool = True) -> None:
        self.folder = folder
        bucket = os.environ.get("S3_BUCKET") or "neiye"
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(folder, durable=durable)
        self.gateway = None if from_environ(os.environ) else Gateway(folder, bucket=bucket)

    def begin(self) -> Parts:
        """Make what is missing, start both, and return how they will be reached when they are ready."""
        wanted: list[Postgres | Gateway] = [part for part in (self.postgres, self.gateway) if part is not None]
        if wanted:
            self.folder.check_space()
        for part in wanted:
            part.prepare()
        for part in wanted:
            part.start()
        return self.parts()

    def wait_ready(self) -> Parts:
        """Wait until both answer; return how to reach them, which differs if a port was taken meanwhile."""
        for part in (self.postgres, self.gateway):
            if part is not None:
                part.wait_ready()
        return self.parts()

    def parts(self) -> Parts:
        """Return how to reach the started and the configured parts."""
        s3 = self.gateway.settings if self.gateway else from_environ(os.environ)
        assert s3 is not None
        return Parts(
            database_url=self.postgres.dsn if self.postgres else os.environ["DATABASE_URL"],
            s3=s3,
            data=self.folder.path,
            embedded_database=self.postgres is not None,
            embedded_s3=self.gateway is not None,
            secret_key=secret_key(self.folder),
        )

    def stop(self) -> None:
        """Stop the storage, then the database."""
        for part in (self.gateway, self.postgres):
            if part is not None:
                part.stop()


def secret_key(folder: Folder) -> str:
    """Return SECRET_KEY, or the key kept with the data."""
    return os.environ.get("SECRET_KEY") or folder.secret("secret_key")


def publish(folder: Folder, parts: Parts) -> None:
    """Tell other commands of the same user where the parts are."""
    plain = asdict(parts) | {"data": str(parts.data), "pid": os.getpid()}
    write_whole(folder.parts_file, json.dumps(plain), 0o600)


def withdraw(folder: Folder) -> None:
    """Take back what `publish` said."""
    with suppress(OSError):
        folder.parts_file.unlink(missing_ok=True)


def published(folder: Folder) -> Parts | None:
    """Return what the process that holds the folder has published, or None as long as it has not."""
    plain = read_json(folder.parts_file)
    if not plain or str(plain.pop("pid")) != folder.holder() or not folder.is_held():
        return None
    return Parts(**plain | {"data": Path(plain["data"]), "s3": S3Settings(**plain["s3"])})


@contextmanager
def running(data: Path) -> Iterator[Parts]:
    """Yield the parts of the data folder `data`, started for the time being if nobody runs them.

    Their settings are in the environment meanwhile, so import `server.config` and what needs it inside this block.
    Raise Trouble when the parts cannot be started, or their holder does not get ready.
    """
    folder = Folder(data)
    folder.make()
    if is_all_outside():
        beside = published(folder)  # only to learn the web address, if a server of this folder runs
        parts = replace(Embedded(folder).parts(), url=beside.url if beside else "")
        with _in_environment(parts):
            yield parts
    elif folder.lock():
        own = Embedded(folder)
        try:
            own.begin()
            parts = own.wait_ready()
            publish(folder, parts)
            with _in_environment(parts):
                yield parts
        finally:
            withdraw(folder)
            own.stop()
            folder.unlock()
    else:
        parts = _of_the_holder(folder)
        with _in_environment(parts):
            yield parts


def is_all_outside() -> bool:
    """Tell whether both the database and the storage are configured, so that there is nothing for us to run."""
    return bool(os.environ.get("DATABASE_URL")) and from_environ(os.environ) is not None


def _of_the_holder(folder: Folder) -> Parts:
    found: list[Parts] = []

    def look() -> bool:
        parts = published(folder)
        found.extend([parts] if parts else [])
        return bool(found)

    if not processes.wait_until(look, START_SECONDS, pause=0.05):
        raise Trouble(
            f"正在使用 {folder.path} 的进程（进程号 {folder.holder()}）没有就绪，请稍后再试。",
            f"The process that uses {folder.path} (pid {folder.holder()}) did not get ready: try again later.",
        )
    return found[0]


@contextmanager
def _in_environment(parts: Parts) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(parts.environ())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
