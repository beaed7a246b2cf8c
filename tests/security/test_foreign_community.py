"""Every role × every route × the ids of another community: none gets through, and nothing there changes.

The routes are walked as the application has them, so a new one is probed without anybody remembering it.
"""

import re

import pytest

from server.db import DB, EVERYWHERE, execute, fetch, fetchval
from server.lib.ids import uuid7
from tests.cast import CHEN, GUAN, LAKE, LI, LIN, QIAN, SHIFU, SUN, SUN_OWNER, WANG, ZHAO, ZHOU, cast_id, room_id

INTRUDERS = (WANG, ZHOU, LI, QIAN, SHIFU, ZHAO, GUAN, CHEN, LIN)
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
SECRET_WORDS = ("孙莉", "孙小宝", "翠湖湾", "19900000202", "翠湖的水管")


async def furnish_the_lake() -> list:
    """Give the rival community one of each thing; return their ids."""
    ids = [
        SUN.person_id, SUN.account_id, SUN_OWNER.person_id, room_id("1栋1单元101", "翠湖湾"),
        cast_id("building 翠湖湾 1"), cast_id("occupancy sunowner 1栋1单元101"), cast_id("post sun manager"),
    ]  # fmt: skip
    ticket, photo, job, vehicle, notification = (uuid7() for _ in range(5))
    await execute(
        "insert into ticket (id, community_id, number, state, category, level, location, place, summary, room_id, reporter_id,"
        " reporter_account_id) values ($1, $2, 'GD-20261101-001', 'submitted', 'water', 'P3', 'private', '1栋1单元101',"
        " '翠湖的水管', $3, $4, $5)",
        ticket,
        LAKE,
        room_id("1栋1单元101", "翠湖湾"),
        SUN_OWNER.person_id,
        SUN_OWNER.account_id,
    )
    await execute(
        "insert into photo (id, community_id, sha256, key, content_type, size, width, height, account_id, entity, entity_id)"
        " values ($1, $2, 'x', 'x', 'image/jpeg', 1, 1, 1, $3, 'ticket', $4)",
        photo,
        LAKE,
        SUN_OWNER.account_id,
        ticket,
    )
    await execute("insert into job (id, community_id, kind, state) values ($1, $2, 'jobs.purge', 'dead')", job, LAKE)
    await execute("insert into vehicle (id, community_id, plate) values ($1, $2, '浙B99999')", vehicle, LAKE)
    await execute(
        "insert into notification (id, community_id, account_id, event) values ($1, $2, $3, 'ticket_reported')",
        notification,
        LAKE,
        SUN.account_id,
    )
    return [*ids, ticket, photo, job, vehicle, notification]


async def state_of_the_lake() -> dict[str, str]:
    """Return a checksum of each table's rows of the rival community."""
    tables = await fetch(
        "select relname from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'community_id'"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'session' order by 1"
    )
    query = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} as t where community_id = $1"
    return {table["relname"]: await fetchval(query.format(table["relname"]), LAKE) for table in tables}


def probes() -> list[tuple[str, str]]:
    """Return (method, path) of every route that takes an id."""
    from server.app import create_app

    found = set()
    for route in create_app().app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.fn.__name__ != "options_handler" and PARAMETER.search(route.path_format):
                found |= {(method, route.path_format) for method in handler.http_methods if method != "OPTIONS"}
    return sorted((str(method), path) for method, path in found)


@pytest.mark.timeout(600)
async def test_nobody_reaches_into_another_community(client_for):
    async with DB.scope(EVERYWHERE):
        ids = await furnish_the_lake()
        before = await state_of_the_lake()
    count, through = 0, []
    for who in INTRUDERS:
        client = await client_for(who)
        for method, path in probes():
            for id_ in ids:
                address = PARAMETER.sub(str(id_), path)
                answer = await client.request(
                    method, address, data={"note": "入侵", "reason": "入侵"} if method != "GET" else None
                )
                count += 1
                body = answer.text if "text" in answer.headers.get("content-type", "") else ""
                if answer.status_code in (200, 201, 204) and any(word in body for word in SECRET_WORDS):
                    through.append((who.name, method, address, answer.status_code))
                if answer.status_code == 500:
                    through.append((who.name, method, address, 500))
    async with DB.scope(EVERYWHERE):
        after = await state_of_the_lake()
    assert through == []
    assert after == before
    assert count >= 200
    print(f"{count} probes, none got through")
