"""How fast photos are taken in, end to end, beside a bare `put_object` of the same bytes by as many clients.

End to end: session and token checked, body parsed, photo checked and cleaned, object written and flushed, row written
(the thumbnail is made when somebody first looks).
Run on parts of its own, which are thrown away afterwards: `neiye bench` starts them.
"""

import asyncio
import http.client
import io
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from PIL import Image

from server.config import ROOT
from server.db import DB, EVERYWHERE, database, execute, fetchrow
from server.embedded.processes import free_port
from server.lib.ids import uuid7
from server.security.csrf import mask
from server.security.sessions import open_session, token_hash
from server.storage.objects import ObjectStore, object_store

CLIENTS = 8
SECONDS = 4.0
ROUNDS = 3
BYTES = 300_000
BOUNDARY = "photo-bench"


def small_photo(wanted: int = BYTES) -> bytes:
    """Return a 1600 × 1200 JPEG of about `wanted` bytes, as the phone's script makes it."""
    noise = None
    for side in (8, 32, 128, 512):
        layer = Image.effect_noise((side * 2, side * 3 // 2), 80).resize((1600, 1200), Image.Resampling.BICUBIC)
        noise = layer if noise is None else Image.blend(noise, layer, 0.35)
    assert noise is not None
    turned = noise.transpose(Image.Transpose.ROTATE_180), noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture, data = Image.merge("RGB", (noise, *turned)), b""
    for quality in range(40, 96, 2):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) >= wanted:
            break
    return data


def unlike_any_other(photo: bytes) -> bytes:
    """Return the same picture with other bytes (a comment), so that it is not taken for one sent again."""
    return photo[:2] + b"\xff\xfe\x00\x12" + secrets.token_bytes(16) + photo[2:]


def crowd(seconds: float, work: Callable[[], Callable[[], None]]) -> tuple[float, list[float]]:
    """Let CLIENTS threads repeat what `work()` returns for `seconds`; return how many a second and each one's ms."""
    times: list[float] = []
    failures: list[BaseException] = []
    end = time.perf_counter() + seconds

    def client() -> None:
        try:
            once = work()
            while (begun := time.perf_counter()) < end:
                once()
                times.append((time.perf_counter() - begun) * 1000)
        except BaseException as error:  # noqa: BLE001 - shown to whoever runs the benchmark
            failures.append(error)

    begun = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(times) / (time.perf_counter() - begun), sorted(times)


def bare(store: ObjectStore, photo: bytes) -> Callable[[], Callable[[], None]]:
    """Return a client that puts the bytes as they are."""

    def work() -> Callable[[], None]:
        def once() -> None:
            data = unlike_any_other(photo)
            store.client.put_object(
                store.bucket, f"bench/{secrets.token_hex(16)}", io.BytesIO(data), len(data), "image/jpeg"
            )

        return once

    return work


def uploading(port: int, cookie: str, csrf: str, photo: bytes) -> Callable[[], Callable[[], None]]:
    """Return a client that sends the photo as a page's script does."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    headers = {
        "Cookie": f"sid={cookie}", "X-CSRF-Token": csrf, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Accept": "application/json", "Sec-Fetch-Site": "same-origin",
    }  # fmt: skip

    def work() -> Callable[[], None]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def once() -> None:
            body = head.encode() + unlike_any_other(photo) + f"\r\n--{BOUNDARY}--\r\n".encode()
            line.request("POST", "/photos", body, headers)
            answer = line.getresponse()
            said = answer.read()
            if answer.status != 201:
                raise RuntimeError(f"the server answered {answer.status}: {said[:200]!r}")

        return once

    return work


async def run(workers: int = 2) -> dict[str, Any]:
    """Measure both in turns, ROUNDS times; return the rates of the middle round, their ratio, and our p50/p99 in ms."""
    async with database(max_size=3):
        async with DB.scope(EVERYWHERE):
            made = await make_account()
        await object_store().make_bucket()
        port = free_port()
        server = start_server(port, workers)
        try:
            await until_ready(port)
            rounds = await asyncio.to_thread(take_turns, port, *made[2:])
        finally:
            server.terminate()
            server.wait(20)
    rounds.sort(key=lambda one: one["ratio"])
    middle = rounds[len(rounds) // 2]
    return {
        "clients": CLIENTS,
        "workers": workers,
        **middle,
        "all_ratios": [one["ratio"] for one in rounds],
        "wanted": 0.5,
    }


def take_turns(port: int, cookie: str, csrf: str) -> list[dict[str, Any]]:
    """Run both crowds ROUNDS times, one after the other, after a short warm-up."""
    photo, store = small_photo(), object_store()
    crowd(0.5, bare(store, photo))
    crowd(1.0, uploading(port, cookie, csrf, photo))
    rounds = []
    for _ in range(ROUNDS):
        plain, _times = crowd(SECONDS, bare(store, photo))
        ours, times = crowd(SECONDS, uploading(port, cookie, csrf, photo))
        middle, slow = times[len(times) // 2], times[len(times) * 99 // 100]
        rates = {
            "bare_per_second": round(plain, 1),
            "photos_per_second": round(ours, 1),
            "ratio": round(ours / plain, 3),
        }
        rounds.append({"bytes": len(photo), **rates, "p50_ms": round(middle, 1), "p99_ms": round(slow, 1)})
    return rounds


async def make_account() -> tuple[UUID, UUID, str, str]:
    """Make a company, a community and somebody in it with a session; return both ids, the cookie and the CSRF token."""
    company, community, account = uuid7(), uuid7(), uuid7()
    await execute("insert into company (id, name) values ($1, '测速')", company)
    await execute(
        "insert into community (id, company_id, name, code, label_template) values ($1, $2, '测速', $3, '{room}')",
        community, company, f"T{secrets.token_hex(3)}",
    )  # fmt: skip
    await execute(
        "insert into account (id, company_id, login, name, is_company_admin, locale) values ($1, $2, $3, '测速', true, 'zh-CN')",
        account, company, f"bench-{secrets.token_hex(4)}",
    )  # fmt: skip
    token = await open_session(account, community_id=community, ip="127.0.0.1", user_agent="bench")
    found = await fetchrow("select csrf_secret from session where token_hash = $1", token_hash(token))
    assert found is not None
    return company, account, token, mask(found["csrf_secret"])


def start_server(port: int, workers: int) -> subprocess.Popen[bytes]:
    """Start the application on `port`."""
    words = ["-m", "uvicorn", "server.app:create_app", "--factory", "--port", str(port), "--workers", str(workers),
             "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]  # fmt: skip
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=os.environ.copy())


async def until_ready(port: int) -> None:
    """Return when the server answers; raise TimeoutError after 30 seconds."""
    async with asyncio.timeout(30):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


if __name__ == "__main__":
    print(asyncio.run(run()))
