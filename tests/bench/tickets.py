"""How fast the office's board answers at 50,000 tickets.

Times are whole requests at the server (session, queries, page), without compression, one at a time, in milliseconds.
Run with DATABASE_URL set (`neiye bench` sets it).
"""

from typing import Any
from uuid import UUID

import httpx

from server.app import create_app
from server.db import DB, EVERYWHERE, database, execute, fetchval
from server.lib.ids import uuid7
from tests.bench.crowd import fill
from tests.bench.register import clerk_of, timed

TICKETS = 50_000
ROOMS = 4_000
ROUNDS = 40
WANTED = 120  # ms, 95th percentile

REQUESTS = {
    "open, page 1": "/tickets",
    "all, page 1": "/tickets?filter=all",
    "all, page 500": "/tickets?filter=all&page=500",
    "all, last page": "/tickets?filter=all&page=1000",
    "late": "/tickets?filter=late",
    "unassigned": "/tickets?filter=new",
    "waiting": "/tickets?filter=waiting",
    "one building": "/tickets?filter=all&building={building}",
    "one category": "/tickets?filter=all&category=water",
    "one repairman": "/tickets?filter=all&person={person}",
    "search: two characters": "/tickets?filter=all&q=漏水",
    "search: two characters, few": "/tickets?filter=all&q=罕见",
    "search: a name": "/tickets?filter=all&q=王建",
    "search: a number": "/tickets?filter=all&q=-00123",
    "search: two words": "/tickets?filter=all&q=12栋 下水",
    "search: nothing found": "/tickets?filter=all&q=查无此事",
    "workbench": "/",
}

# What people report, and how the tickets of two years stand: all but a few hundred are over.
FILL = """
with occupied as materialized (
    select row_number() over (order by room.sort) - 1 as at, room.id as room_id, building_id, label, person.id as person_id, phone
    from room join occupancy on occupancy.room_id = room.id and role = 'owner' and until is null
    join person on person.id = person_id where room.community_id = $1
)
insert into ticket (id, community_id, number, state, category, level, location, room_id, building_id, place, summary, description,
    reporter_id, assignee_id, contact_phone, reported_at, accepted_at, assigned_at, arrived_at, started_at, finished_at,
    accepted_work_at, closed_at, respond_by, arrive_by, due_at, result, rating, cause, on_phones, version)
select gen_random_uuid(), $1, 'GD-' || to_char(day, 'YYYYMMDD') || '-' || lpad(n::text, 5, '0'), state, category, 'P3', 'private',
    room_id, building_id, label, summary, summary || '，' || label || '，昨天开始的，请尽快来看',
    person_id, case when state = 'submitted' then null else ($2::uuid[])[1 + n % array_length($2::uuid[], 1)] end, phone, day, day + '5 min', day + '9 min', day + '1 h',
    day + '61 min', case when state in ('closed', 'finished') then day + '2 h' end,
    case when state = 'closed' then day + '3 h' end, case when state = 'closed' then day + '3 h' end,
    day + '30 min', day + '1 day', day + '2 days', case when state = 'closed' then '修好了' end,
    case when state = 'closed' then 'good' end, case when state = 'closed' then 'wear' end, state <> 'closed', 6
from (
    select n, home.*, now() - (n * interval '20 minutes') as day,
        case when n > 400 then 'closed' when n % 8 = 0 then 'submitted' when n % 8 < 5 then 'in_progress' when n % 8 = 5 then 'finished' else 'taken' end as state,
        (array['water', 'power', 'signal', 'doors', 'leak', 'heating'])[1 + n % 6] as category,
        (array['厨房水管漏水', '楼道灯不亮', '卫生间下水堵', '门禁卡无法读取', '外墙渗水', '暖气不热', '入户门锁难开', '马桶一直流水'])[1 + n % 8]
            || case when n % 5000 = 7 then '（罕见）' else '' end as summary
    from (select n, n::bigint * 7919 % (select count(*) from occupied) as turn from generate_series(1, $3::int) as n) as numbered
    join occupied as home on home.at = turn
) as made
"""
EVENTS = """
insert into ticket_event (id, community_id, ticket_id, kind, state, actor_name, at)
select gen_random_uuid(), community_id, id, verb, verb, '某人', reported_at + minutes * interval '1 min'
from ticket cross join (values ('report', 0), ('accept', 5), ('dispatch', 9), ('take', 20), ('arrive', 60), ('start', 61), ('finish', 120))
    as step (verb, minutes) where community_id = $1
"""


async def community_with(tickets: int) -> tuple[UUID, dict[str, Any]]:
    """Return a community with that many tickets, and ids to ask with."""
    company = uuid7()
    await execute("insert into company (id, name) values ($1, '大城物业')", company)
    community = await fill(ROOMS, company, "长河花园", f"C{company.hex[-8:]}")
    hands = []
    for number in range(12):
        person = uuid7()
        await execute(
            "insert into person (id, community_id, name, kind) values ($1, $2, $3, 'natural')", person, community, f"工匠{number}"
        )  # fmt: skip
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'repair', '2024-01-01')",
            uuid7(), community, person,
        )  # fmt: skip
        hands.append(person)
    await execute(FILL, community, hands, tickets)
    await execute(EVENTS, community)
    await execute("analyze")
    building = await fetchval("select id from building where community_id = $1 order by sort limit 1", community)
    return UUID(str(community)), {"building": building, "person": hands[0]}


async def run(tickets: int = TICKETS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return the median and 95th percentile of each request, in milliseconds, and of the question an open board asks every 5 s."""
    async with database(max_size=4):
        async with DB.scope(EVERYWHERE):
            community_id, facts = await community_with(tickets)
            token = await clerk_of(community_id)
        transport = httpx.ASGITransport(app=create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies={"sid": token}) as clerk:
            found: dict[str, Any] = {
                what: await timed(clerk, url.format(**facts), rounds) for what, url in REQUESTS.items()
            }
            found["still the same?"] = await asked_again(clerk, rounds)
    found["wanted_p95_at_most"] = WANTED
    found["slowest_p95"] = max(one["p95"] for one in found.values() if isinstance(one, dict))
    return found


async def asked_again(clerk: httpx.AsyncClient, rounds: int) -> dict[str, float]:
    """Return how long the answer takes that nothing has changed."""
    import re
    import time

    page = (await clerk.get("/tickets")).text
    seen = re.search(r'data-version="([^"]*)"', page)
    assert seen
    taken = []
    for _round in range(rounds):
        begun = time.perf_counter()
        await clerk.get("/tickets", headers={"x-seen": seen[1]})
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return {"p50": round(taken[len(taken) // 2], 1), "p95": round(taken[int(len(taken) * 0.95)], 1)}
