"""The register over HTTP: searching, the household's file, who may see what."""

import io
import re
from typing import Any

import openpyxl
import pytest

from server.db import DB, EVERYWHERE, execute, fetchval
from server.lib.formats import today
from tests.cast import CHEN, GUAN, HE, LIN, QIAN, SHIFU, SUN, WANG, ZHAO, ZHOU, cast_id, room_id

ROOM = room_id("3栋1单元1302")
LET = room_id("3栋1单元1301")
THEIRS = room_id("1栋1单元101", "翠湖湾")
STAY = cast_id("occupancy chen 3栋1单元1302")


def labels(html: str) -> list[str]:
    return re.findall(r'class="row-link" href="/rooms/[^"]+">([^<]+)<', html)


async def car(plate: str) -> None:
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into vehicle (id, community_id, plate, room_id) select $1, community_id, $2, id from room where id = $3",
            cast_id(plate), plate, ROOM,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("陈晓", ["3栋1单元1302", "商铺S01"]),
        ("晓", ["3栋1单元1302", "商铺S01"]),
        ("19900000102", ["3栋1单元1301"]),
        ("0102", ["3栋1单元1301"]),
        ("3-1-1302", ["3栋1单元1302"]),
        ("陈 商铺", ["商铺S01"]),
        ("浙A·12345", ["3栋1单元1302"]),
        ("孙小宝", []),
        ("%", []),
    ],
)
async def test_rooms_are_found_by_any_part(client_for: Any, typed: str, found: list[str]) -> None:
    await car("浙A12345")
    answer = await (await client_for(ZHOU)).get("/rooms", params={"q": typed})
    assert labels(answer.text) == found


