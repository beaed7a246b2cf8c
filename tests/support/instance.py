"""The whole product as people start it: `neiye serve` or `neiye demo` in a process of its own, on a port of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from server.embedded import processes
from server.embedded.folder import Folder
from server.embedded.parts import Parts, published

NEIYE = [sys.executable, "-c", "from server.commands import main; main()"]
ROOT = Path(__file__).parents[2]
CONFIGURED = {"DATABASE_URL", "SECRET_KEY", "NEIYE_DATA", "PUBLIC_URL"}


def plain_environment(**more: str) -> dict[str, str]:
    """Return our environment without what the test run itself has configured."""
    kept = {name: text for name, text in os.environ.items() if name not in CONFIGURED and not name.startswith("S3_")}
    return kept | more


def neiye(*words: str, seconds: float = 60, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*NEIYE, *words],
        env=plain_environment(**environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


class Instance:
    """A running instance of one data folder. What it says goes to `log`."""

    def __init__(self, data: Path, kind: str = "serve", **environ: str) -> None:
        self.folder = Folder(data)
        self.kind = kind
        self.environ = environ
        self.port = processes.free_port()
        self.log = data.parent / f"{data.name}.log"
        self.start()

    @property
    def url(self) -> str:
        """The address of its pages."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def parts(self) -> Parts:
        """How to reach its database and storage."""
        found = published(self.folder)
        assert found is not None, self.said()
        return found

    def start(self) -> None:
        """Start it, for the first time or again."""
        words = [*NEIYE, self.kind, "--data", str(self.folder.path), "--port", str(self.port), "--workers", "1"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words, stdout=log, stderr=log, cwd=ROOT, env=plain_environment(**self.environ)
            )

    def start_ready(self, seconds: float = 60) -> float:
        """Start it again and wait until it is ready; return how many seconds that took."""
        begun = time.monotonic()
        self.start()
        self.wait_ready(seconds)
        return time.monotonic() - begun

    def wait_ready(self, seconds: float = 90) -> None:
        """Return when everything runs."""
        assert processes.wait_until(lambda: self.is_ready() or self.process.poll() is not None, seconds, 0.05), (
            self.said()
        )
        assert self.process.poll() is None, self.said()

    def stop(self) -> None:
        """Stop it as a person does."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(40)

    def said(self) -> str:
        """Return everything it has said."""
        return self.log.read_text(errors="replace")

    def answers(self) -> bool:
        """Tell whether the database-backed health page answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=20) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def is_ready(self) -> bool:
        """Tell whether everything has been started."""
        return self.process.poll() is None and published(self.folder) is not None and self.answers()

    def children(self) -> dict[int, str]:
        """Return the command lines of the children, by pid."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if parent_of(int(process.name)) == self.process.pid:
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found

    def child(self, words: str) -> int | None:
        """Return the pid of the child whose command line has `words` in it."""
        return next((pid for pid, line in self.children().items() if words in line and is_alive(pid)), None)

    def kill_child(self, words: str) -> int:
        """Kill the child whose command line has `words` in it, the hard way; return its pid."""
        pid = self.child(words)
        assert pid is not None, words
        os.kill(pid, signal.SIGKILL)
        return pid

    def left_over(self) -> list[str]:
        """Return the command lines of all living processes that have to do with the data folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            pid = int(process.name)
            if pid != os.getpid() and is_alive(pid) and self._concerns(process):
                found.append(f"{pid} {(process / 'cmdline').read_text().replace(chr(0), ' ')}")
        return found

    def _concerns(self, process: Path) -> bool:
        here = str(self.folder.path)
        try:
            cwd = os.readlink(process / "cwd")
            said = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
        except OSError:
            return False
        return cwd == here or cwd.startswith(here + "/") or here.encode() in said


def parent_of(pid: int) -> int:
    """Return the pid of the parent of `pid`; raise OSError when there is no such process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def is_alive(pid: int) -> bool:
    """Tell whether `pid` runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
