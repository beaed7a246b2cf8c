"""One parent process: it starts the parts, then web processes and a job worker, keeps them alive and stops them in order.

The parent itself imports nothing of the application, so it starts in a moment and stays small. A child that dies is
started again; one that dies five times right after its start ends everything with a sentence. Children are tied to the
parent by the kernel, so nothing is left running even when the parent is killed.
"""

import errno
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from server.embedded import processes
from server.embedded.folder import LEAST_FREE, Folder
from server.embedded.parts import Embedded, Parts, publish, withdraw
from server.embedded.trouble import Trouble

FAST = 10.0
"""Seconds: a child that lives no longer has died right after its start."""

MOST_FAST_DEATHS = 5
START_SECONDS = 60.0
PREPARE_SECONDS = 1800.0
"""How long migrations (and filling a demonstration) may take."""

LEAVING_SECONDS = 1.0
"""How long the web processes of a supervisor that was killed a moment ago may still hold the port."""

WORKER_GRACE = 20.0
WEB_GRACE = 6.0
ROOT = Path(__file__).resolve().parents[2]


class Stopped(BaseException):
    """A signal told us to stop."""


class Child:
    """A process of ours (`server.embedded.children`) with the socket over which it is told to go and reports."""

    def __init__(self, role: str, names: tuple[str, str], grace: float, listener: socket.socket | None = None) -> None:
        self.role = role
        self.names = names  # Chinese, English
        self.grace = grace
        self.stop_signal = signal.SIGTERM
        self.listener = listener
        self.environ: dict[str, str] = {}
        self.may_go = False
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None

    def start(self) -> None:
        """Start the process with the settings in `environ`. It loads, and waits until it may go."""
        ours, theirs = socket.socketpair()
        inherited = {"NEIYE_CONTROL": str(theirs.fileno())}
        fds = [theirs.fileno()]
        if self.listener is not None:
            inherited["NEIYE_LISTEN"] = str(self.listener.fileno())
            fds.append(self.listener.fileno())
        with theirs:
            self.process = processes.spawn(
                [sys.executable, "-P", "-m", "server.embedded.children", self.role],
                death_signal=signal.SIGKILL,
                environ=os.environ | {"PYTHONPATH": _python_path()} | self.environ | inherited,
                pass_fds=fds,
            )
        if self.control is not None:
            self.control.close()
        self.control = ours
        if self.may_go:
            self.go()

    def go(self) -> None:
        """Let the process work, now and whenever it is started again."""
        self.may_go = True
        assert self.control is not None
        with suppress(OSError):  # it may have died just now; whoever waits for it, or watches it, sees that
            self.control.sendall(b"\n")

    def report(self, seconds: float) -> dict[str, Any] | None:
        """Return what the process reports next, or None when it ends or `seconds` pass without a word."""
        assert self.control is not None
        self.control.settimeout(seconds)
        try:
            line = self.control.makefile("rb").readline()
        except TimeoutError:
            return None
        return json.loads(line) if line else None

    def has_ended(self) -> bool:
        """Tell whether the process has ended."""
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        """Stop the process."""
        processes.stop(self.process, self.stop_signal, self.grace)


@dataclass
class Kept:
    """Something we keep alive, and how its last starts went."""

    names: tuple[str, str]
    part: Any  # a Child, Postgres or Gateway: start(), stop(), process
    log: Path | None = None
    started: float = field(default_factory=time.monotonic)
    fast_deaths: int = 0
    due: float | None = None

    def ended(self) -> bool:
        """Tell whether it has ended and nobody has noticed yet."""
        return self.due is None and self.part.process.poll() is not None

    def note_death(self) -> None:
        """Plan the next start: at once after the first death, later and later after those that follow quickly."""
        now = time.monotonic()
        self.fast_deaths = self.fast_deaths + 1 if now - self.started < FAST else 1
        if self.fast_deaths >= MOST_FAST_DEATHS:
            raise self._given_up()
        self.due = now + (0.0 if self.fast_deaths == 1 else 0.25 * 2**self.fast_deaths)
        how = processes.signal_name(self.part.process.returncode)
        tell(f"{self.names[0]}意外结束（{how}），重新启动。", f"The {self.names[1]} ended ({how}); starting it again.")

    def start_again(self) -> None:
        """Start it once more."""
        self.due, self.started = None, time.monotonic()
        self.part.start()

    def _given_up(self) -> Trouble:
        said = f"（{processes.tail(self.log)}）" if self.log else ""
        return Trouble(
            f"{self.names[0]}连续 {MOST_FAST_DEATHS} 次刚启动就结束，已停止全部服务。{said}",
            f"The {self.names[1]} ended right after its start {MOST_FAST_DEATHS} times in a row; everything is stopped. {said}",
        )


