"""Who sends photos in tests, and how."""

import hashlib
from typing import Any

import httpx

from server.security.actor import Actor
from tests.cast import COMMUNITIES, Character


def actor(who: Character) -> Actor:
    """Return the actor that `who` is when signed in."""
    return Actor(account_id=who.account_id, name=who.name, community_id=COMMUNITIES[who.community])


async def send(client: httpx.AsyncClient, *pictures: bytes, **told: str) -> httpx.Response:
    """Upload `pictures` as a page's script does."""
    files = [("photos", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(pictures)]
    return await client.post("/photos", files=files, data=told, headers={"accept": "application/json"})


async def uploaded(client: httpx.AsyncClient, picture: bytes, **told: str) -> dict[str, Any]:
    """Upload one picture; return what the server says of it."""
    answer = await send(client, picture, sha256=hashlib.sha256(picture).hexdigest(), **told)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["photos"][0]
    return found
