"""The data folder: its lock, its secrets, and what it says when it cannot be used."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.embedded import folder as module
from server.embedded.folder import Folder
from server.embedded.trouble import Trouble, explain


def test_a_second_process_is_told_who_holds_the_folder(folder: Folder) -> None:
    folder.lock_or_trouble()
    script = f"from server.embedded.folder import Folder; from pathlib import Path; Folder(Path({str(folder.path)!r})).lock_or_trouble()"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"pid {os.getpid()}" in said.stderr
    folder.unlock()
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_secret_is_made_once_and_only_we_may_read_it(folder: Folder) -> None:
    assert folder.secret("key") == folder.secret("key")
    assert (folder.secrets / "key").stat().st_mode & 0o777 == 0o600
    assert folder.secrets.stat().st_mode & 0o777 == 0o700


def test_a_port_is_remembered(folder: Folder) -> None:
    assert folder.port("postgres") == folder.port("postgres")
    before = folder.port("postgres")
    folder.forget_port("postgres")
    assert folder.port("postgres") != before


def test_only_a_demonstration_is_wiped_and_only_what_is_ours(tmp_path: Path) -> None:
    real = Folder(tmp_path / "real")
    real.make("serve")
    with pytest.raises(Trouble, match="will not be wiped"):
        real.wipe()
    with pytest.raises(Trouble):
        Folder(tmp_path).wipe()
    demo = Folder(tmp_path / "demo")
    demo.make("demo")
    (demo.path / "note.txt").write_text("mine")
    demo.wipe()
    assert [found.name for found in demo.path.iterdir()] == ["note.txt"]


def test_too_little_space_is_said_before_anything_is_written(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_FREE", 10**18)
    with pytest.raises(Trouble, match="磁盘空间不足"):
        folder.check_space()


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble, match="not a folder"):
        Folder(tmp_path / "file" / "var").make()
    with pytest.raises(Trouble, match="not a folder"):
        Folder(tmp_path / "file").make()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_every_reason_has_a_sentence_in_both_languages(number: int) -> None:
    trouble = explain(Path("/data"), OSError(number, os.strerror(number)))
    assert "无法使用 /data" in trouble.zh
    assert "Cannot use /data" in trouble.en
