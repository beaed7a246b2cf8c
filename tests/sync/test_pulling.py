"""Pull: what changed, in order, nothing foreign, and next to nothing when nothing is new."""

import random
from dataclasses import replace

import pytest

from server.config import settings
from server.db import DB, EVERYWHERE, execute
from server.lib.ids import uuid7
from server.sync.tidying import clear_tombstones
from tests.cast import CHEN, LAKE, SUN, SUN_OWNER, SUNSHINE, WANG, ZHAO


async def make_things(n: int, community=SUNSHINE) -> None:
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into thing (id, community_id, name) select gen_random_uuid(), $1, 'thing ' || n from generate_series(1, $2) n",
            community,
            n,
        )


async def test_pages_bring_everything_once(phone_for):
    phone = await phone_for(ZHAO)
    await make_things(120)
    assert await phone.pull_all(limit=50) == 3
    assert len(phone.documents) == 120
    assert (await phone.pull())["scopes"] == {}


async def test_a_pull_with_nothing_new_is_small(phone_for):
    phone = await phone_for(ZHAO)
    await make_things(3)
    first = await phone.pull()
    assert first["me"]["name"] == "赵强"
    answer = await phone.client.post(
        "/sync/pull", json={"cursors": phone.cursors, "me": first["digest"], "device": phone.device}
    )
    assert answer.json()["me"] is None
    assert len(answer.content) <= 1024
    print(f"{len(answer.content)} bytes")


async def test_what_is_deleted_or_moved_away_goes_from_the_phone(phone_for):
    phone, other = await phone_for(ZHAO), await phone_for(SUN)
    await make_things(3)
    await phone.pull()
    async with DB.scope(EVERYWHERE):
        await execute("delete from thing where name = 'thing 1'")
        await execute(
            "update thing set community_id = (select id from community where name = '翠湖湾') where name = 'thing 2'"
        )
    await phone.pull()
    await other.pull()
    assert [one["name"] for one in phone.documents.values()] == ["thing 3"]
    assert [one["name"] for one in other.documents.values()] == ["thing 2"]


async def test_while_it_is_switched_off_phones_are_told_to_keep_nothing(phone_for, monkeypatch):
    phone = await phone_for(ZHAO)
    await make_things(2)
    assert "off" not in await phone.pull()
    with monkeypatch.context() as switched:
        switched.setattr("server.sync.feed.settings", replace(settings, field_offline=False))
        answer = await phone.pull()
        assert (answer["off"], answer["me"], answer["scopes"], phone.documents) == (True, None, {}, {})
        assert (await phone.pull())["scopes"] == {}
    await phone.pull()
    assert len([kind for kind, _id in phone.documents if kind == "thing"]) == 2


async def test_who_has_no_post_follows_nothing_and_loses_what_was_followed(phone_for):
    chen, zhao = await phone_for(CHEN), await phone_for(ZHAO)
    await make_things(2)
    assert (await chen.pull())["scopes"] == {}
    await zhao.pull()
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where person_id = $1", ZHAO.person_id)
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role, since) select gen_random_uuid(), community_id, id, $1,"
            " 'tenant', '2024-01-01' from room where label = '3栋1单元1301'",
            ZHAO.person_id,
        )
    assert (await zhao.pull())["removed"] == [f"thing:{SUNSHINE}"]
    assert zhao.documents == {}


async def test_a_cursor_of_another_view_or_epoch_begins_again(phone_for):
    phone = await phone_for(ZHAO)
    await make_things(3)
    await phone.pull()
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'clerk', '2024-01-01')",
            uuid7(), SUNSHINE, ZHAO.person_id,
        )  # fmt: skip
    part = (await phone.pull())["scopes"][f"thing:{SUNSHINE}"]
    assert part["reset"] is True
    assert len(phone.documents) == 3
    assert (await phone.pull())["scopes"] == {}
    before = phone.answer["epoch"]
    async with DB.scope(EVERYWHERE):
        await execute("select sync_new_epoch()")
    again = await phone.pull()
    assert again["epoch"] != before
    assert again["scopes"][f"thing:{SUNSHINE}"]["reset"] is True
    assert (await phone.pull())["scopes"] == {}


async def test_sums_tell_a_phone_whether_it_holds_what_it_should(phone_for):
    import hashlib

    phone, wang = await phone_for(ZHAO), await phone_for(WANG)
    await make_things(5)
    await phone.pull()
    await wang.pull()
    lines = sorted(f"{kind} {id_} {doc['v']}\n" for (kind, id_), doc in phone.documents.items())
    sums = (await phone.pull(sums=True))["sums"]
    assert sums == {f"thing:{SUNSHINE}": {"n": 5, "sum": hashlib.sha256("".join(lines).encode()).hexdigest()}}
    assert (await wang.pull(sums=True))["sums"] == sums


