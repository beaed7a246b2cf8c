"""Fills an empty database with the demonstration, in one transaction, and its photos into S3."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

from server.audit import record
from server.db import DB, EVERYWHERE, execute, transaction
from server.demo.cast import OWNER, PASSWORD, STAFF, TENANT, Worker
from server.demo.complaints import write_complaints
from server.demo.followups import write_follow_ups
from server.demo.hazards import write_hazards
from server.demo.history import write_history
from server.demo.homes import TEMPLATE, Stock, build
from server.demo.labels import write_labels
from server.demo.meters import write_meters
from server.demo.patrols import write_patrols
from server.demo.people import settle
from server.demo.phones import write_phones
from server.demo.prices import write_prices
from server.demo.reception import write_reception
from server.demo.repairs import write_repairs
from server.demo.reports import write_reports
from server.demo.rows import insert_all
from server.lib.formats import today
from server.lib.ids import uuid7
from server.lib.pooling import Connection
from server.security.actor import SYSTEM
from server.security.passwords import make_hash

SEED = 2026
ROOM_COLUMNS = (
    "id", "community_id", "building_id", "stairwell_id", "code", "number", "label", "sort", "floor", "kind", "gross_area",
    "net_area", "vacancy", "handover_on",
)  # fmt: skip


async def fill() -> None:
    """Fill an empty database. Raise an error of PostgreSQL, and change nothing, when it is not empty."""
    random = Random(SEED)
    password = await make_hash(PASSWORD)
    async with DB.scope(EVERYWHERE), transaction() as lent:
        await lent.execute("set local neiye.search_paused = 'on'")
        company_id, community_id = await found_company(lent)
        stock = build(community_id, random)
        await put_up(lent, stock)
        await move_in(lent, community_id, stock, random, password)
        await employ(company_id, community_id, password, random)
        await second_community(company_id, password)
        await lent.execute("select refresh_room_search(array(select id from room))")
        await record(SYSTEM, "community.create", community_id=community_id, entity="community", entity_id=community_id)
    async with DB.scope(EVERYWHERE):
        await write_prices(community_id)
        await write_history(community_id, random)
        await write_follow_ups(community_id, random)
        await write_repairs(community_id, random)
        await write_complaints(community_id, random)
        await write_hazards(community_id, random)
        await write_patrols(community_id, random)
        await write_meters(community_id, random)
        await write_phones(community_id)
        await write_reception(community_id, random)
        await write_labels(community_id)
        await execute("analyze")
        await write_reports(community_id)


async def found_company(lent: Connection) -> tuple[UUID, UUID]:
    """Insert the company, its administrator's login comes later; return the ids of company and community."""
    company_id, community_id = uuid7(), uuid7()
    await lent.execute("insert into company (id, name) values ($1, '明日物业服务有限公司')", company_id)
    await lent.execute(
        "insert into community (id, company_id, name, code, city_code, address, phone, label_template)"
        " values ($1, $2, '阳光花园', 'YG', '330100', '向阳路 18 号', '0571-0000 0018', $3)",
        community_id,
        company_id,
        TEMPLATE,
    )
    return company_id, community_id


async def put_up(lent: Connection, stock: Stock) -> None:
    """Insert buildings, stairwells, rooms and spaces."""
    building = ["id", "community_id", "code", "name", "sort", "floors_above", "floors_below"]
    await insert_all(lent, "building", building, stock.buildings)
    await insert_all(
        lent, "stairwell", ["id", "community_id", "building_id", "code", "sort", "has_lift"], stock.stairwells
    )


async def move_in(lent: Connection, community_id: UUID, stock: Stock, random: Random, password: str) -> None:
    """Insert the rooms, then everybody who owns or lives in them, with their cars; the two who sign in get a login."""
    census = settle(community_id, stock, random)
    await insert_all(lent, "room", ROOM_COLUMNS, [tuple(room[name] for name in ROOM_COLUMNS) for room in stock.rooms])
    await insert_all(lent, "space", ["id", "community_id", "code", "zone", "ownership", "room_id"], stock.spaces)
    await insert_all(lent, "person", ["id", "community_id", "name", "kind", "phone"], census.persons)
    occupancy = ["id", "community_id", "room_id", "person_id", "role", "since", "until", "ended_why"]
    await insert_all(lent, "occupancy", occupancy, census.occupancies)
    await insert_all(lent, "vehicle", ["id", "community_id", "plate", "person_id", "room_id", "since"], census.vehicles)
    for name, phone, *_home in (OWNER, TENANT):
        account_id = await open_account(name, None, phone, password)
        await lent.execute("update person set account_id = $1 where phone = $2", account_id, phone)


