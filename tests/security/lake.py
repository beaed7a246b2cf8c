"""The rival community's belongings: one of each thing that has an id in some address, so that strangers can try each."""

from typing import Any
from uuid import UUID

from server.db import execute, fetchrow, fetchval
from server.lib.ids import uuid7
from tests.cast import LAKE, SUN, SUN_OWNER, cast_id, room_id
from tests.meters import scenes as meters
from tests.patrols import scenes as patrols

ROOM = "1栋1单元101"

Things = dict[str, UUID]
"""{what it is: its id}."""


async def furnish() -> Things:
    """Give the community one of each; return their ids."""
    things = {
        "person": SUN.person_id, "account": SUN.account_id, "owner": SUN_OWNER.person_id, "room": room_id(ROOM, "翠湖湾"),
        "building": cast_id("building 翠湖湾 1"), "occupancy": cast_id(f"occupancy sunowner {ROOM}"),
        "post": cast_id("post sun manager"), "community": LAKE,
    }  # fmt: skip
    return (
        things
        | await measures()
        | await office_work()
        | await front_desk()
        | await rounds()
        | await hazards()
        | await readings()
        | await phones()
    )


async def put(table: str, **values: Any) -> UUID:
    """Insert a row; return its id."""
    values = {"id": uuid7(), "community_id": LAKE} | values
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await execute(f"insert into {table} ({', '.join(values)}) values ({places})", *values.values())
    return UUID(str(values["id"]))


async def photo(entity: str, entity_id: UUID) -> UUID:
    """Attach a photo of the owner's to something."""
    return await put(
        "photo", sha256="x", key=f"x/{entity_id}", content_type="image/jpeg", size=1, width=1, height=1,
        account_id=SUN_OWNER.account_id, entity=entity, entity_id=entity_id,
    )  # fmt: skip


async def office_work() -> Things:
    """A repair with its photo, and what lies on desks."""
    ticket = await put(
        "ticket", number="GD-20261101-001", state="submitted", category="water", level="P3", location="private", place=ROOM,
        summary="翠湖的水管", room_id=room_id(ROOM, "翠湖湾"), reporter_id=SUN_OWNER.person_id,
        reporter_account_id=SUN_OWNER.account_id,
    )  # fmt: skip
    return {
        "ticket": ticket,
        "complaint": await put(
            "complaint",
            number="TS-20261101-001",
            kind="complaint",
            channel="desk",
            state="received",
            place="翠湖的楼道",
            summary="翠湖的噪声",
            description="翠湖的噪声",
            filer_id=SUN_OWNER.person_id,
            filer_account_id=SUN_OWNER.account_id,
        ),
        "call": await put(
            "follow_up",
            entity="ticket",
            entity_id=ticket,
            reason="sample",
            state="due",
            due_at=await fetchval("select now() + interval '2 days'"),
        ),
        "filter": await put("ticket_filter", account_id=SUN.account_id, name="翠湖的筛选", query="filter=late"),
        "price": await put("price_item", kind="material", name="翠湖的角阀", unit="个", price=100),
        "ticket photo": await photo("ticket", ticket),
        "job": await put("job", kind="jobs.purge", state="dead"),
        "vehicle": await put("vehicle", plate="浙B99999"),
        "certificate": await put("certificate", person_id=SUN.person_id, kind="消防设施操作员"),
        "join code": await put(
            "join_code",
            room_id=room_id(ROOM, "翠湖湾"),
            code_hash=b"c",
            expires_at=await fetchval("select now() + interval '9 days'"),
        ),
        "import": await put(
            "data_import",
            file_name="翠湖的台账.xlsx",
            sha256="z",
            size=1,
            state="mapping",
            account_id=SUN.account_id,
            actor_name=SUN.name,
        ),
        "passkey": await passkey(),
        "session": await fetchval("select id from session where account_id = $1 limit 1", SUN.account_id),
        "notification": await put("notification", account_id=SUN.account_id, event="ticket_reported"),
    }


async def front_desk() -> Things:
    """Somebody who came, a key that is out, a letter that waits."""
    key = await put("place_key", name="翠湖的钥匙")
    await put(
        "key_loan", key_id=key, borrower=SUN.name, purpose="翠湖的事", lender_name=SUN.name,
        due_at=await fetchval("select now() + interval '1 day'"),
    )  # fmt: skip
    room = room_id(ROOM, "翠湖湾")
    return {
        "key": key,
        "visit": await put("visit", channel="call", words="翠湖的电话", room_id=room, receiver_name=SUN.name),
        "label": await put("place_code", code="翠湖", name="翠湖的电梯"),
        "letter": await put("letter", room_id=room, kind="parcel", state="waiting", receiver_name=SUN.name),
    }


