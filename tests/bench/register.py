"""How fast the register answers at 50,000 rooms.

Times are whole requests at the server (session, queries, page), without compression, one at a time, in milliseconds.
Run with DATABASE_URL set (`neiye bench` sets it).
"""

import statistics
import time
from typing import Any
from uuid import UUID

import httpx

from server.app import create_app
from server.db import DB, EVERYWHERE, database, execute, fetchrow, fetchval
from server.lib.ids import uuid7
from server.security.sessions import open_session
from tests.bench.crowd import fill

NAME = "大海花园"
ROUNDS = 40
REQUESTS = {
    "page 1": "/rooms",
    "page 500": "/rooms?page=500",
    "last page": "/rooms?page=1000",
    "sorted by area": "/rooms?sort=-area",
    "filter: vacant": "/rooms?vacancy=vacant",
    "filter: one building": "/rooms?building={building}",
    "search: two characters of a name": "/rooms?q=王建",
    "search: one character": "/rooms?q=沈",
    "search: whole phone": "/rooms?q={phone}",
    "search: end of a phone": "/rooms?q={tail}",
    "search: room": "/rooms?q=37-1-1203",
    "search: plate": "/rooms?q=浙A0123",
    "search: two words": "/rooms?q=李 12栋",
    "search: nothing found": "/rooms?q=查无此人",
    "search box (rooms, people, tickets)": "/search?q=王建国",
    "a household's file": "/rooms/{room}",
    "buildings": "/buildings",
}


async def community_of(rooms: int) -> UUID:
    """Return the community to measure, made if it is not there."""
    found = await fetchval(
        "select community.id from community where name = $1 and (select count(*) from room where community_id = community.id) = $2",
        NAME, rooms,
    )  # fmt: skip
    if found is None:
        company = uuid7()
        await execute("insert into company (id, name) values ($1, '大城物业')", company)
        found = await fill(rooms, company, NAME, f"D{company.hex[-8:]}")
        await execute("analyze")
    return UUID(str(found))


async def clerk_of(community_id: UUID) -> str:
    """Return the session token of a clerk of that community."""
    account, person = uuid7(), uuid7()
    company = await fetchval("select company_id from community where id = $1", community_id)
    await execute(
        "insert into account (id, company_id, login, name, locale) values ($1, $2, $3, '量一量', 'zh-CN')",
        account, company, f"bench-{account.hex[-8:]}",
    )  # fmt: skip
    await execute(
        "insert into person (id, community_id, account_id, name, kind) values ($1, $2, $3, '量一量', 'natural')",
        person, community_id, account,
    )  # fmt: skip
    await execute(
        "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'clerk', '2024-01-01')",
        uuid7(), community_id, person,
    )  # fmt: skip
    return await open_session(account, community_id=community_id, ip="127.0.0.1", user_agent="bench")


async def run(rooms: int = 50_000, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return the median and 95th percentile of each request, in milliseconds."""
    async with database(max_size=4):
        async with DB.scope(EVERYWHERE):
            community_id = await community_of(rooms)
            token = await clerk_of(community_id)
            some = await fetchrow(
                "select room.id, room.building_id, person.phone from room join occupancy on occupancy.room_id = room.id"
                " join person on person.id = occupancy.person_id where room.community_id = $1 limit 1", community_id,
            )  # fmt: skip
        facts = {
            "building": some["building_id"],
            "room": some["id"],
            "phone": some["phone"],
            "tail": some["phone"][-4:],
        }
        transport = httpx.ASGITransport(app=create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies={"sid": token}) as clerk:
            return {what: await timed(clerk, url.format(**facts), rounds) for what, url in REQUESTS.items()}


async def timed(clerk: httpx.AsyncClient, url: str, rounds: int) -> dict[str, float]:
    """Return how long `url` takes."""
    taken = []
    for _round in range(rounds + 3):
        start = time.perf_counter()
        answer = await clerk.get(url, headers={"accept-encoding": "identity"})
        taken.append((time.perf_counter() - start) * 1000)
        assert answer.status_code in (200, 303), (url, answer.status_code)
    taken = sorted(taken[3:])
    return {"p50": round(statistics.median(taken), 1), "p95": round(taken[int(len(taken) * 0.95)], 1)}
