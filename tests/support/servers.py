"""The real PostgreSQL and S3 for a test run: started once under a temporary folder, gone with the process that started them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.embedded.folder import Folder
from server.embedded.postgres import Postgres
from server.embedded.s3 import Gateway, S3Settings


@dataclass(frozen=True)
class Servers:
    """How to reach them: `dsn` as the application's role, `superuser_dsn` to make databases with."""

    dsn: str
    superuser_dsn: str
    s3: S3Settings
    folder: Folder


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both (without fsync), yield how to reach them, stop both and remove their data. For the main thread."""
    path = Path(tempfile.mkdtemp(prefix="neiye-test-"))
    folder = Folder(path / "var")
    path.chmod(0o711)  # when root runs the tests, PostgreSQL's programs may have to be copied here for `nobody`
    folder.make()
    postgres, gateway = Postgres(folder, durable=False), Gateway(folder)
    try:
        postgres.prepare()
        gateway.prepare()
        postgres.start()
        gateway.start()
        postgres.wait_ready()
        gateway.wait_ready()
        yield Servers(postgres.dsn, postgres.superuser_dsn, gateway.settings, folder)
    finally:
        gateway.stop()
        postgres.stop()
        shutil.rmtree(path, ignore_errors=True)


def start_servers(environ: MutableMapping[str, str]) -> Callable[[], None]:
    """Start both, write how to reach them into `environ` (DATABASE_URL, S3_*, NEIYE_TEST_SUPERUSER); return what stops them."""
    running = servers()
    found = running.__enter__()
    environ.update(found.s3.environ())
    environ.update({"DATABASE_URL": found.dsn, "NEIYE_TEST_SUPERUSER": found.superuser_dsn})
    environ["NEIYE_DATA"] = str(found.folder.path)
    return lambda: running.__exit__(None, None, None) and None