async def passkey() -> UUID:
    """The manager's passkey."""
    id_ = uuid7()
    await execute(
        "insert into passkey (id, account_id, credential_id, public_key, name) values ($1, $2, 'c', 'k', '翠湖的钥匙')",
        id_,
        SUN.account_id,
    )
    return id_


async def rounds() -> Things:
    """A round that is due now, with a tick and its photo, the route, its schedule, places and lists."""
    round_id = await patrols.a_round(community="翠湖湾", names=("翠湖东门", "翠湖水泵房"))
    found = await fetchrow(
        "select schedule_id, route_id from patrol_round where id = $1 and community_id = $2", round_id, LAKE
    )
    point = await fetchrow("select id, checkpoint_id from patrol_point where round_id = $1 and position = 1", round_id)
    check = await put(
        "patrol_check", round_id=round_id, point_id=point["id"], item="1", label="翠湖的灯", value="ok",
        actor_name=SUN.name, account_id=SUN.account_id,
    )  # fmt: skip
    return {
        "round": round_id, "route": found["route_id"], "schedule": found["schedule_id"], "point": point["id"],
        "place": point["checkpoint_id"], "check": check, "round photo": await photo("patrol_round", round_id),
        "list": await fetchval("select id from checklist where community_id = $1 order by id limit 1", LAKE),
    }  # fmt: skip


async def hazards() -> Things:
    """A hazard that somebody works on, with a photo and a wish for more time."""
    hazard = await put(
        "hazard", number="YH-20261101-001", state="rectifying", grade="general", category="escape", source="patrol",
        place="翠湖大堂", summary="翠湖的纸箱", pace="soon", reporter_name=SUN.name, reporter_account_id=SUN.account_id,
        responsible_id=SUN.person_id,
    )  # fmt: skip
    extension = await put(
        "hazard_extension", hazard_id=hazard, reason="等配件", asked_by=SUN.account_id, asked_name=SUN.name
    )
    return {"hazard": hazard, "extension": extension, "hazard photo": await photo("hazard", hazard)}


async def readings() -> Things:
    """A meter with readings, of which one is doubtful, in a route of an open period."""
    meter = await meters.a_meter(ROOM, number="翠湖表一", community="翠湖湾")
    await meters.a_period(community="翠湖湾")
    reading = await put(
        "meter_reading", meter_id=meter, period="2026-11", kind="actual", value=9, status="doubtful", source="phone",
        reader_name=SUN.name,
    )  # fmt: skip
    return {
        "meter": meter, "reading": reading, "meter route": await meters.a_route(meter, reader=SUN, name="翠湖水表"),
        "reading photo": await photo("meter_reading", reading),
    }  # fmt: skip


async def measures() -> Things:
    """A month's report, and something that was decided in it."""
    await put("month_report", month="2026-10", findings="翠湖的总结")
    measure = await put(
        "report_measure", month="2026-10", what="翠湖的立管排查", aim="repairs.reported", person_id=SUN.person_id, state="open",
        due_on=await fetchval("select current_date"), decided_name=SUN.name,
    )  # fmt: skip
    return {"measure": measure}


async def phones() -> Things:
    """A phone with its token, a record that clashed, one that is stuck, one that waits, and a photo that belongs to nothing yet."""
    own = {"account_id": SUN.account_id, "device_id": cast_id("sun's phone")}
    op = own | {
        "actor_name": SUN.name,
        "type": "round.tick",
        "version": 1,
        "hash": "",
        "body": "翠湖的记录",
        "flags": "",
    }
    loose = uuid7()
    return {
        "device": await put(
            "sync_device", **own, user_agent="翠湖的手机", build="t", token_hash=b"x", token_until=await fetchval("select now() + interval '9 days'")
        ),
        "clash": await put("sync_op", **op, seq=1, outcome="conflict", message="名字已改"),
        "stuck": await put("sync_op", **op, seq=2, outcome="stuck"),
        "waiting": await put("sync_op", **op, seq=3, outcome="deferred"),
        "loose photo": await put(
            "photo", id=loose, sha256="y", key="y", content_type="image/jpeg", size=1, width=1, height=1,
            account_id=SUN.account_id, entity="sync", entity_id=loose,
        ),
    }  # fmt: skip