async def test_a_pull_with_nothing_new_is_one_query_beside_the_session(phone_for, monkeypatch):
    from server.lib.pooling import PooledConnection

    phone, asked = await phone_for(ZHAO), []
    await make_things(200)
    await phone.pull()
    for name in ("_execute", "execute"):
        real = getattr(PooledConnection, name)

        async def noted(self, query, *args, real=real, **named):
            asked.append(query)
            return await real(self, query, *args, **named)

        monkeypatch.setattr(PooledConnection, name, noted)
    assert (await phone.pull())["scopes"] == {}
    queries = [query for query in asked if "session_of" not in query]
    assert len(queries) == 1, queries
    print(f"{len(queries)} query, whatever the number of scopes")


async def test_five_thousand_documents_are_loaded_by_kind(phone_for, monkeypatch):
    from tests.support import things

    phone, loads = await phone_for(ZHAO), []
    real = things.load

    async def noted(ids, by):
        loads.append(len(ids))
        return await real(ids, by)

    from server.field import documents

    monkeypatch.setitem(documents._kinds, "thing", documents.Kind("thing", noted, things.every, things.scope_of))
    await make_things(5000)
    assert await phone.pull_all(limit=1000) == 5
    assert len(phone.documents) == 5000
    assert loads == [1000] * 5
    print("5000 documents in 5 pages, 1 load each")


async def test_a_cursor_older_than_the_tombstones_begins_again(phone_for):
    phone, away = await phone_for(ZHAO), await phone_for(WANG)
    await make_things(4)
    await phone.pull()
    await away.pull()
    async with DB.scope(EVERYWHERE):
        await execute("delete from thing where name in ('thing 1', 'thing 2')")
        assert await clear_tombstones() == 0
    await phone.pull()
    async with DB.scope(EVERYWHERE):
        await execute("update sync_entry set changed_at = now() - interval '91 days' where gone")
        assert await clear_tombstones() == 2
    assert (await phone.pull())["scopes"] == {}
    part = (await away.pull())["scopes"][f"thing:{SUNSHINE}"]
    assert part["reset"] is True
    assert {one["name"] for one in away.documents.values()} == {"thing 3", "thing 4"}


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_is_ever_told_of_another_community(phone_for, seed):
    dice, phones = random.Random(seed), [await phone_for(who) for who in (WANG, ZHAO, CHEN, SUN, SUN_OWNER)]
    home = {SUNSHINE: {WANG, ZHAO, CHEN}, LAKE: {SUN, SUN_OWNER}}
    owned: dict[str, object] = {}
    checked = 0
    for phone, where in ((phones[0], SUNSHINE), (phones[3], LAKE)):
        made = [phone.op("thing.make", uuid7(), args={"name": str(where)}) for _ in range(3)]
        await phone.push(*made)
        owned |= {op["entity"]: where for op in made}
    for _ in range(30):
        phone, known = dice.choice(phones), list(owned)
        where = next(community for community, people in home.items() if phone.who in people)
        named = dice.choice([{}, {"community": str(SUNSHINE)}, {"community": str(LAKE)}])
        new = str(uuid7())
        op = dice.choice(
            [
                phone.op("thing.make", new, args={"name": str(where)}, **named),
                phone.op("thing.tick", dice.choice(known), args={"text": str(where)}, **named),
                phone.op("thing.rename", dice.choice(known), args={"name": str(where)}, base=1, **named),
            ]
        )
        (outcome,) = await phone.push(op)
        if outcome == "applied" and op["type"] == "thing.make":
            owned[new] = where
        if op["type"] != "thing.make" and outcome in ("applied", "merged"):
            assert owned[op["entity"]] == where
        told = [one for result in phone.answer["results"] for one in result.get("documents", [])]
        for other in phones:
            asked = {scope: {"epoch": "x", "seq": 0} for scope in (f"thing:{SUNSHINE}", f"thing:{LAKE}")}
            other.cursors = dict(dice.choice([other.cursors, asked]))
            await other.pull_all()
            place = next(community for community, people in home.items() if other.who in people)
            mine = [*other.documents.values(), *(told if other is phone else [])]
            assert all(owned[document["id"]] == place for document in mine)
            assert all(document["name"] == str(place) for document in mine)
            assert not other.documents or other.who in (WANG, ZHAO, SUN)
            checked += len(mine)
    assert checked > 50
    print(f"{checked} documents told, 0 foreign")
