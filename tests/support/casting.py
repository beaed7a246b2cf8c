"""Puts the cast into an empty database."""

import re

from server.db import execute
from tests.cast import COMMUNITIES, COMPANY, EVERYBODY, LONG_AGO, ROOMS, Character, cast_id, room_id


async def put_on_stage(password_hash: str) -> None:
    """Insert the company, both communities, their rooms, and everybody with the same password."""
    await execute("insert into company (id, name) values ($1, '明日物业')", COMPANY)
    for name, id_ in COMMUNITIES.items():
        await execute(
            "insert into community (id, company_id, name, code, label_template) values ($1, $2, $3, $4, $5)",
            id_,
            COMPANY,
            name,
            {"阳光花园": "YG", "翠湖湾": "CH"}[name],
            "{building}栋{stairwell}单元{room}",
        )
        # Whether an ordinary repair is asked about afterwards is a matter of lots: the tests that draw them say how many.
        await execute("insert into ticket_rules (id, community_id, follow_up_percent) values ($1, $1, 0)", id_)
        await _build(name)
    for one in EVERYBODY:
        await _cast(one, password_hash)


async def _build(community: str) -> None:
    """Insert a community's buildings, stairwells and rooms."""
    for label in ROOMS[community]:
        found = re.fullmatch(r"(\d+)栋(\d+)单元(\d+)", label)
        building, stairwell, number = found.groups() if found else ("S", None, label.removeprefix("商铺"))
        building_id = cast_id(f"building {community} {building}")
        stairwell_id = cast_id(f"stairwell {community} {building} {stairwell}") if stairwell else None
        await execute(
            "insert into building (id, community_id, code, name, sort) values ($1, $2, $3, $4, $5) on conflict do nothing",
            building_id,
            COMMUNITIES[community],
            building,
            f"{building}栋" if stairwell else "商铺",
            int(building) if found else 99,
        )
        if stairwell:
            await execute(
                "insert into stairwell (id, community_id, building_id, code, sort) values ($1, $2, $3, $4, $5)"
                " on conflict do nothing",
                stairwell_id,
                COMMUNITIES[community],
                building_id,
                stairwell,
                int(stairwell),
            )
        code = f"{building:0>2}-{stairwell:0>2}-{number:0>4}" if stairwell else f"S-{number}"
        await execute(
            "insert into room (id, community_id, building_id, stairwell_id, code, number, label, sort, floor, kind,"
            " gross_area, vacancy) values ($1, $2, $3, $4, $5, $6, $7, $5, $8, $9, $10::text::numeric, 'occupied')",
            room_id(label, community),
            COMMUNITIES[community],
            building_id,
            stairwell_id,
            code,
            number,
            label,
            int(number[:-2]) if found else 1,
            "home" if found else "shop",
            "89.37" if found else "60.03",
        )


async def _cast(one: Character, password_hash: str) -> None:
    """Insert one person with a login, posts and rooms."""
    await execute(
        "insert into account (id, company_id, login, phone, name, password_hash, is_company_admin, locale)"
        " values ($1, $2, $3, $4, $5, $6, $7, 'zh-CN')",
        one.account_id,
        COMPANY if one.posts or one.company_admin else None,
        one.login,
        one.phone,
        one.name,
        password_hash,
        one.company_admin,
    )
    community_id = COMMUNITIES[one.community]
    await execute(
        "insert into person (id, community_id, account_id, name, kind, phone) values ($1, $2, $3, $4, 'natural', $5)",
        one.person_id,
        community_id,
        one.account_id,
        one.name,
        one.phone,
    )
    for post in one.posts:
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, $4, $5)",
            cast_id(f"post {one.key} {post}"),
            community_id,
            one.person_id,
            post,
            LONG_AGO,
        )
    for label, role in one.rooms:
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role, since) values ($1, $2, $3, $4, $5, $6)",
            cast_id(f"occupancy {one.key} {label}"),
            community_id,
            room_id(label, one.community),
            one.person_id,
            role,
            LONG_AGO,
        )
