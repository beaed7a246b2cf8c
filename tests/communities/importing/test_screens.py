"""The wizard, as the office uses it."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.communities.importing import reading
from server.communities.importing.cells import as_text
from server.db import DB, EVERYWHERE, execute, fetchval
from server.jobs.worker import drain
from tests.cast import CHEN, LI, SHIFU, SUN, WANG, ZHOU, Character
from tests.support.workbooks import workbook

FILES = Path(__file__).parents[2] / "files"
Client = Callable[[Character], Any]
GOOD = ["9-1-101", 89.37, "新业主", "19901000001"]
BAD = ["9-1-102", "八十九", "另一个", "19901000002"]
HEADER = ["房号", "建筑面积", "业主", "手机号"]


async def upload(browser: Any, content: bytes, name: str = "业主清册.xlsx") -> Any:
    return await browser.post("/imports", files={"file": (name, io.BytesIO(content))})


async def uploaded(browser: Any, content: bytes) -> str:
    """Upload a file, let the worker read it, return the import's address."""
    answer = await upload(browser, content)
    assert answer.status_code == 303, answer.text
    await drain()
    return str(answer.headers["location"])


def figures(html: str) -> dict[str, str]:
    return {
        label: value
        for value, label in re.findall(r'stat-value[^>]*>([^<]+)</span><span class="stat-label">([^<]+)', html)
    }


async def test_from_upload_to_result(client_for: Client) -> None:
    zhou = await client_for(ZHOU)
    address = await uploaded(zhou, workbook({"表": [HEADER, GOOD, BAD]}))
    shown = (await zhou.get(address)).text
    assert figures(shown)["新增房屋"] == "1" and figures(shown)["有问题、不导入的行"] == "1"
    assert "面积不是数字" in shown and "不能一键撤销" in shown
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from room where code = '09-01-0101'") == 0
    answer = await zhou.post(f"{address}/confirmation")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert "data-refresh" in (await zhou.get(address)).text
    await drain()
    done = (await zhou.get(address)).text
    assert "已于" in done and 'href="/rooms"' in done and "data-refresh" not in done
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select label from room where code = '09-01-0101'") == "9栋1单元101"
        assert await fetchval("select actor_name from audit where action = 'import.apply'") == ZHOU.name
    assert "业主清册.xlsx" in (await zhou.get("/imports")).text


async def test_the_refused_rows_come_back_with_reasons_and_go_in_once_mended(client_for: Client) -> None:
    zhou = await client_for(ZHOU)
    address = await uploaded(zhou, workbook({"表": [["标题"], HEADER, GOOD, BAD]}))
    await zhou.post(f"{address}/confirmation")
    await drain()
    answer = await zhou.get(f"{address}/refused.xlsx")
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    (sheet,) = reading.read_sheets(answer.content)
    assert [[as_text(cell) for cell in row] for row in sheet.rows] == [
        [*HEADER, "未导入原因"], ["9-1-102", "八十九", "另一个", "19901000002", "建筑面积:面积不是数字"],
    ]  # fmt: skip
    mended = [list(row) for row in sheet.rows]
    mended[1][1] = 60.03
    again = await uploaded(zhou, workbook({"表": mended}))
    shown = figures((await zhou.get(again)).text)
    assert shown["新增房屋"] == "1" and shown["有问题、不导入的行"] == "0"


async def test_linked_sheets_come_back_whole_with_their_bad_rows_marked(client_for: Client) -> None:
    zhou = await client_for(ZHOU)
    owners = [["业主编号", "业主名称", "手机号"], [1, "张三", "139001122"], [2, "李四", "19901000002"]]
    rooms = [["房屋编号", "楼栋编号", "单元编号", "业主编号"], ["101", 9, 1, "1"], ["102", 9, 1, "2"]]
    address = await uploaded(zhou, workbook({"业主": owners, "房屋": rooms}))
    sheets = {
        sheet.name: sheet.rows for sheet in reading.read_sheets((await zhou.get(f"{address}/refused.xlsx")).content)
    }
    assert len(sheets["业主"]) == len(sheets["房屋"]) == 3
    assert "9 位数字" in as_text(sheets["业主"][1][3]) and "业主编号 1" in as_text(sheets["房屋"][1][4])
    assert not as_text(sheets["业主"][2][3] if len(sheets["业主"][2]) > 3 else "")


async def test_unknown_headings_are_mapped_by_hand_and_remembered(client_for: Client) -> None:
    zhou = await client_for(ZHOU)
    odd = workbook({"表": [["甲", "乙", "丙"], ["9-2-101", "张三", 89.37]]})
    address = await uploaded(zhou, odd)
    answer = await zhou.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}/layout")
    shown = (await zhou.get(f"{address}/layout")).text
    assert "9-2-101" in shown and "column-2" in shown
    chosen = {
        "sheet": "0",
        "kind": "households",
        "header_row": "1",
        "column-0": "name",
        "column-1": "name",
        "column-2": "",
    }
    wrong = await zhou.post(f"{address}/layout", data=chosen)
    assert wrong.status_code == 422 and "只能选一列" in wrong.text and "还没有选" in wrong.text
    chosen |= {"column-0": "place", "column-2": "gross_area"}
    assert (await zhou.post(f"{address}/layout", data=chosen)).status_code == 303
    await drain()
    assert figures((await zhou.get(address)).text)["新增房屋"] == "1"
    another = await uploaded(zhou, workbook({"别的": [["说明"], ["甲", "乙", "丙"], ["9-2-102", "李四", 60.03]]}))
    assert figures((await zhou.get(another)).text)["新增房屋"] == "1"


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.xlsx", b"%PDF-1.7", reading.NOT_A_TABLE), ("a.xlsx", b"<html><table></table>", reading.A_WEB_PAGE),
    ("a.xlsx", b"PK\x03\x04", reading.BROKEN),
])  # fmt: skip
async def test_what_is_no_table_is_refused_clearly(client_for: Client, name: str, content: bytes, message: str) -> None:
    wang = await client_for(WANG)
    address = await uploaded(wang, content)
    assert message in (await wang.get(address)).text