async def open_account(
    name: str, login: str | None, phone: str, password: str, company_id: UUID | None = None, *, admin: bool = False
) -> UUID:
    """Insert a login and return its id."""
    id_ = uuid7()
    await execute(
        "insert into account (id, company_id, login, phone, name, password_hash, is_company_admin, locale)"
        " values ($1, $2, $3, $4, $5, $6, $7, 'zh-CN')",
        id_,
        company_id,
        login,
        phone,
        name,
        password,
        admin,
    )
    return id_


async def employ(company_id: UUID, community_id: UUID, password: str, random: Random) -> None:
    """Insert the staff with posts and certificates, some of which run out soon, and the company's administrator."""
    for number, worker in enumerate(STAFF, start=1):
        phone = f"1990000{number:04d}"
        account_id = (
            await open_account(worker.name, worker.login, phone, password, company_id) if worker.login else None
        )
        await hire(worker, account_id, phone, community_id, random)
    await open_account("方远", "admin", "19900000099", password, company_id, admin=True)


async def hire(worker: Worker, account_id: UUID | None, phone: str, community_id: UUID, random: Random) -> None:
    """Insert one member of staff."""
    person_id = uuid7()
    await execute(
        "insert into person (id, community_id, account_id, name, kind, phone) values ($1, $2, $3, $4, 'natural', $5)",
        person_id,
        community_id,
        account_id,
        worker.name,
        phone,
    )
    for post in worker.posts:
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, $4, $5)",
            uuid7(),
            community_id,
            person_id,
            post,
            date(2022, 1, 1) + timedelta(days=random.randrange(900)),
        )
    for kind in worker.certificates:
        expires = today() + timedelta(days=random.choice((12, 25, 200, 400, 700)))
        await execute(
            "insert into certificate (id, community_id, person_id, kind, number, issued_on, expires_on)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            uuid7(),
            community_id,
            person_id,
            kind,
            f"样本{random.randrange(100000, 999999)}",
            expires - timedelta(days=3 * 365),
            expires,
        )


async def second_community(company_id: UUID, password: str) -> None:
    """Insert a second, small community where the clerk works as well, so that switching can be tried."""
    community_id, building_id, stairwell_id = uuid7(), uuid7(), uuid7()
    await execute(
        "insert into community (id, company_id, name, code, city_code, address, label_template)"
        " values ($1, $2, '翠湖湾', 'CH', '330100', '湖滨巷 6 号', $3)",
        community_id,
        company_id,
        TEMPLATE,
    )
    await execute(
        "insert into building (id, community_id, code, name, sort, floors_above) values ($1, $2, '1', '1栋', 1, 6)",
        building_id,
        community_id,
    )
    await execute(
        "insert into stairwell (id, community_id, building_id, code, sort) values ($1, $2, $3, '1', 1)",
        stairwell_id,
        community_id,
        building_id,
    )
    await execute(
        "insert into room (id, community_id, building_id, stairwell_id, code, number, label, sort, floor, kind, gross_area,"
        " vacancy) select gen_random_uuid(), $1, $2, $3, '01-01-0' || number, number, '1栋1单元' || number,"
        " '00001-00001-00' || number, left(number, 1)::int, 'home', 88.88, 'vacant'"
        " from (select (f * 100 + p)::text as number from generate_series(1, 6) f, generate_series(1, 2) p) as numbers",
        community_id,
        building_id,
        stairwell_id,
    )
    await execute(
        "with here as (insert into person (id, community_id, account_id, name, kind, phone)"
        " select gen_random_uuid(), $1, id, name, 'natural', phone from account where login = 'zhou' returning id)"
        " insert into post (id, community_id, person_id, post, since)"
        " select gen_random_uuid(), $1, id, 'clerk', '2025-01-01' from here",
        community_id,
    )
