"""Children that cannot outlive us, and small things about processes and ports."""

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
NOBODY = 65534
"""The user and group that PostgreSQL runs as when we are root: it refuses to run as root."""

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: int, parent: int) -> None:
    """Ask the kernel for `death_signal` when `parent` ends; end at once if it already has. For a fresh child."""
    _libc.prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        os._exit(1)


def spawn(
    argv: Sequence[str],
    *,
    death_signal: int,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    as_nobody: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `argv` as a child that gets `death_signal` when we die. Its output goes to `log`, or where ours goes.

    Only the main thread may call this: the signal is tied to the thread that forked, not to the process.
    The child leads a session of its own, so Ctrl-C reaches the supervisor alone, which stops the parts in order.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("embedded parts must be started from the main thread")
    parent = os.getpid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environ,
            cwd=cwd,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(death_signal, parent),  # noqa: PLW1509 - only the main thread gets here
            **user_options(as_nobody),
        )
    finally:
        if output is not None:
            os.close(output)


def user_options(as_nobody: bool) -> dict[str, Any]:
    """Return the arguments that make subprocess drop to the user `nobody`."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_nobody else {}


def stop(process: subprocess.Popen[bytes] | None, stop_signal: int, grace: float) -> None:
    """End a child by `stop_signal`, by SIGKILL after `grace` seconds; return when it is gone."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], bool], seconds: float, pause: float = 0.005) -> bool:
    """Return True as soon as `happened()`, False when it has not within `seconds`."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def flush(folder: Path) -> None:
    """Write everything on `folder`'s file system to the disk (syncfs); raise OSError if that fails."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path, lines: int = 3) -> str:
    """Return the last lines of a log, joined by ` / `, or `-`: for the sentence about a part that would not start."""
    try:
        found = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "-"
    return " / ".join(found[-lines:]) or "-"


def keep_small(log: Path, most: int = 5_000_000) -> None:
    """Move a log of more than `most` bytes aside, over the one moved aside before."""
    if log.exists() and log.stat().st_size > most:
        log.replace(log.with_suffix(".log.1"))


def signal_name(returncode: int) -> str:
    """Return how a child ended, in words: `exit 3` or `SIGKILL`."""
    return signal.Signals(-returncode).name if returncode < 0 else f"exit {returncode}"
