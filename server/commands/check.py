"""`neiye check`: everything CI runs. It installs what a bare Debian lacks, or says what to install."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from server.config import ROOT
from server.embedded.trouble import Trouble

CODE = ("server", "migrations", "tests")
FONTS = Path("/usr/share/fonts")

LONGEST = 40 * 60
"""Seconds a step may take; one that hangs is interrupted, so that it says how far it came."""

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory
ROOM = 4 * 1024**3
"""Bytes the tests' databases, photos and browser profiles may need."""


@dataclass(frozen=True)
class Step:
    """One thing to check: what it is, and the command."""

    name: str
    words: Sequence[str]


def steps(only: Sequence[str]) -> list[Step]:
    """Return what is checked; `only` are test paths to run instead of all."""
    python = sys.executable
    return [
        Step("lint", [python, "-m", "ruff", "check", *CODE]),
        Step("format", [python, "-m", "ruff", "format", "--check", *CODE]),
        Step("types", [python, "-m", "mypy"]),
        Step("templates", [python, "-m", "djlint", "templates", "--lint", "--quiet"]),
        Step("tests", [python, "-m", "pytest", "-n", "2", "--dist", "worksteal", *only]),
    ]


def chromium_is_here() -> bool:
    """Whether a browser of Chromium's family is on the PATH."""
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def fonts_are_here() -> bool:
    """Whether Noto's Chinese font is installed; without it every screenshot is boxes."""
    return FONTS.is_dir() and any(FONTS.rglob("NotoSansCJK*"))


def has(name: str) -> Callable[[], bool]:
    """Return a question: whether the program `name` is on the PATH."""
    return lambda: shutil.which(name) is not None


PACKAGES: dict[str, Callable[[], bool]] = {
    "chromium": chromium_is_here,
    "fonts-noto-cjk": fonts_are_here,
    "firefox-esr": has("firefox-esr"),
    "webkit2gtk-driver": has("WebKitWebDriver"),
    "xvfb": has("Xvfb"),
}
"""Debian's names of what the journeys need, and whether each is here: browsers, a screen for the one that needs one, Chinese characters."""


def install_what_is_missing() -> None:
    """Install browsers and font on a Debian where we may; raise Trouble with the command to run elsewhere."""
    missing = [name for name, is_here in PACKAGES.items() if not is_here()]
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble(
            f"缺少 {names}。请先运行：sudo apt-get install {names}",
            f"Missing: {names}. Run: sudo apt-get install {names}",
        )
    click.echo(f"正在安装 installing: {names}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *missing]):
        if subprocess.run(["apt-get", *words], env=quiet, stdout=subprocess.DEVNULL, check=False).returncode:
            raise Trouble(f"apt-get 没有装上 {names}。", f"apt-get could not install {names}.")


def surroundings() -> dict[str, str]:
    """Return the environment of the steps. Temporary files go to memory where there is room: the tests write a lot, and strictly."""
    found = os.environ | {"PYTHONPATH": str(ROOT)}
    if "TMPDIR" not in found and MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and is_roomy(MEMORY):
        found["TMPDIR"] = str(MEMORY)
    return found


def is_roomy(folder: Path) -> bool:
    """Whether the tests fit into `folder`, and programs may be run from it (PostgreSQL's are copied there for root)."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize >= ROOM and not facts.f_flag & os.ST_NOEXEC


def result_of(step: Step, around: dict[str, str]) -> int:
    """Run a step; return its exit code. After LONGEST seconds it is interrupted, and a minute later killed."""
    with subprocess.Popen(step.words, cwd=ROOT, env=around) as process:
        try:
            return process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            click.echo(f"{step.name}: 超过 {LONGEST} 秒，已中断 took longer than {LONGEST} s, interrupted")
            process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() or 1


@click.command()
@click.argument("paths", nargs=-1)
def check(paths: tuple[str, ...]) -> None:
    """Lint, types, templates and tests, browsers included. PATHS: tests to run instead of all."""
    install_what_is_missing()
    around = surroundings()
    failed = []
    for step in steps(paths):
        started = time.monotonic()
        code = result_of(step, around)
        click.echo(f"{'ok ' if code == 0 else 'FAILED'} {step.name} {time.monotonic() - started:.1f} s")
        if code:
            failed.append(step.name)
    if failed:
        raise SystemExit(f"没有通过 failed: {', '.join(failed)}")
