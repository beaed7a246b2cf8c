"""The data folder: where each part keeps its things, who holds it, and the secrets that belong to it.

<data>/neiye.json   says that the folder is ours, and whether it is a demonstration
<data>/postgres     the database cluster          <data>/s3       the gateway's metadata and blobs
<data>/secrets      passwords and keys (0600)     <data>/run      lock, ports, logs, where the parts can be reached
"""

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from server.embedded.processes import free_port, is_free
from server.embedded.trouble import Trouble, explain

LEAST_FREE = 200_000_000
"""Bytes that must be free on the disk before we start: PostgreSQL must never meet a full one in the middle of a write."""

OURS = ("postgres", "postgres.new", "s3", "s3.new", "secrets", "run", "pg-bin", "neiye.json")
"""Everything we ever make in a data folder; a reset removes these and nothing else."""


class Folder:
    """One data folder. Make it with `Folder(path)`, then `make()` before anything is written."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))
        self.postgres = self.path / "postgres"
        self.s3 = self.path / "s3"
        self.run = self.path / "run"
        self.secrets = self.path / "secrets"
        self.marker = self.path / "neiye.json"
        self.lock_file = self.run / "lock"
        self.parts_file = self.run / "parts.json"
        self._lock: int | None = None

    def make(self, kind: str = "serve") -> None:
        """Make the folder and its marker (`kind`: demo or serve) if need be; raise Trouble if it cannot be written to."""
        try:
            # 0711: the database's own user must be able to pass through, and to see nothing on its way.
            self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
            for inner in (self.run, self.secrets):
                inner.mkdir(exist_ok=True, mode=0o700)
            probe = self.run / "probe"
            probe.write_bytes(b"x" * 4096)
            probe.unlink()
            if not self.marker.exists():
                write_whole(self.marker, json.dumps({"kind": kind}), 0o644)
        except OSError as error:
            raise explain(self.path, error) from error

    def check_space(self) -> None:
        """Raise Trouble when less than LEAST_FREE bytes are free."""
        free = shutil.disk_usage(self.path).free
        if free < LEAST_FREE:
            raise Trouble(
                f"磁盘空间不足：{self.path} 所在磁盘只剩 {free // 1_000_000} MB，至少需要 {LEAST_FREE // 1_000_000} MB。",
                f"Too little disk space: {free // 1_000_000} MB are free where {self.path} is, "
                f"{LEAST_FREE // 1_000_000} MB are needed.",
            )

    def kind(self) -> str | None:
        """Return what the marker says the folder is, `demo` or `serve`; None when it is not ours."""
        kind = read_json(self.marker).get("kind")
        return str(kind) if kind else None

    def lock(self) -> bool:
        """Take the folder for this process; return False when another holds it. The kernel frees it when we end."""
        if self._lock is not None:
            return True
        try:
            file = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain(self.lock_file, error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._lock = file
        return True

    def lock_or_trouble(self) -> None:
        """Take the folder, or raise Trouble naming the process that holds it."""
        if not self.lock():
            raise Trouble(
                f"数据文件夹 {self.path} 正被另一个内业进程使用（进程号 {self.holder()}）。请先停止它，或用 --data 换一个文件夹。",
                f"The data folder {self.path} is in use by another Neiye process (pid {self.holder()}). "
                "Stop it first, or choose another folder with --data.",
            )

    def unlock(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Tell whether a living process holds the folder."""
        if self._lock is not None:
            return True
        if not self.lock_file.exists():
            return False
        with self.lock_file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def holder(self) -> str:
        """Return the pid of the process that holds the folder, or `?`."""
        try:
            return self.lock_file.read_text().strip() or "?"
        except OSError:
            return "?"

    def secret(self, name: str) -> str:
        """Return the secret `name`, 48 hexadecimal digits made at its first use and kept in a file only we can read."""
        file = self.secrets / name
        try:
            if not file.exists():
                write_whole(file, secrets.token_hex(24), 0o600)
            return file.read_text().strip()
        except OSError as error:
            raise explain(file, error) from error

    def mark(self, kind: str) -> None:
        """Say that the folder holds a demonstration (`demo`) or real data (`serve`)."""
        try:
            write_whole(self.marker, json.dumps({"kind": kind}), 0o644)
        except OSError as error:
            raise explain(self.marker, error) from error

    def keep_secret(self, name: str, text: str) -> None:
        """Keep `text` as the secret `name` from the next start on, in place of the one there may be."""
        try:
            write_whole(self.secrets / name, text, 0o600)
        except OSError as error:
            raise explain(self.secrets / name, error) from error

    def has_secret(self, name: str) -> bool:
        """Tell whether the secret `name` has been made."""
        return (self.secrets / name).exists()

    def port(self, name: str) -> int:
        """Return the loopback port `name` had last time if it is free, else a new one, and remember it."""
        ports = read_json(self.run / "ports.json")
        if not (isinstance(ports.get(name), int) and is_free(ports[name])):
            ports[name] = free_port()
            write_whole(self.run / "ports.json", json.dumps(ports), 0o600)
        return int(ports[name])

    def forget_port(self, name: str) -> None:
        """Let `port(name)` choose a new one: somebody was faster."""
        ports = read_json(self.run / "ports.json")
        ports.pop(name, None)
        write_whole(self.run / "ports.json", json.dumps(ports), 0o600)

    def wipe(self) -> None:
        """Remove everything we made here; raise Trouble unless the marker says it is a demonstration."""
        if self.kind() != "demo":
            raise Trouble(
                f"{self.path} 不是演示数据文件夹，不会清空。",
                f"{self.path} is not the data folder of a demonstration and will not be wiped.",
            )
        self.lock_or_trouble()
        for name in sorted(
            OURS, key=lambda name: name == "neiye.json"
        ):  # the marker last: a wipe can be taken up again
            found = self.path / name
            try:
                shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink(missing_ok=True)
            except OSError as error:
                raise explain(found, error) from error
        self.unlock()


def write_whole(file: Path, text: str, mode: int) -> None:
    """Write `text` to `file` so that a crash leaves either the old or the new content, never half of it."""
    half = file.with_name(f"{file.name}.{os.getpid()}.half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    half.replace(file)


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file, or an empty one when there is no such file or it is not JSON."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
