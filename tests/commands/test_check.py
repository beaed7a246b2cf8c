"""`neiye check`: a step that hangs does not eat the machine's time."""

import sys

import pytest

from server.commands import check


def run(program: str) -> int:
    return check.result_of(check.Step("step", [sys.executable, "-c", program]), check.surroundings())


def test_a_step_says_how_it_ended() -> None:
    assert run("") == 0
    assert run("raise SystemExit(3)") == 3


def test_a_step_that_hangs_is_interrupted_and_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "LONGEST", 0.5)
    assert run("import time; time.sleep(60)") != 0
    assert "step: 超过" in capsys.readouterr().out
