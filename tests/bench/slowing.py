"""Makes processes as slow as a cheap phone: each runs a quarter of the time and is stopped for the rest, by turns of a few milliseconds.

The browser's own throttling reaches the page's main thread only; a service worker has another. `python -m tests.bench.slowing 4 PID` slows the
renderers below PID until its standard input ends, and lets everything run again.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TURN = 0.004
"""Seconds a process runs in one turn."""

LOOK = 20
"""Turns after which it looks for new processes."""


def renderers(root: int) -> list[int]:
    """Return the processes below `root` in which Chromium runs pages and workers."""
    found: list[int] = []
    with suppress(OSError):  # it may be gone
        for file in Path(f"/proc/{root}/task").glob("*/children"):
            found += [int(pid) for pid in file.read_text().split()]
        kinds = [pid for pid in found if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return kinds + [pid for child in found for pid in renderers(child)]
    return []


@contextmanager
def slowed(factor: float) -> Iterator[None]:
    """Slow all renderers of our browsers down as long as this lasts."""
    words = [sys.executable, "-m", "tests.bench.slowing", str(factor), str(os.getpid())]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.communicate()


def send(pids: list[int], what: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def main() -> None:
    """Stop and go, until standard input ends."""
    factor, root, turns = float(sys.argv[1]), int(sys.argv[2]), 0
    pids: list[int] = []
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    try:
        while not over.is_set():
            if turns % LOOK == 0:
                pids = renderers(root)
            turns += 1
            send(pids, signal.SIGSTOP)
            time.sleep(TURN * (factor - 1))
            send(pids, signal.SIGCONT)
            time.sleep(TURN)
    finally:
        send(pids, signal.SIGCONT)


if __name__ == "__main__":
    main()
