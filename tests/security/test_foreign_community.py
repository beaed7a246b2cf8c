"""Every role × every route × the ids of another community: none gets through, and nothing there changes.

The routes are walked as the application has them, so a new one is probed without anybody remembering it.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server.db import DB, EVERYWHERE, fetch, fetchval
from server.lib.ids import uuid7
from tests.cast import CHEN, GUAN, LAKE, LI, LIN, QIAN, SHIFU, SUN, WANG, ZHAO, ZHOU
from tests.security.lake import Things, furnish

INTRUDERS = (WANG, ZHOU, LI, QIAN, SHIFU, ZHAO, GUAN, CHEN, LIN)
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
SECRET_WORDS = ("孙莉", "孙小宝", "翠湖湾", "19900000202", "翠湖的")


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


BELONGINGS = {
    "call_id": ("call",), "certificate_id": ("certificate",), "code_id": ("join code",), "community_id": ("community",), "complaint_id": ("complaint",), "device_id": ("device",),
    "filter_id": ("filter",), "hazard_id": ("hazard",), "key_id": ("key",), "label_id": ("label",), "letter_id": ("letter",), "visit_id": ("visit",), "import_id": ("import",), "job_id": ("job",), "list_id": ("list",), "message_id": ("notification",),
    "meter": ("meter",), "meter_id": ("meter",), "measure_id": ("measure",), "meter_route_id": ("meter route",), "occupancy_id": ("occupancy",),
    "op_id": ("clash", "stuck", "waiting"), "passkey_id": ("passkey",), "person_id": ("person", "owner"),
    "photo_id": ("ticket photo", "round photo", "hazard photo", "reading photo", "loose photo"), "place_id": ("place",),
    "point": ("point",), "post_id": ("post",), "price_id": ("price",), "reading_id": ("reading",), "room_id": ("room",), "round_id": ("round",),
    "route": ("meter route",), "route_id": ("route",), "schedule_id": ("schedule",), "session_id": ("session",),
    "ticket_id": ("ticket",), "vehicle_id": ("vehicle",),
}  # fmt: skip
"""What the ids in addresses name."""

HERE = {
    ("/field/hazards/", "id"): ("hazard",),
    ("/field/rounds/", "id"): ("round",),
    ("/field/tickets/", "id"): ("ticket",),
}
"""The same of names that mean one thing on one page and another on the next."""

WORDS = {"name": "start", "step": "start", "outcome": "answer"}
"""What is in addresses beside ids."""

NO_IDS = {"code", "secret", "period", "sha256", "type_"}
"""Addresses with these name nothing of a community's by its id."""


def foreign(path: str, things: Things) -> list[str]:
    """Return the addresses at which `path` would show or change what is another community's; [] where it has no id."""
    names = set(PARAMETER.findall(path))
    if names & NO_IDS:
        return []
    known = BELONGINGS | {name: found for (start, name), found in HERE.items() if path.startswith(start)}
    assert names <= known.keys() | WORDS.keys(), f"what does {path} name? Say so in BELONGINGS"
    count = max(len(known[name]) for name in names - WORDS.keys())
    return [
        PARAMETER.sub(
            lambda found, nth=nth: WORDS.get(found[1]) or str(things[known[found[1]][nth % len(known[found[1]])]]), path
        )
        for nth in range(count)
    ]


async def furnished(client_for: Any) -> tuple[Things, dict[str, str]]:
    """Furnish the lake, with its manager signed in; return what there is, and the checksums."""
    await client_for(SUN)
    async with DB.scope(EVERYWHERE):
        return await furnish(), await state_of_the_lake()


SENT = {"note": "入侵", "reason": "入侵", "name": "入侵"}


async def answered(client: Any, method: str, address: str) -> httpx.Response:
    """Send a probe; return the answer."""
    answer: httpx.Response = await client.request(method, address, data=SENT if method != "GET" else None)
    return answer


def is_nothing(answer: httpx.Response) -> bool:
    """Tell whether an answer says nothing of an id: not found, or a code is asked for before anything is looked up."""
    detour = answer.status_code == 303 and answer.headers["location"].startswith("/me/second-factor")
    return answer.status_code == 404 or detour