class Supervisor:
    """Runs one instance: `run(ready)` returns when a signal stops it, after everything else has stopped."""

    def __init__(self, folder: Folder, *, listener: socket.socket, url: str, workers: int, demo: bool = False) -> None:
        self.folder = folder
        self.listener = listener
        self.url = url
        self.demo = demo
        self.embedded = Embedded(folder)
        self.web = [Child("web", ("网页进程", "web process"), WEB_GRACE, listener) for _ in range(workers)]
        self.worker = Child("worker", ("任务进程", "job worker"), WORKER_GRACE)
        self.prepare = Child("prepare", ("准备进程", "preparing process"), WEB_GRACE)
        self.kept: list[Kept] = []
        self.warned_of_space = False

    def run(self, ready: Callable[[Parts, dict[str, Any]], None]) -> None:
        """Start everything, call `ready(parts, what was prepared)`, then watch until told to stop."""
        follow_launcher()
        with _signals() as wake:
            try:
                parts, prepared = self._start()
                ready(parts, prepared)
                self._watch(wake)
            except Stopped:
                tell("正在停止……", "Stopping ...", sys.stdout)
            finally:
                self._stop()

    def _start(self) -> tuple[Parts, dict[str, Any]]:
        expected = self.embedded.begin()
        self._load(expected)  # the children import what they need while the database starts
        parts = self.embedded.wait_ready()
        if parts != expected:
            for child in self._children():
                child.stop()
            self._load(parts)
        prepared = self._prepared()
        for web in self.web:
            web.go()
        for web in self.web:
            if web.report(START_SECONDS) is None:
                raise Trouble(
                    "网页进程没有启动成功，原因见上面的记录。",
                    "The web process did not start; see above for the reason.",
                )
        self.worker.start()  # only now: the first page comes first
        self.worker.go()
        self.kept = self._everything()
        publish(self.folder, replace(parts, url=self.url))
        return parts, prepared

    def _load(self, parts: Parts) -> None:
        for child in self._children():
            child.environ = parts.environ() | ({"NEIYE_DEMO": "1"} if self.demo else {})
        for child in (self.prepare, *self.web):
            child.start()

    def _children(self) -> list[Child]:
        return [self.prepare, *self.web, self.worker]

    def _prepared(self) -> dict[str, Any]:
        """Let the preparing child migrate and fill; raise Trouble with the reason if it cannot."""
        self.prepare.go()
        report = self.prepare.report(PREPARE_SECONDS)
        processes.wait_until(self.prepare.has_ended, WEB_GRACE)  # let it say what went wrong
        self.prepare.stop()
        if report is None:
            raise Trouble(
                "数据库准备失败，原因见上面的记录。", "The database could not be prepared; see above for the reason."
            )
        if "unreachable" in report:
            said = report["unreachable"]
            raise Trouble(
                f"连接不上数据库（{said}）。请检查 DATABASE_URL 和数据库服务。",
                f"The database cannot be reached ({said}). Check DATABASE_URL and the database server.",
            )
        return report

    def _everything(self) -> list[Kept]:
        kept = [Kept(child.names, child) for child in (*self.web, self.worker)]
        if self.embedded.gateway:
            kept.append(Kept(("对象存储", "object storage"), self.embedded.gateway, self.embedded.gateway.log))
        if self.embedded.postgres:
            kept.append(Kept(("数据库", "database"), self.embedded.postgres, self.embedded.postgres.log))
        return kept

    def _watch(self, wake: socket.socket) -> None:
        """Start again what ends, for ever. The kernel wakes us when a child ends; a signal raises Stopped."""
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            while True:
                for kept in self.kept:
                    if kept.ended():
                        kept.note_death()
                    if kept.due is not None and kept.due <= time.monotonic():
                        kept.start_again()
                self._look_at_space()
                if selector.select(self._pause()):
                    wake.recv(4096)

    def _pause(self) -> float:
        planned = [kept.due - time.monotonic() for kept in self.kept if kept.due is not None]
        return max(0.0, min([60.0, *planned]))

    def _look_at_space(self) -> None:
        free = shutil.disk_usage(self.folder.path).free
        if free < LEAST_FREE and not self.warned_of_space:
            megabytes = free // 1_000_000
            tell(f"磁盘快满了：只剩 {megabytes} MB，请尽快清理。", f"The disk is nearly full: {megabytes} MB are left.")
        self.warned_of_space = free < LEAST_FREE

    def _stop(self) -> None:
        """Stop the web processes and the worker together, then the storage, then the database."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        withdraw(self.folder)
        for child in self._children():
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        end = time.monotonic()
        for child in self._children():
            if child.process is not None:
                left = max(0.0, end + child.grace - time.monotonic())
                processes.wait_until(lambda process=child.process: process.poll() is not None, left)  # type: ignore[misc]
                child.process.kill()
                child.process.wait()
        self.embedded.stop()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`:`port`; raise Trouble with the reason when that is impossible."""
    end = time.monotonic() + LEAVING_SECONDS
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(family, kind, protocol)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
            return listener
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) != errno.EADDRINUSE or time.monotonic() > end:
                raise _cannot_listen(host, port, error) from error
            time.sleep(0.02)


def _cannot_listen(host: str, port: int, error: Exception) -> Trouble:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return Trouble(
            f"端口 {port} 已被其他程序占用。请用 --port 换一个端口。",
            f"Port {port} is taken by another program. Choose another one with --port.",
        )
    if number == errno.EACCES:
        return Trouble(
            f"没有权限使用端口 {port}。请用 --port 换一个 1024 以上的端口。",
            f"Port {port} may not be used by this user. Choose one above 1024 with --port.",
        )
    return Trouble(f"无法监听 {host}:{port}：{error}。", f"Cannot listen on {host}:{port}: {error}.")


def tell(zh: str, en: str, to: Any = None) -> None:
    """Print a sentence in both languages, to standard error unless said otherwise."""
    print(f"{zh} {en}", file=to or sys.stderr, flush=True)


def follow_launcher() -> None:
    """Stop when `uv run` is killed: started by it, we would be left behind, and whoever killed it meant us."""
    try:
        launcher = Path(f"/proc/{os.getppid()}/comm").read_text().strip()
    except OSError:
        return
    if launcher == "uv":
        processes.die_with_parent(signal.SIGTERM, os.getppid())


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Raise Stopped at SIGTERM, SIGINT and SIGHUP (unless nohup said to ignore it); yield what SIGCHLD makes readable."""

    def stop(*_: object) -> None:
        raise Stopped

    stopping = [number for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
                if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]  # fmt: skip
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    before = {number: signal.signal(number, stop) for number in stopping}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        reading.close()
        writing.close()


def _python_path() -> str:
    """Return PYTHONPATH for the children: they must find `server` wherever they are started."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
