"""People with phones: they sign in over HTTP, send photos and note what the server promised them."""

import asyncio
import hashlib
import io
import os
import re
from collections import Counter
from dataclasses import dataclass
from uuid import uuid4

import argon2
import httpx
from PIL import Image

from server.db import DB, EVERYWHERE, database, transaction
from tests.cast import PASSWORD, Character
from tests.support.casting import put_on_stage

PATIENCE = 10.0
"""Seconds after which a phone of these tests gives an answer up."""


async def settle(database_url: str) -> None:
    """Put the cast into the database of a fresh instance."""
    password = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    async with database(database_url, max_size=1), DB.scope(EVERYWHERE), transaction():
        await put_on_stage(password)


def jpeg() -> bytes:
    """Return a photo that nobody has taken before."""
    out = io.BytesIO()
    Image.frombytes("L", (64, 48), os.urandom(64 * 48)).resize((640, 480)).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


@dataclass
class Promised:
    """A photo the server said it has. `served`: the SHA-256 of what it first showed of it, or None if it has not yet."""

    id: str
    url: str
    served: str | None = None


class Phone:
    """The phone of `who`, signed in at the address `url`."""

    def __init__(self, url: str, login: str, password: str = PASSWORD) -> None:
        self.login, self.password = login, password
        self.http = httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers={"accept": "application/json"})
        self.promised: list[Promised] = []
        self.answers: Counter[str] = Counter()

    async def sign_in(self) -> None:
        """Sign in as a person does, and take the token from the page that follows."""
        answer = await self.http.post("/sign-in", data={"login": self.login, "password": self.password})
        assert answer.status_code == 303, answer.text
        home = await self.http.get("/", headers={"accept": "text/html"}, follow_redirects=True)
        assert home.status_code == 200, home.text
        found = re.search(r'"x-csrf-token": "([0-9a-f]+)"', home.text)
        assert found is not None
        self.http.headers["x-csrf-token"] = found[1]

    async def send(self, picture: bytes, id_: str) -> httpx.Response | None:
        """Send one photo; return the answer, or None when there was none."""
        told = {"id": id_, "sha256": hashlib.sha256(picture).hexdigest()}
        try:
            answer = await self.http.post("/photos", data=told, files={"photos": ("photo.jpg", picture, "image/jpeg")})
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1
            return None
        self.answers[str(answer.status_code)] += 1
        return answer

    async def look(self, photo: Promised) -> str | None:
        """Return the SHA-256 of the photo as it is shown now, or None when it is not."""
        try:
            answer = await self.http.get(photo.url)
        except httpx.HTTPError:
            return None
        return hashlib.sha256(answer.content).hexdigest() if answer.status_code == 200 else None

    async def send_until(self, enough: asyncio.Event) -> None:
        """Send one photo after another, each again until it is taken; look at each once at once."""
        while not enough.is_set():
            picture, id_ = jpeg(), str(uuid4())
            while not enough.is_set():
                answer = await self.send(picture, id_)
                if answer is not None and answer.is_success:
                    photo = Promised(id_, answer.json()["photos"][0]["url"])
                    assert answer.json()["photos"][0]["id"] == id_
                    self.promised.append(photo)
                    photo.served = await self.look(photo)
                    break
                await asyncio.sleep(0.1)


async def phone_of(url: str, who: Character) -> Phone:
    """Return the phone of `who`, signed in."""
    phone = Phone(url, who.login or who.phone)
    await phone.sign_in()
    return phone