async def test_what_is_another_communitys_is_not_there(client_for):
    things, before = await furnished(client_for)
    count, through = 0, []
    for who in INTRUDERS:
        client = await client_for(who)
        for method, path in probes():
            for address in foreign(path, things):
                answer = await answered(client, method, address)
                count += 1
                if not is_nothing(answer):
                    through.append((who.name, method, address, answer.status_code))
    async with DB.scope(EVERYWHERE):
        assert await state_of_the_lake() == before
    assert through == []
    print(f"{count} probes, none was there")


@pytest.mark.timeout(300)
async def test_no_id_gets_through_at_an_address_of_another_kind(client_for):
    things, before = await furnished(client_for)
    client, count, through = await client_for(WANG), 0, []
    for method, path in probes():
        for id_ in things.values():
            address = PARAMETER.sub(str(id_), path)
            answer = await answered(client, method, address)
            count += 1
            text = answer.text if "text" in answer.headers.get("content-type", "") else ""
            told = answer.status_code in (200, 201, 204) and any(word in text for word in SECRET_WORDS)
            if told or answer.status_code == 500:
                through.append((method, address, answer.status_code))
    async with DB.scope(EVERYWHERE):
        assert await state_of_the_lake() == before
    assert through == []
    print(f"{count} probes, none got through")


async def test_the_lake_is_there_for_its_own_manager(client_for):
    """The probes would find nothing in an empty place: what they ask for is shown to whoever it belongs to."""
    things, _before = await furnished(client_for)
    sun, seen = await client_for(SUN), set()
    for method, path in probes():
        for address in foreign(path, things) if method == "GET" else ():
            if (await sun.get(address)).status_code == 200:
                seen.add(path)
    fieldwork = {
        "/field/hazards/{id}", "/hazards/{hazard_id}", "/meters/{meter_id}", "/meters/review/{reading_id}",
        "/meters/routes/{meter_route_id}", "/quality/measures/{measure_id}", "/patrols/{round_id}", "/patrols/routes/{route_id}", "/patrols/checkpoints/{place_id}",
        "/patrols/checklists/{list_id}", "/phones/records/{op_id}", "/phones/{device_id}/revocation",
        "/phones/{device_id}",
    }  # fmt: skip
    assert fieldwork <= seen, fieldwork - seen


async def test_no_operation_of_a_phone_reaches_another_communitys_work(phone_like, client_for):
    things, before = await furnished(client_for)
    count, through = 0, []
    for who in (WANG, SHIFU, ZHAO, GUAN):
        phone = await phone_like(who)
        for op in foreign_operations(phone, things):
            outcomes = await phone.push(op)
            count += 1
            if outcomes != ["rejected"] or "documents" in phone.answer["results"][0]:
                through.append((who.name, op["type"], op["entity"], op["args"], phone.answer["results"]))
    async with DB.scope(EVERYWHERE):
        after = await state_of_the_lake()
    assert through == []
    assert after == before
    print(f"{count} operations, all refused")


@pytest.fixture
def phone_like(client_for: Any) -> Any:
    """Return `await phone_like(ZHAO)`: a phone on which that person is signed in."""
    from tests.support.phones import Phone

    async def phone_of(who: Any) -> Phone:
        return Phone(await client_for(who), who)

    return phone_of


def foreign_operations(phone: Any, things: Things) -> Iterator[dict[str, Any]]:
    """Yield each operation there is, on the thing of another community's that it is about, with arguments that name other things of it."""
    from server.sync.operations import ENTITY, operations

    args = {"point": things["point"], "item": "1", "value": "ok", "what": "tri", "hazard": things["hazard"], "period": "2026-11",
            "text": "入侵", "note": "入侵", "number": "入侵", "reason": "locked", "place": "入侵", "category": "escape"}  # fmt: skip
    for type_, one in operations().items():
        (kind,) = [kind for kind, target in one.targets.items() if target == ENTITY]
        for photos in ([], [{"id": str(uuid7()), "sha256": "0" * 64, "size": 1, "role": "before"}]):
            texts = {name: str(value) for name, value in args.items()}
            thing = things["ticket" if kind in ("offer", "report") else kind]
            yield phone.op(type_, thing, base=1, version=one.version, args=texts, photos=photos)