async def test_the_list_is_masked_filtered_sorted_and_in_the_address(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    answer = await clerk.get("/rooms?kind=shop&sort=-area")
    assert labels(answer.text) == ["商铺S01"]
    assert "陈*" in answer.text
    assert "陈晓明" not in answer.text
    assert CHEN.phone not in answer.text
    assert "kind=shop" in answer.text
    assert (await clerk.get("/rooms?building=nonsense&kind=x&sort=;drop&page=-3&vacancy=%00")).status_code == 200


async def test_a_page_beyond_the_end_leads_to_the_last_with_its_filters(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    answer = await clerk.get("/rooms?page=99")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rooms?page=1")
    assert len(labels((await clerk.get(answer.headers["location"])).text)) == 5
    answer = await clerk.get("/rooms?kind=shop&page=99")
    assert answer.headers["location"] == "/rooms?kind=shop&page=1"
    assert (await clerk.get("/rooms?q=没有这样的房号&page=99")).status_code == 200


@pytest.mark.parametrize("who", [SHIFU, ZHAO, CHEN, LIN])
async def test_guards_repairmen_and_residents_see_no_register(client_for: Any, who: Any) -> None:
    someone = await client_for(who)
    for address in (
        "/rooms",
        f"/rooms/{ROOM}",
        "/buildings",
        "/spaces",
        f"/people/{CHEN.person_id}",
        "/search?q=陈",
        "/rooms/export",
    ):
        assert (await someone.get(address)).status_code == 404


async def test_the_rival_meets_nothing(client_for: Any) -> None:
    rival, ours = await client_for(SUN), await client_for(ZHOU)
    assert (await ours.get(f"/rooms/{THEIRS}")).status_code == 404
    pages = ["", "/edit", "/transfer", "/hand-over", "/move-in", "/lease", "/member", "/vehicles"]
    addresses = [f"/rooms/{ROOM}{page}" for page in pages]
    addresses += [f"/people/{CHEN.person_id}{page}" for page in ("", "/edit", "/reveal")]
    addresses += [f"/occupancies/{STAY}{page}" for page in ("/leave", "/correction", "/reopening")]
    for address in addresses:
        assert (await rival.get(address)).status_code == 404, address
    posts = {
        f"/rooms/{ROOM}/edit": {"version": "1", "kind": "home", "vacancy": "vacant"},
        f"/rooms/{ROOM}/transfer": {"on": today().isoformat(), "name_1": "孙", "step": "do"},
        f"/rooms/{ROOM}/lease": {"since": today().isoformat(), "name_1": "孙", "step": "do"},
        f"/rooms/{ROOM}/member": {"name_1": "孙", "step": "do"},
        f"/rooms/{ROOM}/move-in": {"on": today().isoformat(), "step": "do"},
        f"/rooms/{ROOM}/vehicles": {"plate": "浙A12345", "since": today().isoformat()},
        f"/people/{CHEN.person_id}/edit": {"version": "1", "kind": "natural", "name": "孙"},
        f"/people/{CHEN.person_id}/reveal": {"usual": "call"},
        f"/occupancies/{STAY}/leave": {"on": today().isoformat()},
        f"/occupancies/{STAY}/correction": {"reason": "不是我的"},
    }
    for address, fields in posts.items():
        assert (await rival.post(address, data=fields)).status_code == 404, address
    assert labels((await rival.get("/rooms?q=陈")).text) == []
    assert "陈" not in (await rival.get("/search?q=晓明")).text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from audit") == 0


async def test_the_cashier_reads_and_cannot_write_or_reveal(client_for: Any) -> None:
    cashier = await client_for(QIAN)
    answer = await cashier.get(f"/rooms/{ROOM}")
    assert answer.status_code == 200
    assert "/transfer" not in answer.text
    assert (await cashier.get(f"/rooms/{ROOM}/transfer")).status_code == 404
    assert (await cashier.post(f"/people/{CHEN.person_id}/reveal", data={"usual": "call"})).status_code == 404
    assert (await cashier.get("/rooms/export")).status_code == 404


async def test_a_transfer_is_typed_summed_up_and_confirmed(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    typed = {"on": today().isoformat(), "name_1": "何静", "phone_1": HE.phone, "members_leave": "1"}
    asked = await clerk.post(f"/rooms/{ROOM}/transfer", data=typed)
    assert asked.status_code == 200
    assert "何静" in asked.text
    assert f'value="{HE.person_id}" checked' in asked.text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from occupancy where room_id = $1", ROOM) == 1
    done = await clerk.post(f"/rooms/{ROOM}/transfer", data=typed | {"step": "do", "person_1": str(HE.person_id)})
    assert done.headers["location"] == f"/rooms/{ROOM}?done=transfer"
    shown = (await clerk.get(done.headers["location"])).text
    assert "已办理过户" in shown
    assert "何*" in shown


async def test_a_namesake_must_be_chosen_or_registered_as_new(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    typed = {"on": today().isoformat(), "name_1": "何静", "step": "do"}
    undecided = await clerk.post(f"/rooms/{ROOM}/transfer", data=typed)
    assert undecided.status_code == 422
    assert "请选择是哪一位" in undecided.text
    await clerk.post(f"/rooms/{ROOM}/transfer", data=typed | {"person_1": "new"})
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from person where name = '何静'") == 2


async def test_a_person_of_elsewhere_cannot_be_chosen(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    foreign = str(cast_id("person sunowner"))
    typed = {"on": today().isoformat(), "name_1": "孙小宝", "step": "do", "person_1": foreign}
    assert (await clerk.post(f"/rooms/{ROOM}/transfer", data=typed)).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert (
            await fetchval("select count(*) from occupancy where person_id = $1 and room_id = $2", foreign, ROOM) == 0
        )


async def test_bad_input_keeps_what_was_typed(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    typed = {"on": "2020-02-30", "name_1": "", "phone_1": "123", "reason": "换了业主"}
    answer = await clerk.post(f"/rooms/{ROOM}/transfer", data=typed)
    assert answer.status_code == 422
    for kept in ("2020-02-30", "换了业主", 'value="123"', "电话号码不对"):
        assert kept in answer.text


async def test_a_lost_race_shows_both_values(client_for: Any) -> None:
    clerk, steward = await client_for(ZHOU), await client_for(GUAN)
    facts = {"version": "1", "kind": "home", "vacancy": "vacant", "gross_area": "89.37", "note": "甲写的"}
    assert (await clerk.post(f"/rooms/{ROOM}/edit", data=facts)).status_code == 303
    late = await steward.post(f"/rooms/{ROOM}/edit", data=facts | {"note": "乙写的", "gross_area": "90"})
    assert late.status_code == 409
    for kept in ("甲写的", "乙写的", "89.37", 'value="90"', 'name="version" value="2"'):
        assert kept in late.text
    assert (
        await steward.post(f"/rooms/{ROOM}/edit", data=facts | {"note": "乙写的", "version": "2"})
    ).status_code == 303


async def test_a_reveal_wants_a_reason_and_shows_once(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    address = f"/people/{CHEN.person_id}/reveal"
    refused = await clerk.post(address, data={})
    assert refused.status_code == 422
    assert CHEN.phone not in refused.text
    shown = await clerk.post(address, data={"usual": "repair", "reason": "水管爆了"})
    assert CHEN.phone in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert CHEN.phone not in (await clerk.get(f"/people/{CHEN.person_id}")).text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select reason from audit where action = 'person.reveal'") == "处理报修：水管爆了"


async def test_editing_a_person_never_shows_what_is_masked(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    address = f"/people/{CHEN.person_id}/edit"
    assert CHEN.phone not in (await clerk.get(address)).text
    await clerk.post(address, data={"version": "1", "kind": "natural", "phone_2": "057188887777", "clear": ["email"]})
    async with DB.scope(EVERYWHERE):
        assert (
            await fetchval("select phone || ' ' || phone_2 from person where id = $1", CHEN.person_id)
            == f"{CHEN.phone} 057188887777"
        )


async def test_the_export_is_masked_marked_and_on_record(client_for: Any) -> None:
    answer = await (await client_for(ZHOU)).get("/rooms/export?q=陈")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "阳光花园 · 周敏" in lines[0][0]
    assert lines[2][:6] == ["3栋1单元1302", 89.37, "住宅", "自住", "陈**", "199****0101"]
    assert len(lines) == 4
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select (after ->> 'rooms')::int from audit where action = 'register.export'") == 2


async def test_an_export_of_too_many_is_refused(client_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.communities.exporting.MOST_ROWS", 3)
    answer = await (await client_for(ZHOU)).get("/rooms/export")
    assert answer.status_code == 422
    assert "最多 3 套" in answer.text


async def test_the_search_box_opens_the_one_room_it_means(client_for: Any) -> None:
    clerk = await client_for(ZHOU)
    assert (await clerk.get("/search?q=3-1-1302")).headers["location"] == f"/rooms/{ROOM}"
    found = (await clerk.get("/search?q=陈晓明")).text
    assert "3栋1单元1302" in found
    assert "商铺S01" in found


async def test_everybody_sees_their_own_rooms_only(client_for: Any) -> None:
    await car("浙A12345")
    chen = (await (await client_for(CHEN)).get("/my/rooms")).text
    assert "3栋1单元1302" in chen
    assert "商铺S01" in chen
    assert "1301" not in chen
    assert "浙A·12345" in chen
    tenant = (await (await client_for(LIN)).get("/my/rooms")).text
    assert "1301" in tenant
    assert "何" not in tenant
    assert "没有房屋" in (await (await client_for(WANG)).get("/my/rooms")).text


@pytest.mark.parametrize(
    "address",
    [
        "/rooms",
        "/rooms/print",
        "/buildings",
        "/spaces",
        "/spaces?ownership=owned&q=B1",
        "/search",
        f"/rooms/{ROOM}",
        f"/rooms/{LET}",
    ],
)
async def test_pages_open(client_for: Any, address: str) -> None:
    assert (await (await client_for(ZHOU)).get(address)).status_code == 200
