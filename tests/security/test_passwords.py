"""Passwords: which are refused, and how they are kept."""

import argon2
import pytest

from server.security import passwords


@pytest.mark.parametrize(
    "password",
    ["1234567", "12345678", "87654321", "password", "Password1", "woaini520", "qwertyui", "abababab", "11111111",
     "１２３４５６７８", "abcdefgh", "19900000001", "王建国123", "x" * 129],
)  # fmt: skip
def test_weak_passwords_are_refused_with_a_reason(password: str) -> None:
    own = ("王建国", "wang", "19900000001")
    if password == "王建国123":
        assert len(password) < passwords.LEAST
    assert passwords.weakness(password, *own)


@pytest.mark.parametrize("password", ["阳光花园-2026", "correct horse", "wang-lives-in-3-1302", "x7!kdu2p"])
def test_others_are_taken(password: str) -> None:
    assert passwords.weakness(password, "王建国", "wang", "19900000001") is None


async def test_hashes_are_argon2id_salted_and_right_only_for_the_password() -> None:
    one, other = await passwords.make_hash("阳光花园-2026"), await passwords.make_hash("阳光花园-2026")
    assert one.startswith("$argon2id$")
    assert one != other
    assert await passwords.is_right(one, "阳光花园-2026")
    assert await passwords.is_right(one, "阳光花园－２０２６"), "full-width typing is the same password"
    assert not await passwords.is_right(one, "阳光花园-2027")
    assert not await passwords.is_right(None, "nobody")
    assert not await passwords.is_right("garbage", "nobody")


def test_the_real_cost_is_the_one_owasp_names(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    code = "from server.security.passwords import HASHER, NOBODYS; print(HASHER.hash('x'), NOBODYS)"
    run = subprocess.run(
        [sys.executable, "-c", code], env={"NEIYE_PASSWORD_COST": "owasp", "PATH": "/usr/bin"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    real, nobodys = (argon2.extract_parameters(text) for text in run.stdout.split())
    assert (real.memory_cost, real.time_cost, real.parallelism) == (19456, 2, 1)
    assert (nobodys.memory_cost, nobodys.time_cost) == (real.memory_cost, real.time_cost)
