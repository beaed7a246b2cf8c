"""A storm: a hundred owners report at once, each with a photo; and how soon the clerk's open board shows the last of them.

Against two server processes on this machine. Times are those of the owners' whole requests (photo stored, ticket made), in milliseconds.
"""

import asyncio
import re
import time
from collections import Counter
from typing import Any
from uuid import UUID

import httpx

from server.db import DB, EVERYWHERE, database, execute, fetch, fetchval
from server.embedded.processes import free_port
from server.lib.ids import uuid7
from server.security.csrf import mask
from server.security.sessions import open_session, token_hash
from server.storage.objects import object_store
from tests.bench.crowd import fill
from tests.bench.photos import small_photo, start_server, unlike_any_other, until_ready
from tests.bench.register import clerk_of

OWNERS = 100
WARM = 20
"""How many more report in the quarter of an hour before."""

ROOMS = 400
WANTED = 1500  # ms, 95th percentile
LOOKS = 0.5  # seconds between two questions of the open board here; a page asks every 5 s

PEOPLE = """select person.id, person.name, room.id as room_id from room join occupancy on occupancy.room_id = room.id
    and role = 'owner' and until is null join person on person.id = person_id
    where room.community_id = $1 order by room.sort limit $2"""


async def owners_of(community: UUID, company: UUID) -> list[tuple[str, str, UUID]]:
    """Return cookie, CSRF token and room of OWNERS owners, who get accounts."""
    found = []
    for person in await fetch(PEOPLE, community, OWNERS + WARM):
        account = uuid7()
        await execute(
            "insert into account (id, company_id, login, name, locale) values ($1, $2, $3, $4, 'zh-CN')",
            account, company, f"storm-{account.hex[-8:]}", person["name"],
        )  # fmt: skip
        await execute("update person set account_id = $2 where id = $1", person["id"], account)
        token = await open_session(account, community_id=community, ip="127.0.0.1", user_agent="bench")
        secret = await fetchval("select csrf_secret from session where token_hash = $1", token_hash(token))
        found.append((token, mask(secret), person["room_id"]))
    return found


def request_of(port: int, owner: tuple[str, str, UUID], photo: bytes) -> bytes:
    """Return one owner's report with its photo, as it goes over the line."""
    cookie, csrf, room = owner
    fields = {"id": str(uuid7()), "category": "leak", "room_id": str(room), "text": "暴雨，窗边漏水，墙面湿了一大片"}
    edge = "----storm"
    parts = [
        f'--{edge}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{edge}\r\ncontent-disposition: form-data; name="photos"; filename="p.jpg"\r\ncontent-type: image/jpeg\r\n\r\n'
    body = b"".join([*parts, head.encode(), unlike_any_other(photo), f"\r\n--{edge}--\r\n".encode()])
    lines = (
        "POST /tickets HTTP/1.1", f"host: localhost:{port}", f"cookie: sid={cookie}", f"x-csrf-token: {csrf}", "sec-fetch-site: same-origin",
        f"content-type: multipart/form-data; boundary={edge}", f"content-length: {len(body)}", "connection: close",
    )  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


async def report(port: int, request: bytes) -> tuple[int, float]:
    """Send a report; return the status and the time from the connection to the answer's end."""
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), (time.perf_counter() - begun) * 1000


async def until_shown(client: httpx.AsyncClient, cookie: str, wanted: int) -> float:
    """Return how many seconds it takes until the board counts `wanted` reports."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < 30:
        page = (await client.get("/tickets?filter=new", headers={"cookie": f"sid={cookie}"})).text
        counted = re.search(r"共\s*(\d+)\s*条", page)
        if counted and int(counted[1]) >= wanted:
            break
        await asyncio.sleep(LOOKS)
    return round(time.perf_counter() - begun, 2)


async def run() -> dict[str, Any]:
    """Return what the storm did."""
    async with database(max_size=3):
        company = uuid7()
        async with DB.scope(EVERYWHERE):
            await execute("insert into company (id, name) values ($1, '暴雨物业')", company)
            community = await fill(ROOMS, company, "暴雨花园", f"B{company.hex[-8:]}")
            owners, clerk = await owners_of(community, company), await clerk_of(community)
        await object_store().make_bucket()
        port, photo = free_port(), small_photo()
        server = start_server(port, 2)
        try:
            await until_ready(port)
            found = await storm(port, owners, clerk, photo)
        finally:
            server.terminate()
            server.wait(20)
        async with DB.scope(EVERYWHERE):
            found["tickets"] = await fetchval("select count(*) from ticket where community_id = $1", community)
            found["numbers_without_gaps"] = found["tickets"] == await fetchval(
                "select max(right(number, 3)::int) from ticket where community_id = $1", community
            )
    return found


async def storm(port: int, owners: list[tuple[str, str, UUID]], clerk: str, photo: bytes) -> dict[str, Any]:
    """Let everybody report at once, to a server that has been at work for a while; return the figures."""
    early, rest = owners[:WARM], owners[WARM:]
    async with httpx.AsyncClient(base_url=f"http://localhost:{port}", timeout=30) as client:
        for _warm in range(3):
            await asyncio.gather(*(report(port, request_of(port, owner, photo)) for owner in early))
            await client.get("/tickets", headers={"cookie": f"sid={clerk}"})
        requests = [request_of(port, owner, photo) for owner in rest]
        answers = await asyncio.gather(*(report(port, one) for one in requests))
        shown = await until_shown(client, clerk, len(rest) + 3 * len(early))
    times = sorted(took for _status, took in answers)
    return {
        "owners": len(answers), "photo_bytes": len(photo), "answers": dict(Counter(status for status, _took in answers)),
        "errors": sum(status != 303 for status, _took in answers),
        "p50": round(times[len(times) // 2], 1), "p95": round(times[int(len(times) * 0.95)], 1), "wanted_p95_at_most": WANTED,
        "board_shows_all_after_s": shown,
    }  # fmt: skip
