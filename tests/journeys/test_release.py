"""A phone lives through a release, a dead line, a bug and a second tap: nothing that was typed is lost."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Error, Page, expect

from server.lib import assets
from server.lib.templating import environment
from server.routes import ROUTES
from tests.cast import CHEN, ZHOU
from tests.pwa.gallery import SAMPLES, show_sample, state, take_sample

Hand = Callable[..., Awaitable[Page]]
TEXT = "厨房水管一直滴水，已经两天了"


@pytest.fixture(autouse=True)
def practice_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the sample pages to the routes before the site starts."""
    state.taken.clear()
    state.broken = False
    monkeypatch.setattr("server.app.ROUTES", [*ROUTES, show_sample, take_sample])


@pytest.fixture
async def writing(practice_ground: None, phone: Hand) -> Page:
    """A phone under the service worker's care, with a text half written."""
    page = await phone(CHEN)
    await page.goto("/practice/owner")
    await under_worker(page)
    await page.goto("/practice/form")
    await page.fill("#f-text", TEXT)
    await page.check("input[value=water]", force=True)
    return page


async def until(page: Page, script: str) -> None:
    """Wait until `script` is true in the page; the strict policy forbids Playwright's own way."""
    for _try in range(100):
        with suppress(Error):  # the page may be on its way to the next one
            if await page.evaluate(script):
                return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {script}")


async def under_worker(page: Page) -> None:
    """Wait until the service worker controls the page."""
    await until(page, "!!navigator.serviceWorker.controller")


async def submit(page: Page) -> None:
    """Tap the form's button."""
    await page.get_by_role("button", name="提交报修").click()


async def test_a_new_release_waits_and_the_text_survives_it(
    site: str, writing: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await writing.evaluate("caches.keys()")
    monkeypatch.setattr(assets, "build", lambda: "0123456789ab")
    monkeypatch.setitem(environment().globals, "build", assets.build)
    await writing.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    banner = writing.get_by_text("有新版本")
    await expect(banner).to_be_visible()
    assert await writing.input_value("#f-text") == TEXT, "nothing changes by itself while somebody writes"
    await writing.get_by_role("button", name="更新").click()
    await until(writing, "document.querySelector('meta[name=build]')?.content === '0123456789ab'")
    await until(writing, "document.querySelector('.draft-note') !== null")
    assert await writing.input_value("#f-text") == TEXT
    assert await writing.is_checked("input[value=water]")
    assert await writing.evaluate("caches.keys()") == [*old, "shell-0123456789ab"], "the release before is kept"


async def test_without_a_line_the_offline_page_shows_and_the_text_waits(site: str, writing: Page) -> None:
    await writing.context.set_offline(True)
    await submit(writing)
    await expect(writing.get_by_text("内容还在")).to_be_visible()
    await writing.goto("/practice/desk")
    await expect(writing.get_by_role("heading", name="没有网络")).to_be_visible()
    await writing.context.set_offline(False)
    await expect(writing.get_by_role("heading", name="工单")).to_be_visible()
    await writing.goto("/practice/form")
    assert await writing.input_value("#f-text") == TEXT


async def test_a_bug_of_ours_costs_no_text(site: str, writing: Page) -> None:
    state.broken = True
    await submit(writing)
    await expect(writing.get_by_role("heading", name="系统出错了")).to_be_visible()
    await writing.goto("/practice/form")
    assert await writing.input_value("#f-text") == TEXT


async def test_a_double_tap_submits_once_and_the_text_is_then_forgotten(site: str, writing: Page) -> None:
    await writing.evaluate(
        "() => { const b = document.querySelector('[data-draft] [type=submit]'); b.click(); b.click(); b.click(); }"
    )
    await writing.wait_for_url("**/practice/owner")
    assert state.taken == [TEXT]
    await writing.goto("/practice/form")
    assert await writing.input_value("#f-text") == ""


async def test_back_from_what_was_submitted_leads_to_an_empty_form(site: str, writing: Page) -> None:
    await submit(writing)
    await writing.wait_for_url("**/practice/owner")
    await writing.go_back()
    await expect(writing.get_by_text("上次填的已经提交了")).to_be_visible()
    assert await writing.input_value("#f-text") == ""
    assert state.taken == [TEXT]
    await writing.fill("#f-text", "还有一处")
    await submit(writing)
    await writing.wait_for_url("**/practice/owner")
    assert state.taken == [TEXT, "还有一处"]


async def test_an_offered_text_can_be_thrown_away(site: str, writing: Page) -> None:
    await writing.reload()
    await writing.get_by_role("button", name="清除").click()
    assert await writing.input_value("#f-text") == ""
    await writing.reload()
    assert await writing.input_value("#f-text") == ""


async def test_dialogs_open_as_modals_and_ask_before_acting(site: str, desk: Hand) -> None:
    page = await desk(ZHOU)
    await page.goto("/practice/desk")
    await page.get_by_role("link", name="派单", exact=True).click()
    assert await page.locator("#assign").evaluate("(dialog) => dialog.matches(':modal')")
    await page.get_by_role("button", name="派单").click()
    await page.get_by_role("button", name="取消").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.name") == "q"


async def test_the_install_card_fits_the_browser(site: str, phone: Hand) -> None:
    iphone = await phone(None, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Safari/604.1")
    await iphone.goto("/practice/cards")
    await expect(iphone.get_by_text("添加到主屏幕")).to_be_visible()
    wechat = await phone(None, user_agent="Mozilla/5.0 (Linux; Android 13) Chrome/116 Mobile MicroMessenger/8.0.47")
    await wechat.goto("/practice/cards")
    await expect(wechat.get_by_role("heading", name="请在浏览器中打开")).to_be_visible()
    await wechat.get_by_role("button", name="知道了").click()
    await wechat.reload()
    await expect(wechat.get_by_role("heading", name="请在浏览器中打开")).to_be_hidden()


@pytest.mark.parametrize("name", [*SAMPLES, "/install", "/offline", "/nothing-here"])
async def test_every_component_is_accessible_and_fits(site: str, phone: Hand, desk: Hand, name: str) -> None:
    for hand in (phone, desk):
        page = await hand(ZHOU, bypass_csp=True)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.goto(name if name.startswith("/") else f"/practice/{name}")
            found: dict[str, Any] = (await Axe().run(page)).response
            assert [(v["id"], [node["html"][:100] for node in v["nodes"]]) for v in found["violations"]] == []
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
