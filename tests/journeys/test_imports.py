"""The office brings its spreadsheet in, on the desk and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE, execute
from tests.cast import WANG, ZHOU
from tests.journeys.conftest import shoot
from tests.support.workbooks import workbook

HOUSEHOLDS = Path(__file__).parents[1] / "files" / "households.xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def choose(page: Page, file: Any) -> None:
    await page.goto("/imports")
    await page.get_by_label("表格文件").set_input_files(file)
    await page.get_by_role("button", name="上传并试算").click()


@pytest.mark.journey
async def test_a_clerk_imports_the_register_and_watches_it_go_in(desk: Callable[..., Any]) -> None:
    zhou = await desk(ZHOU)
    await choose(zhou, HOUSEHOLDS)
    await expect(zhou.get_by_text("试算结果：还没有写入")).to_be_visible(timeout=60_000)
    await expect(zhou.get_by_text("面积是负数")).to_be_visible()
    await shoot(zhou, "import-desk-planned")
    await zhou.get_by_role("button", name="确认导入").click()
    await expect(zhou.get_by_text(re.compile("^已于"))).to_be_visible(timeout=30_000)
    await shoot(zhou, "import-desk-done")
    async with zhou.expect_download() as download:
        await zhou.get_by_role("link", name=re.compile("下载有问题的行")).click()
    assert (await download.value).suggested_filename == "households-待改正.xlsx"
    await zhou.goto("/imports")
    await expect(zhou.get_by_role("link", name="households.xlsx")).to_be_visible()
    await shoot(zhou, "import-desk-history")


@pytest.mark.journey
async def test_unknown_headings_are_mapped_on_a_phone(phone: Callable[..., Any]) -> None:
    wang = await phone(WANG)
    odd = workbook({"表": [["甲", "乙", "丙"], ["9-2-101", "张三", 89.37], ["9-2-102", "李四", -1]]})
    await choose(wang, {"name": "别家软件导出.xlsx", "mimeType": XLSX, "buffer": odd})
    await expect(wang.get_by_label("A 列是什么")).to_be_visible(timeout=60_000)
    await wang.get_by_label("A 列是什么").select_option("place")
    await wang.get_by_label("B 列是什么").select_option("name")
    await wang.get_by_label("C 列是什么").select_option("gross_area")
    await shoot(wang, "import-phone-mapping")
    await wang.get_by_role("button", name="保存并试算").click()
    await expect(wang.get_by_text("试算结果：还没有写入")).to_be_visible(timeout=60_000)
    await shoot(wang, "import-phone-planned")
    await wang.get_by_role("button", name="确认导入").click()
    await expect(wang.get_by_text(re.compile("^已于"))).to_be_visible(timeout=60_000)
    await shoot(wang, "import-phone-done")
    assert await wang.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.journey
async def test_a_page_that_waits_goes_on_by_itself_to_the_columns_nobody_knows(desk: Callable[..., Any]) -> None:
    zhou = await desk(ZHOU)
    odd = workbook({"表": [["甲", "乙"], ["9-2-101", "张三"]]})
    await choose(zhou, {"name": "未知.xlsx", "mimeType": XLSX, "buffer": odd})
    await expect(zhou).to_have_url(re.compile("/layout$"), timeout=60_000)
    address = zhou.url.removesuffix("/layout")
    await stands_at("reading", address)
    await zhou.goto(address)
    await expect(zhou.get_by_text("正在读取表格")).to_be_visible()
    await stands_at("mapping", address)
    await expect(zhou).to_have_url(re.compile("/layout$"))
    await expect(zhou.get_by_label("A 列是什么")).to_be_visible()


async def stands_at(state: str, address: str) -> None:
    """Put the import of `address` into `state`."""
    async with DB.scope(EVERYWHERE):
        await execute("update data_import set state = $1 where id = $2::uuid", state, address.rpartition("/")[2])
