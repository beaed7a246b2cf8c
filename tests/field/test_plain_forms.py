"""Forms of field pages without any script: sent twice, they take effect once."""

import asyncio
import re

from server.db import DB, EVERYWHERE, fetch, fetchrow, fetchval
from server.field.showing import keyed
from server.lib.ids import uuid7
from server.storage.photos import attach
from server.sync import operations
from server.sync.operations import ENTITY, Applied, Operation
from tests.cast import SHIFU, ZHAO
from tests.storage.pictures import encoded, picture

KEY = re.compile(r'<form[^>]* data-op[^>]*><input type="hidden" name="_op" value="([0-9a-f-]{36})">')
PAGE = "/field/hazards/new"
FILES = [
    ("photos:before", ("a.jpg", encoded(picture()), "image/jpeg")),
    ("photos:before", ("b.jpg", encoded(picture(900, 600)), "image/jpeg")),
]


async def form(client) -> dict[str, str]:
    """Return what the form of a new hazard sends."""
    (key,) = KEY.findall((await client.get(PAGE)).text)
    return {
        "_op": key, "_entity": "", "_base": "0", "_page": PAGE, "_next": "/field/hazards", "source": "report",
        "category": "escape", "place": "3栋大堂", "text": "堆放纸箱",
    }  # fmt: skip


async def counted() -> tuple[int, int, list[str]]:
    """Return how many hazards and photos there are, and the outcomes in custody."""
    async with DB.scope(EVERYWHERE):
        outcomes = [one["outcome"] for one in await fetch("select outcome from sync_op")]
        return await fetchval("select count(*) from hazard"), await fetchval("select count(*) from photo"), outcomes


async def send(client, data, files=FILES):
    return await client.post("/field/do/hazard.report", data=data, files=files)


def test_every_form_of_an_operation_has_a_key_of_its_own():
    html = '<form class="a" method="post" data-op id="x"><p></p></form><form data-op></form><form method="get" data-other></form>'
    keys = KEY.findall(keyed(html.replace("<form data-op>", '<form class="b" data-op>')))
    assert len(set(keys)) == 2
    assert keyed('<form method="get" data-other></form>') == '<form method="get" data-other></form>'


async def test_each_page_has_other_keys(client_for):
    guard = await client_for(ZHAO)
    assert (await form(guard))["_op"] != (await form(guard))["_op"]


async def test_a_page_loaded_anew_after_sending_changes_nothing(client_for):
    guard = await client_for(ZHAO)
    data = await form(guard)
    answers = [await send(guard, data) for _ in range(3)]
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, "/field/hazards")}
    assert await counted() == (1, 2, ["applied"])
    async with DB.scope(EVERYWHERE):
        kept = await fetchrow("select * from sync_op")
    assert (str(kept["id"]), kept["type"], kept["account_id"]) == (data["_op"], "hazard.report", ZHAO.account_id)


async def test_a_double_tap_takes_effect_once(client_for):
    guard = await client_for(ZHAO)
    data = await form(guard)
    answers = await asyncio.gather(*(send(guard, data) for _ in range(4)))
    assert [one.status_code for one in answers] == [303] * 4
    assert await counted() == (1, 2, ["applied"])


async def test_something_else_under_the_same_key_is_not_swallowed(client_for):
    guard = await client_for(ZHAO)
    data = await form(guard)
    assert (await send(guard, data)).status_code == 303
    other = await send(guard, data | {"place": "5栋大堂"})
    assert other.status_code == 409
    assert "这份表单已经交过一次" in other.text
    assert "5栋大堂" in other.text
    (fresh,) = KEY.findall(other.text)
    assert (await send(guard, data | {"place": "5栋大堂", "_op": fresh})).status_code == 303
    assert (await counted())[0] == 2


async def test_a_key_of_somebody_else_is_worth_nothing(client_for):
    guard, hand = await client_for(ZHAO), await client_for(SHIFU)
    data = await form(guard)
    assert (await send(guard, data)).status_code == 303
    assert (await send(hand, data)).status_code == 422  # its photos are another's
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from hazard") == 1


async def test_what_was_refused_can_be_mended_and_sent(client_for):
    guard = await client_for(ZHAO)
    data = await form(guard)
    refused = await send(guard, data, files=None)
    assert refused.status_code == 422
    assert (await counted())[2] == []
    for key in (data["_op"], KEY.findall(refused.text)[0]):
        assert (await send(guard, data | {"_op": key})).status_code == 303
    assert (await counted())[0] == 2


async def test_nonsense_for_a_key_counts_as_none(client_for):
    guard = await client_for(ZHAO)
    data = await form(guard)
    for _ in range(2):
        assert (await send(guard, data | {"_op": "../x"})).status_code == 303
    assert (await counted())[0] == 2


async def test_a_photo_that_is_missing_is_said(client_for, monkeypatch):
    async def careless(op):
        await attach([uuid7()], entity="hazard", entity_id=op.entity_id, role="before", by=op.by)
        return Applied(1)

    one = Operation("hazard.report", "报", {"hazard": ENTITY}, careless)
    monkeypatch.setitem(operations._operations, "hazard.report", one)
    guard = await client_for(ZHAO)
    answer = await send(guard, await form(guard))
    assert answer.status_code == 422
    assert "有照片已经找不到了，请重新添加" in answer.text
