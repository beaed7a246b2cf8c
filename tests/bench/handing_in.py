"""Twenty phones hand in 500 operations and 100 photos at once; beside it two twins that know nothing of operations.

`storing` (tests/bench/twins/storing.py) answers the same phones from as many processes and only keeps what it gets, as durably as we do: a row for
each operation, a transaction for each push, an object on the disk and a row for each photo. `bare` is no server: threads that put the
photos' bytes to the store without a flush, without rows and without the operations, so it promises nothing.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import httpx

from server.config import ROOT
from server.db import DB, EVERYWHERE, execute, fetch, fetchval
from server.embedded.processes import free_port
from server.lib.ids import uuid7
from server.security.csrf import mask
from server.security.sessions import open_session, token_hash
from server.storage.objects import object_store
from tests.bench.photos import bare, small_photo, unlike_any_other, until_ready
from tests.bench.twins.storing import TABLES
from tests.cast import SUNSHINE, ZHAO

PHONES = 20
OPS = 25
PHOTOS = 5
ROUNDS = 5


class Phone:
    """One phone with its work: operations that make cards, of which some have a photo."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], picture: bytes) -> None:
        self.client, self.headers, self.device = client, headers, str(uuid4())
        self.answers: Counter[str] = Counter()
        self.photos = [unlike_any_other(picture) for _ in range(PHOTOS)]
        self.named = [
            {"id": str(uuid7()), "sha256": hashlib.sha256(one).hexdigest(), "size": len(one), "role": "item"}
            for one in self.photos
        ]
        self.ops = [self.op(number) for number in range(OPS)]

    def op(self, number: int) -> dict[str, Any]:
        """Return operation `number`."""
        op = {
            "id": str(uuid7()), "seq": number + 1, "type": "card.make", "version": 1, "entity": str(uuid7()), "base": 0, "args": {"name": "水泵房 压力表 0.42"},
            "photos": self.named[number : number + 1], "deps": [], "made_at": int(time.time() * 1000), "offset": 0, "community": str(SUNSHINE),
        }  # fmt: skip
        return op | {
            "hash": hashlib.sha256(
                json.dumps(op, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            ).hexdigest()
        }

    async def drain(self) -> None:
        """Hand everything in: operations first, then photos."""
        body = {
            "device": self.device,
            "user": str(ZHAO.account_id),
            "now": int(time.time() * 1000),
            "next_seq": OPS + 1,
            "token": False,
            "ops": self.ops,
        }
        answer = await self.client.post("/sync/push", json=body, headers=self.headers)
        self.answers.update([str(answer.status_code)])
        self.answers.update(one["outcome"] for one in answer.json()["results"])
        for name, data in zip(self.named, self.photos, strict=True):
            await self.send(f"/sync/blobs/{name['sha256']}?photo={name['id']}", data)

    async def send(self, path: str, data: bytes) -> None:
        """Send a photo as the client does one of this size, the first time: whole."""
        more = {"upload-offset": "0", "upload-complete": "?1", "content-type": "application/partial-upload"}
        answer = await self.client.patch(path, content=data, headers=self.headers | more)
        self.answers.update([f"photo {answer.status_code}"])
        answer.raise_for_status()


class Twin(Phone):
    """The same phone before the twin that only stores."""

    async def send(self, path: str, data: bytes) -> None:
        """Send a photo."""
        answer = await self.client.put(path, content=data, headers=self.headers | {"content-type": "image/jpeg"})
        self.answers.update([f"photo {answer.status_code}"])
        answer.raise_for_status()


async def measure() -> dict[str, Any]:
    """Measure on the open database, in which the cards' tables are; return the middle seconds, and ours through those of each twin."""
    await object_store().make_bucket()
    async with DB.scope(EVERYWHERE):
        await execute(TABLES)
        token = await open_session(ZHAO.account_id, community_id=SUNSHINE, ip="127.0.0.1", user_agent="bench")
        secret = await fetchval("select csrf_secret from session where token_hash = $1", token_hash(token))
    headers = {
        "cookie": f"sid={token}",
        "x-csrf-token": mask(secret),
        "sec-fetch-site": "same-origin",
        "accept": "application/json",
    }
    picture = small_photo()
    with serving("tests.bench.twins.cards:create") as ours, serving("tests.bench.twins.storing:create") as twin:
        await until_ready(ours)
        await until_ready(twin)
        rounds = [await one_round(ours, twin, headers, picture) for _ in range(ROUNDS)]
    return told(rounds, len(picture))


def told(rounds: list[dict[str, Any]], photo_bytes: int) -> dict[str, Any]:
    """Return the figures of all rounds: the middle seconds of each, and the middle of the rounds' ratios."""
    seconds = {name: round(median(one[name] for one in rounds), 2) for name in ("ours", "storing", "bare")}
    ratios = {name: sorted(round(one["ours"] / one[name], 2) for one in rounds) for name in ("storing", "bare")}
    return {
        "phones": PHONES, "operations": PHONES * OPS, "photos": PHONES * PHOTOS, "photo_bytes": photo_bytes,
        "answers": rounds[-1]["answers"], "rounds": len(rounds),
        "seconds": seconds["ours"],
        "storing_seconds": seconds["storing"], "ratio_to_storing": median(ratios["storing"]), "ratios_to_storing": ratios["storing"],
        "bare_seconds": seconds["bare"], "ratio_to_bare": median(ratios["bare"]),
        "storing": "the same requests over HTTP, each operation a row, each photo an object on the disk and a row; no rules, no effects",
        "bare": "the photos' bytes put to the store by threads, not flushed; no operations, no rows",
        "wanted_ratio_to_storing_at_most": 2.0,
    }  # fmt: skip


@contextmanager
def serving(application: str) -> Iterator[int]:
    """Serve an application from two processes; yield its port."""
    port = free_port()
    words = ["-m", "uvicorn", application, "--factory", "--port", str(port), "--workers", "2", "--timeout-worker-healthcheck", "60",
             "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]  # fmt: skip
    server = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=os.environ.copy())
    try:
        yield port
    finally:
        server.terminate()
        server.wait(20)


async def one_round(ours: int, twin: int, headers: dict[str, str], picture: bytes) -> dict[str, Any]:
    """Measure the bare bytes, the twin that stores, then us."""
    plain = await asyncio.to_thread(at_once, bare(object_store(), picture))
    stored, _twins = await handed_in(twin, Twin, {}, picture)
    seconds, phones = await handed_in(ours, Phone, headers, picture)
    await check(phones)
    answers = sum((phone.answers for phone in phones), Counter[str]())
    return {"ours": seconds, "storing": stored, "bare": plain, "answers": dict(answers)}


async def handed_in(port: int, kind: type[Phone], headers: dict[str, str], picture: bytes) -> tuple[float, list[Phone]]:
    """Let PHONES phones hand in at once; return the seconds that took, and the phones."""
    limits = httpx.Limits(max_connections=PHONES)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, limits=limits) as client:
        await asyncio.gather(*(client.get("/healthz") for _ in range(PHONES)))
        phones = [kind(client, headers, picture) for _ in range(PHONES)]
        begun = time.perf_counter()
        await asyncio.gather(*(phone.drain() for phone in phones))
        return time.perf_counter() - begun, phones


def at_once(work: Callable[[], Callable[[], None]]) -> float:
    """Let PHONES threads put PHOTOS photos each; return how many seconds that took."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(PHONES) as pool:
        for one in [pool.submit(lambda: [once() for once in [work()] for _ in range(PHOTOS)]) for _ in range(PHONES)]:
            one.result()
    return time.perf_counter() - begun


async def check(phones: list[Phone]) -> None:
    """Raise RuntimeError unless everything has arrived once."""
    ids = [UUID(op["id"]) for phone in phones for op in phone.ops]
    photos = [UUID(one["id"]) for phone in phones for one in phone.named]
    async with DB.scope(EVERYWHERE):
        effects = await fetchval("select count(*) from chaos_effect where op_id = any ($1::uuid[])", ids)
        whole = await fetch("select id from photo where id = any ($1::uuid[]) and size > 0", photos)
    if (effects, len(whole)) != (len(ids), len(photos)):
        raise RuntimeError(
            f"{effects} of {len(ids)} operations took effect, {len(whole)} of {len(photos)} photos are there"
        )
