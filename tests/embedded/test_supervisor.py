"""The whole product as people start it: killed piece by piece, it comes back; killed at the top, nothing is left."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded import processes
from tests.support.instance import NEIYE, Instance, is_alive


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    started = Instance(tmp_path / "var")
    yield started
    started.stop()


@pytest.mark.timeout(180)
def test_whatever_is_killed_comes_back_and_nothing_outlives_the_parent(instance: Instance) -> None:
    assert processes.wait_until(instance.is_ready, 90, 0.1)
    for words in ("children web", "children worker", "juicefs", "postgres -D"):
        pid = instance.child(words)
        assert pid is not None, words
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_until(lambda words=words, pid=pid: instance.child(words) not in (None, pid), 20, 0.05), (
            words
        )
        assert processes.wait_until(instance.answers, 60, 0.05), words
    assert processes.wait_until(lambda: len(instance.children()) == 4, 20, 0.05)
    children = instance.children()
    instance.process.kill()
    assert processes.wait_until(lambda: not any(map(is_alive, children)), 20), "something outlived the parent"


def test_a_taken_port_is_a_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        words = [*NEIYE, "serve", "--data", str(tmp_path / "var"), "--port", str(other.getsockname()[1])]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "已被其他程序占用" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_database_that_cannot_be_reached_is_a_sentence(tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": f"postgresql://a:b@127.0.0.1:{processes.free_port()}/c", "S3_ENDPOINT": "127.0.0.1:1"}
    words = [*NEIYE, "serve", "--data", str(tmp_path / "var"), "--port", str(processes.free_port())]
    started = time.monotonic()
    ran = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ | nowhere)
    assert ran.returncode == 1
    assert "连接不上数据库" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert time.monotonic() - started < 20


def test_five_deaths_right_after_the_start_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    from server.embedded.supervisor import Kept
    from server.embedded.trouble import Trouble

    class Dead:
        process = subprocess.Popen(["true"])

    Dead.process.wait()
    kept = Kept(("数据库", "database"), Dead())
    pauses = []
    for _ in range(4):
        kept.note_death()
        pauses.append((kept.due or 0) - time.monotonic())
        kept.due = None
    assert pauses == sorted(pauses)
    with pytest.raises(Trouble, match="5 times in a row"):
        kept.note_death()
