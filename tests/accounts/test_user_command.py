"""`neiye user` on the database of the test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from server.commands import user as command
from server.embedded.trouble import Trouble
from tests.cast import PASSWORD


@pytest.fixture
def run(db: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return `await run("create", ...)`: the command's outcome, in the loop of the test."""

    @contextmanager
    def nothing(_data: Any) -> Iterator[None]:
        yield

    monkeypatch.setattr(command, "running", nothing)
    works: list[Any] = []
    monkeypatch.setattr(
        command, "_run", lambda work: works.append(work) or ([] if "roles" in work.__name__ else "shown")
    )

    async def go(*words: str) -> Any:
        from server.db import DB, EVERYWHERE

        works.clear()
        result = CliRunner().invoke(command.user, words)
        if result.exception and not works:
            raise result.exception
        async with DB.scope(EVERYWHERE):
            return await works[0]

    return go


async def test_the_first_administrator_signs_in_with_the_printed_password(run: Any, visitor: httpx.AsyncClient) -> None:
    password = await run("create", "fang", "--name", "方总", "--company-admin")
    answer = await visitor.post("/sign-in", data={"login": "fang", "password": password})
    assert answer.status_code == 303
    assert (await visitor.get("/staff")).headers["location"].startswith("/me/password")


async def test_posts_are_given_and_ended(run: Any) -> None:
    await run("create", "dong", "--name", "董师傅", "--community", "阳光花园", "--post", "repair")
    held = await run("roles", "dong", "--community", "阳光花园", "--add", "patrol", "--end", "repair")
    assert {(one["post"], bool(one["until"])) for one in held} == {("repair", True), ("patrol", False)}
    assert all(one["community"] == "阳光花园" for one in held)


async def test_a_reset_ends_sessions_and_the_old_password(
    run: Any, visitor: httpx.AsyncClient, client_for: Any
) -> None:
    from tests.cast import WANG

    wang = await client_for(WANG)
    password = await run("reset", "wang", "--second-factor")
    assert (await wang.get("/me")).status_code == 303
    assert (await visitor.post("/sign-in", data={"login": "wang", "password": PASSWORD})).status_code == 422
    assert (await visitor.post("/sign-in", data={"login": "wang", "password": password})).status_code == 303


async def test_mistakes_are_sentences(run: Any) -> None:
    for words in (
        ("create", "wang", "--name", "王"),
        ("create", "12345", "--name", "王"),
        ("create", "new", "--name", "王", "--post", "repair"),
        ("create", "new", "--name", "王", "--post", "repair", "--community", "没有的"),
        ("reset", "nobody"),
        ("roles", "wang", "--community", "阳光花园", "--end", "patrol"),
        ("roles", "wang", "--community", "阳光花园", "--add", "manager"),
    ):
        with pytest.raises(Trouble):
            await run(*words)


def test_what_is_printed_can_be_read_by_programs(capsys: pytest.CaptureFixture[str]) -> None:
    command._tell({"login": "wang", "password": "ACDEF34679"}, True)
    assert json.loads(capsys.readouterr().out) == {"login": "wang", "password": "ACDEF34679"}
