"""The samples put into a real database."""

from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.audit import verify
from server.communities.founding import found_community
from server.communities.importing import applying
from server.communities.importing.applying import PlanChanged, apply, dry_run
from server.communities.importing.jobs import recognise_all
from server.communities.importing.parsing import parse
from server.communities.importing.planning import Plan
from server.communities.importing.reading import read_sheets
from server.db import DB, EVERYWHERE, fetch, fetchval
from server.lib.ids import uuid7
from server.security.actor import SYSTEM
from tests.cast import SUNSHINE
from tests.support.workbooks import large_community, workbook

FILES = Path(__file__).parents[2] / "files"
HEADER = ["房号", "建筑面积", "业主", "手机号", "车牌"]


@pytest.fixture
async def new_place(db: str) -> UUID:
    """An empty community."""
    async with DB.scope(EVERYWHERE):
        return await found_community("新城花园", by=SYSTEM)


def everywhere(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """Run a test with every community within reach."""

    @wraps(test)
    async def run(**fixtures: Any) -> None:
        async with DB.scope(EVERYWHERE):
            await test(**fixtures)

    return run


async def bring(community_id: UUID, content: bytes, **more: Any) -> Plan:
    sheets = read_sheets(content)
    layouts = recognise_all(sheets, {})
    by = msgspec.structs.replace(SYSTEM, community_id=community_id)
    return await apply(parse(sheets, layouts), layouts, community_id, uuid7(), by=by, facts={"file": "a.xlsx"}, **more)


def created(plan: Plan) -> dict[str, int]:
    return {what: figures["created"] for what, figures in plan.figures().items() if figures["created"]}


async def count(table: str, community_id: UUID, where: str = "true") -> int:
    return int(await fetchval(f"select count(*) from {table} where community_id = $1 and {where}", community_id))


@everywhere
async def test_both_samples_go_in_and_again_change_nothing(new_place: UUID) -> None:
    households, linked = ((FILES / name).read_bytes() for name in ("households.xlsx", "five_sheets.xlsx"))
    assert created(await bring(new_place, households)) == {
        "buildings": 12, "stairwells": 24, "rooms": 1211, "persons": 1454, "occupancies": 1504,
    }  # fmt: skip
    assert created(await bring(new_place, linked)) == {"spaces": 300, "vehicles": 299}
    for content in (households, linked):
        again = await bring(new_place, content)
        assert again.is_empty
    assert await count("room", new_place) == 1211
    assert await count("room", new_place, "kind = 'shop'") == 40
    owners = "select count(distinct person_id) from occupancy where community_id = $1 and role in ('owner', 'co_owner')"
    assert await fetchval(owners, new_place) == 1289
    assert await count("person", new_place, "phone = '18999999999'") == 0
    assert await fetchval("select sum(gross_area) from room where community_id = $1", new_place) > 100_000


@everywhere
async def test_one_audit_row_an_import_and_the_chain_holds(new_place: UUID) -> None:
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 89.37, "张三", "19901000001", ""]]}))
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 90.00, "张三", "19901000001", ""]]}))
    rows = await fetch(
        "select after from audit where community_id = $1 and action = 'import.apply' order by at", new_place
    )
    first, second = (msgspec.json.decode(row["after"]) for row in rows)
    assert (first["rooms_created"], first["file"], first["changed"]) == (1, "a.xlsx", [])
    assert [line[0::2][:1] + line[2:] for line in second["changed"]] == [["room", "gross_area", "89.37", "90.00"]]
    _count, breaks = await verify()
    assert breaks == []


@everywhere
async def test_what_came_in_can_be_found_by_anything(new_place: UUID) -> None:
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 89.37, "张三丰", "19901000001", "浙A91018"]]}))
    words = await fetchval("select words from room_search where community_id = $1", new_place)
    assert all(part in words for part in ("1栋1单元101", "张三丰", "19901000001", "浙a91018"))
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 89.37, "张三丰", "19901000002", "浙A91018"]]}))
    words = await fetchval("select words from room_search where community_id = $1", new_place)
    assert "19901000002" in words and "19901000001" not in words


@everywhere
async def test_a_car_on_a_rented_space_is_found_by_its_plate(new_place: UUID) -> None:
    await bring(new_place, (FILES / "five_sheets.xlsx").read_bytes())
    found = "select count(*) from room_search where community_id = $1 and words like '%浙a90463%'"
    assert await fetchval(found, new_place) == 1


@everywhere
async def test_records_know_their_import_and_changes_count_versions(new_place: UUID) -> None:
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 89.37, "张三", "", "浙A91018"]]}))
    for table in ("room", "person", "occupancy", "vehicle"):
        assert await count(table, new_place, "import_id is not null") == 1
    await bring(new_place, workbook({"表": [HEADER, ["1-1-101", 90, "张三", "19901000001", ""]]}))
    assert await fetchval("select version from room where community_id = $1", new_place) == 2
    assert await fetchval("select version from person where community_id = $1", new_place) == 2


@everywhere
async def test_nothing_goes_in_when_it_breaks_half_way(new_place: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_arguments: Any, **_named: Any) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(applying, "record", fail)
    with pytest.raises(RuntimeError):
        await bring(new_place, (FILES / "households.xlsx").read_bytes())
    for table in ("room", "person", "building", "room_search"):
        assert await count(table, new_place) == 0


@everywhere
async def test_figures_that_changed_meanwhile_stop_the_import(new_place: UUID) -> None:
    content = workbook({"表": [HEADER, ["1-1-101", 89.37, "张三", "19901000001", ""]]})
    sheets = read_sheets(content)
    layouts = recognise_all(sheets, {})
    seen = (await dry_run(parse(sheets, layouts), layouts, new_place)).figures()
    assert await count("room", new_place) == 0
    await bring(new_place, content)
    with pytest.raises(PlanChanged) as changed:
        await bring(new_place, content, expected=seen)
    assert changed.value.plan.is_empty


@everywhere
async def test_a_home_of_somebody_else_is_left_to_a_transfer(db: str) -> None:
    header = ["楼栋", "单元", "房号", "业主", "手机号"]
    plan = await bring(
        SUNSHINE, workbook({"表": [header, [3, 1, 1302, "别人", "19901000009"], [3, 1, 1399, "新人", ""]]})
    )
    assert [(problem.row, problem.code) for problem in plan.problems] == [(2, "owner_differs")]
    assert created(plan) == {"rooms": 1, "persons": 1, "occupancies": 1}
    assert await count("person", SUNSHINE, "name = '别人'") == 0


@everywhere
async def test_an_import_touches_its_own_community_only(new_place: UUID) -> None:
    before = await fetchval("select count(*) from room where community_id <> $1", new_place)
    await bring(new_place, (FILES / "five_sheets.xlsx").read_bytes())
    assert await fetchval("select count(*) from room where community_id <> $1", new_place) == before
    astray = "select count(*) from occupancy o join room r on r.id = o.room_id where o.community_id <> r.community_id"
    assert await fetchval(astray) == 0


@everywhere
async def test_progress_is_told_to_the_end(new_place: UUID) -> None:
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        told.append((done, total))

    await bring(new_place, large_community(300), progress=progress)
    assert told == sorted(told) and told[-1][0] == told[-1][1] > 0


@everywhere
async def test_a_name_makes_a_code_nobody_has(new_place: UUID) -> None:
    await found_community("新城花苑", by=SYSTEM)
    codes = await fetch("select code from community where name like '新城%' order by code")
    assert [row["code"] for row in codes] == ["XCHY", "XCHY2"]
