"""Fixtures of sync: the test feature, and phones in people's hands. What needs the settings is imported late, as everywhere."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.cast import Character

if TYPE_CHECKING:
    from tests.support.phones import Phone

PhoneFor = Callable[[Character], "Awaitable[Phone]"]


@pytest.fixture
async def things(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the feature known, and its table, for one test."""
    from tests.support.things import install

    await install(monkeypatch)


@pytest.fixture
def phone_for(things: None, client_for: Callable[[Character], Any]) -> PhoneFor:
    """Return `await phone_for(ZHAO)`: a phone on which that person is signed in."""
    from tests.support.phones import Phone

    async def phone_of(who: Character) -> Phone:
        return Phone(await client_for(who), who)

    return phone_of