async def test_no_file_an_empty_one_and_one_too_large(client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    wang = await client_for(WANG)
    monkeypatch.setattr("server.communities.importing.controllers.MOST_BYTES", 100)
    for files, message in (
        ({}, "请先选择"),
        ({"file": ("a.csv", b"")}, reading.EMPTY),
        ({"file": ("a.csv", b"x" * 101)}, "20 MB"),
    ):
        answer = await wang.post("/imports", files=files, data={"x": "1"})
        assert answer.status_code == 422 and message in answer.text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from data_import") == 0


async def test_confirming_twice_imports_once_and_giving_up_forgets_the_file(client_for: Client) -> None:
    wang = await client_for(WANG)
    address = await uploaded(wang, workbook({"表": [HEADER, GOOD]}))
    assert (await wang.post(f"{address}/confirmation")).status_code == 303
    assert (await wang.post(f"{address}/confirmation")).status_code == 422
    await drain()
    assert (await wang.post(f"{address}/cancellation")).status_code == 422
    other = await uploaded(wang, workbook({"表": [HEADER, ["9-9-901", 1.5, "某", ""]]}))
    assert (await wang.post(f"{other}/cancellation")).status_code == 303
    async with DB.scope(EVERYWHERE):
        sql = "select content is null and state = 'cancelled' from data_import where id = $1::text::uuid"
        assert await fetchval(sql, other.rsplit("/", 1)[-1])
        assert await fetchval("select count(*) from audit where action = 'import.apply'") == 1


async def test_a_change_between_dry_run_and_confirmation_asks_again(client_for: Client) -> None:
    wang = await client_for(WANG)
    content = workbook({"表": [HEADER, GOOD]})
    first, second = await uploaded(wang, content), await uploaded(wang, content)
    await wang.post(f"{first}/confirmation")
    await drain()
    await wang.post(f"{second}/confirmation")
    await drain()
    shown = (await wang.get(second)).text
    assert "登记有了变化" in shown and "导入不会改变任何东西" in shown


async def test_changes_are_listed_with_personal_data_masked(client_for: Client) -> None:
    wang = await client_for(WANG)
    first = await uploaded(wang, workbook({"表": [HEADER, GOOD]}))
    await wang.post(f"{first}/confirmation")
    await drain()
    second = await uploaded(wang, workbook({"表": [HEADER, [*GOOD[:1], 90.5, "新业主", "19901234567"]]}))
    shown = (await wang.get(f"{second}?list=changed")).text
    assert "89.37" in shown and "90.50" in shown
    assert "199****4567" in shown and "19901234567" not in shown


@pytest.mark.parametrize("who", [SHIFU, LI, CHEN])
async def test_who_may_not_import_finds_nothing(client_for: Client, who: Character) -> None:
    stranger = await client_for(who)
    assert (await stranger.get("/imports")).status_code == 404
    assert (await upload(stranger, workbook({"表": [HEADER, GOOD]}))).status_code == 404


async def test_another_community_finds_nothing(client_for: Client) -> None:
    wang, sun = await client_for(WANG), await client_for(SUN)
    address = await uploaded(wang, workbook({"表": [HEADER, GOOD, BAD]}))
    for path in ("", "/layout", "/refused.xlsx"):
        assert (await sun.get(address + path)).status_code == 404
    for path in ("/confirmation", "/cancellation", "/layout"):
        assert (await sun.post(address + path)).status_code == 404
    assert "业主清册" not in (await sun.get("/imports")).text


async def test_old_files_are_forgotten(client_for: Client) -> None:
    from server.communities.importing.history import forget_files

    wang = await client_for(WANG)
    address = await uploaded(wang, workbook({"表": [HEADER, GOOD, BAD]}))
    async with DB.scope(EVERYWHERE):
        await execute("update data_import set created_at = now() - interval '31 days'")
        assert await forget_files() == 1
        assert await fetchval("select count(*) from data_import_row") == 0
    assert (await wang.get(f"{address}/refused.xlsx")).status_code == 404
    assert (await wang.get(address)).status_code == 200


async def test_the_sample_workbook_through_the_wizard(client_for: Client) -> None:
    wang = await client_for(WANG)
    shown = figures((await wang.get(await uploaded(wang, (FILES / "households.xlsx").read_bytes()))).text)
    assert shown["有问题、不导入的行"] == "7", "five that are spoiled, and two homes the cast lives in"
    assert int(shown["新增房屋"].replace(",", "")) > 1200
