"""A phone without a line, or with a bad one: what is written is kept, shown, and reaches the server exactly once."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from server.config import settings
from server.db import DB, EVERYWHERE, execute, fetch, fetchval
from server.embedded.processes import free_port
from server.lib import assets
from server.lib.templating import environment
from tests.cast import COMMUNITIES, SHIFU, SUN, ZHAO
from tests.field.conftest import ON_IPHONES, until
from tests.journeys.conftest import LATE
from tests.storage.pictures import encoded, picture
from tests.support import notebook
from tests.support.notebook import note, notes

Hand = Callable[..., Awaitable[Page]]

RECORDS = """async (store) => {
  const { databases } = { databases: await indexedDB.databases() };
  const name = databases.map((one) => one.name).find((one) => one.startsWith("out-") && one.includes(document.body.dataset.account));
  const database = await new Promise((done) => { indexedDB.open(name).onsuccess = ({ target }) => done(target.result); });
  const found = await new Promise((done) => { database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => done(target.result); });
  database.close();
  return found.map((one) => (one instanceof ArrayBuffer ? one.byteLength : one));
}"""


EMPTY = """(async () => {
  const found = (await indexedDB.databases()).find(({ name }) => name.startsWith("rep-"));
  if (!found) return true;
  const database = await new Promise((done) => {
    const request = indexedDB.open(found.name);
    request.onupgradeneeded = () => request.transaction.abort(); // it went away meanwhile, and must not be made again from here
    request.onerror = () => done(null);
    request.onsuccess = () => done(request.result);
  });
  if (!database) return true;
  const n = await new Promise((done) => { database.transaction("doc").objectStore("doc").count().onsuccess = ({ target }) => done(target.result); });
  database.close();
  return n === 0;
})()"""
"""Whether the phone holds no documents."""


async def write(page: Page, text: str) -> None:
    """Write a note."""
    await page.fill("#new input[name=text]", text)
    await page.get_by_role("button", name="写下").click()
    await expect(page.locator("#notes")).to_contain_text(text)


async def texts() -> list[str]:
    """Return the texts of the server's notes."""
    return [row["text"] for row in await notes()]


async def states(page: Page) -> list[str]:
    """Return the states of the operations on this phone, in their order."""
    found = await page.evaluate(RECORDS, "op")
    return [record["state"] for record in sorted(found, key=lambda record: record["seq"])]


async def synced(page: Page) -> None:
    """Wait until nothing is left to send."""
    await expect(page.locator("[data-sync]")).to_have_text("已同步", timeout=60_000)


async def online(page: Page) -> None:
    """Tell the page that the line is back."""
    await page.evaluate("window.dispatchEvent(new Event('online'))")


async def test_what_is_written_without_a_line_is_there_after_a_reload_and_then_sent(walker: Hand) -> None:
    await note("水泵房漏水")
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await write(page, "三号楼灯坏了")
    await page.reload()
    await expect(page.locator("#notes li")).to_have_count(2)
    await expect(page.locator("[data-sync]")).to_have_text("无信号 · 1 条待发")
    await page.context.set_offline(False)
    await synced(page)
    assert await texts() == ["水泵房漏水", "三号楼灯坏了"]


async def test_the_worker_makes_the_same_page_as_the_server(walker: Hand) -> None:
    one = await note('水泵房<漏水> & "急"')
    await note("车库", done=True)
    page = await walker(ZHAO)
    for path in ("/field/notes", f"/field/notes/{one}", "/field/sync"):
        made = await page.evaluate(
            "async (path) => { const answer = await fetch(path); return [answer.headers.get('x-made-here'), await answer.text(),"
            " Object.fromEntries(answer.headers)]; }",
            path,
        )
        served = await page.context.request.get(path)
        assert made[0], path
        token = re.compile(r"[0-9a-f]{64}|<input type=\"hidden\" name=\"_op\" value=\"[0-9a-f-]{36}\">")
        assert token.sub("", made[1]) == token.sub("", await served.text())
        for name in (
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "cache-control",
            "permissions-policy",
        ):
            assert made[2][name] == served.headers[name]


NETWORK = """
const real = fetch;
const state = (window.network = { faults: JSON.parse(sessionStorage.faults ?? "[]"), tried: 0 });
window.fetch = async (path, init) => {
  if (!String(path).startsWith("/sync/")) return real(path, init);
  const fault = state.faults[state.tried++ % state.faults.length];
  if (!fault) return real(path, init);
  if (fault === "cut") throw new TypeError("Failed to fetch");
  if (fault !== "lost") return fault.path ? real(fault.path, { redirect: init.redirect }) : new Response(fault.body, { status: fault.status, headers: { "content-type": fault.type } });
  await real(path, init);
  state.faults = [];
  throw new TypeError("Failed to fetch");
};
"""
"""A network in the page's hands: `network.faults` says what becomes of the next requests of the sync, in turn."""


async def spoil(page: Page, *faults: Any) -> None:
    """Have the network do this to every request of the sync, in turn; without faults it is whole."""
    await page.evaluate(
        "(faults) => { network.faults = faults; network.tried = 0; sessionStorage.faults = JSON.stringify(faults); }",
        list(faults),
    )


async def test_an_answer_that_is_lost_costs_nothing_and_doubles_nothing(walker: Hand) -> None:
    page = await walker(ZHAO, network=NETWORK)
    await spoil(page, "lost")
    await write(page, "灭火器压力不足")
    await until(page, "network.faults.length === 0")
    assert await states(page) == ["pending"]
    assert await texts() == ["灭火器压力不足"]
    await online(page)
    await synced(page)
    assert await texts() == ["灭火器压力不足"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from sync_op") == 1


async def test_a_portal_a_proxy_or_a_redirect_change_nothing(walker: Hand) -> None:
    page = await walker(ZHAO, network=NETWORK)
    faults = [
        {"path": "/offline"},
        {"path": "/"},
        {"path": "/manifest.webmanifest"},
        {"status": 200, "type": "text/html", "body": "<title>Wi-Fi</title>"},
        {"status": 200, "type": "application/json", "body": '{"epoch":"x","now":1,"results":[{"id":"x","outcome":"applied"}]}'},
        {"status": 502, "type": "text/html", "body": "Bad gateway"},
        {"status": 200, "type": "application/json", "body": '{"results":'},
        "cut",
    ]  # fmt: skip
    await spoil(page, *faults)
    await write(page, "电梯异响")
    for turn in range(len(faults)):
        await online(page)
        await until(page, f"network.tried > {turn}")
    assert await states(page) == ["pending"]
    await spoil(page)
    await online(page)
    await synced(page)
    assert await texts() == ["电梯异响"]


async def test_after_the_session_has_ended_work_is_still_sent_with_the_phones_own_token(walker: Hand) -> None:
    page = await walker(ZHAO)
    async with DB.scope(EVERYWHERE):
        await execute("delete from session where account_id = $1", ZHAO.account_id)
    await write(page, "门禁坏了")
    await until(page, "document.querySelector('[data-sync]').textContent !== '1 条待发'")
    for _try in range(100):
        if await texts():
            break
        await page.wait_for_timeout(50)
    assert await texts() == ["门禁坏了"]
    assert await states(page) == ["applied"]


async def test_two_tabs_number_their_work_without_gaps_and_send_it_once(walker: Hand) -> None:
    page = await walker(ZHAO)
    other = await page.context.new_page()
    await other.goto("/field/notes")
    await page.context.set_offline(True)
    await asyncio.gather(write(page, "甲"), write(other, "乙"))
    await write(page, "丙")
    await expect(other.locator("#notes li")).to_have_count(3)
    await page.context.set_offline(False)
    await synced(page)
    await synced(other)
    assert sorted(await texts()) == sorted(["甲", "乙", "丙"])
    async with DB.scope(EVERYWHERE):
        assert [row["seq"] for row in await fetch("select seq from sync_op order by seq")] == [1, 2, 3]


async def test_where_the_system_wakes_the_worker_it_sends_for_the_page(walker: Hand) -> None:
    page = await walker(ZHAO, network=NETWORK, background=True)
    await spoil(page, "cut")
    await write(page, "页面发不出去")
    await synced(page)
    assert await texts() == ["页面发不出去"]


async def test_a_double_tap_saves_once(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.fill("#new input[name=text]", "水压低")
    await page.evaluate(
        "() => { const b = document.querySelector('#new .btn-primary'); b.click(); b.click(); b.click(); }"
    )
    await expect(page.locator("#notes li")).to_have_count(1)
    await synced(page)
    assert await texts() == ["水压低"]


async def test_what_the_rules_refuse_is_said_beside_the_form_and_not_saved(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.get_by_role("button", name="写下").click()
    await expect(page.locator("#new [data-problem]")).to_have_text("写点什么")
    assert await states(page) == []


async def test_a_new_release_in_the_middle_of_a_form_costs_neither_text_nor_work(
    walker: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await write(page, "旧版写的")
    await page.fill("#new input[name=text]", "写了一半")
    await page.context.set_offline(False)
    monkeypatch.setattr(assets, "build", lambda: "0123456789ab")
    monkeypatch.setattr("server.field.release.build", lambda: "0123456789ab")
    monkeypatch.setitem(environment().globals, "build", assets.build)
    notebook.forget()
    await page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    await expect(page.get_by_text("有新版本")).to_be_visible()
    assert await page.input_value("#new input[name=text]") == "写了一半"
    await page.get_by_role("button", name="写下").click()
    await expect(page.locator("#notes li")).to_have_count(2)
    await page.get_by_role("button", name="更新").click()
    await until(page, "document.querySelector('meta[name=build]')?.content === '0123456789ab'")
    await synced(page)
    assert sorted(await texts()) == sorted(["旧版写的", "写了一半"])


async def test_typed_text_survives_what_arrives_meanwhile(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.fill("#new input[name=text]", "还没写完")
    await note("别人写的")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_timeout(10_000)
    await online(page)
    await expect(page.locator("#notes")).to_contain_text("别人写的")
    assert await page.input_value("#new input[name=text]") == "还没写完"


async def test_another_person_on_the_same_phone_sees_nothing_and_the_first_ones_work_is_sent(walker: Hand) -> None:
    await note("赵强看得到")
    page = await walker(ZHAO, network=NETWORK)
    await spoil(page, "cut")
    await write(page, "赵强写的")
    await page.goto("/me")
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_role("dialog")).to_contain_text("还有没发出去的记录")
    await page.get_by_role("button", name="留着，退出").click()
    await page.wait_for_url("**/sign-in**")
    names = await page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert [name for name in names if name.startswith("rep-")] == []
    assert [name for name in names if name.startswith("out-")] == [f"out-{ZHAO.account_id}"]
    answer = await page.goto("/field/notes")
    assert "/sign-in" in page.url
    assert answer is not None
    assert "赵强看得到" not in await page.content()
    await signed_in(page, SHIFU)
    await spoil(page)
    await page.goto("/field/notes")
    await expect(page.locator("[data-sync]")).to_be_visible()
    for _try in range(100):
        if len(await notes()) == 2:
            break
        await page.wait_for_timeout(50)
    assert [row["account_id"] for row in await notes() if row["text"] == "赵强写的"] == [ZHAO.account_id]


async def choose(page: Page, *pictures: bytes) -> None:
    """Pick photos for the new note."""
    async with page.expect_file_chooser() as chooser:
        await page.locator("#new [data-gallery-pick]").click()
    files = [{"name": f"现场{n}.jpg", "mimeType": "image/jpeg", "buffer": data} for n, data in enumerate(pictures)]
    await (await chooser.value).set_files(files)  # type: ignore[arg-type]


async def test_a_photo_chosen_before_the_script_is_there_is_taken(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.add_init_script(LATE % "field-photos")
    await page.reload()
    await page.set_input_files(
        "#new input[type=file]", [{"name": "快.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture(600, 400))}]
    )
    await until(page, "!!window.arrive")
    await page.evaluate("window.arrive()")
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)


async def test_a_file_that_is_no_photo_is_not_kept(walker: Hand) -> None:
    page = await walker(ZHAO)
    files = [("报告.pdf", "application/pdf", b"%PDF-1.4"), ("现场.jpg", "image/jpeg", encoded(picture(600, 400)))]
    await page.set_input_files(
        "#new input[type=file]", [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
    )
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await expect(page.locator("#new field-photos")).to_contain_text("这不是照片")
    assert len(await page.evaluate(RECORDS, "draft")) == 1


async def test_a_photo_survives_a_killed_page_is_shown_before_it_is_sent_and_let_go_after(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await choose(page, encoded(picture(4000, 3000)))
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await page.reload()
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await write(page, "配电房")
    await expect(page.locator("#new .photo-item")).to_have_count(0)
    await expect(page.locator("#notes img")).to_have_js_property("naturalWidth", 1600)
    assert len(await page.evaluate(RECORDS, "bytes")) == 1
    await page.context.set_offline(False)
    await synced(page)
    (photo,) = await page.evaluate(RECORDS, "photo")
    assert photo["verified"]
    async with DB.scope(EVERYWHERE):
        (row,) = await fetch("select id, width, entity from photo where size > 0")
    assert (str(row["id"]), row["width"], row["entity"]) == (photo["id"], 1600, "note")
    await page.reload()
    await expect(page.locator("#notes img")).to_have_js_property("naturalWidth", 1600)


async def test_a_full_phone_refuses_photos_and_takes_text(walker: Hand) -> None:
    page = await walker(ZHAO, quota=1_500_000)
    await page.context.set_offline(True)
    await choose(page, encoded(Image.frombytes("RGB", (1600, 1600), os.urandom(1600 * 1600 * 3))))
    await expect(page.locator("#new [data-status]")).to_contain_text("手机空间不足")
    await expect(page.locator("#new .photo-item")).to_have_count(0)
    await page.fill("#new input[name=text]", "文字照常")
    await page.get_by_role("button", name="写下").click()
    await expect(page.locator("[data-sync]")).to_have_text("无信号 · 1 条待发")
    assert await states(page) == ["pending"]
    await page.context.set_offline(False)
    await synced(page)
    assert await texts() == ["文字照常"]


async def test_an_outbox_deleted_by_hand_leaves_a_gap_that_the_server_sees(walker: Hand) -> None:
    page = await walker(ZHAO)
    await write(page, "第一条")
    await synced(page)
    await page.context.set_offline(True)
    await write(page, "第二条")
    await write(page, "第三条")
    await page.evaluate(
        "new Promise((done) => { indexedDB.deleteDatabase('out-' + document.body.dataset.account).onsuccess = done; })"
    )
    await page.reload()  # before the line is back: a page that was about to send still has in mind what is deleted
    await page.context.set_offline(False)
    await write(page, "第四条")
    await synced(page)
    assert await texts() == ["第一条", "第四条"]
    async with DB.scope(EVERYWHERE):
        (device,) = await fetch("select next_seq, missing from sync_device")
    assert (device["next_seq"], device["missing"]) == (5, 2)


PROXY = """
import asyncio, sys
async def pipe(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        print("up", flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


async def test_while_the_server_is_frozen_pages_and_taps_answer(walker: Hand, site: str) -> None:
    one = await note("水泵房")
    port = free_port()
    words = (sys.executable, "-c", PROXY, str(port), site.rsplit(":", 1)[1])
    proxy = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        assert proxy.stdout is not None
        await proxy.stdout.readline()
        page = await walker(ZHAO, f"http://localhost:{port}/field/notes")
        os.kill(proxy.pid, signal.SIGSTOP)
        await page.goto(f"http://localhost:{port}/field/notes/{one}")
        await page.fill("#change input[name=text]", "水泵房二号泵")
        await page.get_by_role("button", name="改").click()
        await expect(page.locator("#text")).to_have_text("水泵房二号泵")
        await page.goto(f"http://localhost:{port}/field/notes")
        await page.get_by_role("button", name="勾").click()
        await expect(page.locator(".done")).to_have_text("完成")
        os.kill(proxy.pid, signal.SIGCONT)
        await online(page)
        await synced(page)
        assert [(row["text"], row["done"]) for row in await notes()] == [("水泵房二号泵", True)]
    finally:
        os.kill(proxy.pid, signal.SIGCONT)
        proxy.kill()
        await proxy.wait()


async def test_a_conflict_stays_in_the_centre_until_the_person_decides(walker: Hand) -> None:
    one = await note("阀门渗水")
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await page.goto(f"/field/notes/{one}")
    await page.fill("#change input[name=text]", "阀门已拧紧")
    await page.get_by_role("button", name="改").click()
    await expect(page.locator("#text")).to_have_text("阀门已拧紧")
    async with DB.scope(EVERYWHERE):
        await execute("update note set text = '阀门要换', version = 2, changed_by = '李电' where id = $1", one)
    await page.context.set_offline(False)
    await expect(page.locator("[data-sync]")).to_have_text("1 条要处理")
    await expect(page.locator("#text")).to_have_text("阀门要换")
    await page.locator("[data-sync]").click()
    item = page.locator("[data-part=troubles] .sync-item")
    await expect(item).to_contain_text("李电已经改成：阀门要换")
    await expect(item).to_contain_text("阀门已拧紧")
    await item.get_by_role("button", name="重新提交").click()
    await synced(page)
    assert await texts() == ["阀门已拧紧"]
    assert await states(page) == ["resolved", "applied"]


async def test_a_tap_is_not_lost_when_the_list_is_looked_through_again_under_the_finger(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await write(page, "东门岗亭")
    await page.goto("/field/sync")
    item = page.locator("[data-part=waiting] .sync-item")
    button = item.get_by_role("button", name="导出")
    await expect(button).to_be_visible()
    await item.evaluate("(item) => { window.first = item; }")
    await button.hover()
    await page.mouse.down()
    await page.evaluate("document.dispatchEvent(new CustomEvent('field', { detail: { type: 'flushed' } }))")
    await page.wait_for_timeout(500)
    async with page.expect_download():
        await page.mouse.up()
    assert await item.evaluate("(item) => item === window.first")


async def test_stuck_work_leaves_as_a_file_and_arrives_once(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await choose(page, encoded(picture(600, 400)))
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await write(page, "只在这部手机里")
    await page.goto("/field/sync")
    async with page.expect_download() as download:
        await page.locator(".action-bar [data-do=export]").click()
    path = await (await download.value).path()
    other = await walker(ZHAO, is_mobile=False, has_touch=False)
    await other.goto("/field/sync")
    await until(other, "!document.querySelector('sync-centre').hidden")
    for turn in range(2):
        await other.set_input_files("[name=file]", path)
        await expect(other.get_by_text(f"导入了 {1 - turn} 条")).to_be_visible()
        await expect(other.locator("[data-part=calm]")).to_be_visible(timeout=60_000)
    async with asyncio.timeout(60):  # both signs stood there before the file was read, too
        while await texts() != ["只在这部手机里"]:
            await asyncio.sleep(0.1)
    await synced(other)
    await page.context.set_offline(False)
    await synced(page)
    assert await texts() == ["只在这部手机里"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo where size > 0") == 1


async def test_work_thrown_away_says_why(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.context.set_offline(True)
    await write(page, "写错了")
    await page.goto("/field/sync")
    await page.locator("[data-do=discard]").click()
    await page.fill("dialog textarea", "重复了")
    await page.get_by_role("dialog").get_by_role("button", name="不要了").click()
    await page.context.set_offline(False)
    await online(page)
    await synced(page)
    async with DB.scope(EVERYWHERE):
        (row,) = await fetch("select outcome, message from sync_op")
    assert row["outcome"] == "discarded"
    assert await texts() == []


async def test_the_switch_empties_the_copy_and_never_the_outbox(walker: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    await note("副本里的")
    page = await walker(ZHAO, network=NETWORK)
    await page.context.set_offline(True)
    await write(page, "还没发")
    assert not await page.evaluate(EMPTY)
    await spoil(page, "cut")
    await page.context.set_offline(False)
    other = await page.context.new_page()
    await other.goto("/field/notes")
    for module in ("server.pwa.controllers", "server.sync.feed"):
        monkeypatch.setattr(f"{module}.settings", replace(settings, field_offline=False))
    await page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    await page.get_by_role("button", name="更新").click()
    await until(page, EMPTY)
    async with other.expect_response("**/sync/pull") as pulled:
        await online(other)
    await (await pulled.value).finished()
    await until(other, EMPTY)
    await other.reload()
    await spoil(page)
    await page.goto("/field/notes")
    await expect(page.locator("#notes")).to_contain_text("还没发")
    assert await texts() == ["副本里的", "还没发"]


HELD = """
const real = fetch;
window.pull = { asked: 0 };
window.fetch = async (path, init) => {
  if (String(path) !== "/sync/pull") return real(path, init);
  window.pull.asked++;
  if (!window.pull.cut) await new Promise((go) => { window.pull.go = go; });
  if (window.pull.cut) throw new TypeError("Failed to fetch");
  return real(path, init);
};
"""
"""A line on which each pull waits for `pull.go()`; with `pull.cut` it fails."""


async def tapped(phone_of: Any) -> Page:
    """Return the page of a new phone that has pulled nothing yet, after a tap on 勾."""
    page: Page = await phone_of(ZHAO)
    await page.add_init_script(HELD + ON_IPHONES)
    await page.goto("/field/notes")
    await until(page, "!!navigator.serviceWorker.controller && !!pull.go")
    await page.get_by_role("button", name="勾").click()
    await until(page, "!!document.querySelector('form[data-saving]')")
    return page


async def test_a_tap_before_the_first_pull_waits_for_it_and_goes_through(practice: None, phone_of: Hand) -> None:
    await note("水泵房")
    page = await tapped(phone_of)
    assert await states(page) == []
    await page.evaluate("pull.go()")
    await expect(page.locator(".done")).to_have_text("完成")
    await page.evaluate("pull.cut = true; pull.go()")
    for _try in range(100):
        if (await notes())[0]["done"]:
            break
        await page.wait_for_timeout(50)
    assert (await notes())[0]["done"]


async def test_a_tap_before_the_first_pull_is_judged_by_what_it_brings(practice: None, phone_of: Hand) -> None:
    one = await note("车库")
    page = await tapped(phone_of)
    async with DB.scope(EVERYWHERE):
        await execute("update note set done = true, version = 2 where id = $1", one)
    await page.evaluate("pull.go()")
    await expect(page.locator("#notes [data-problem]")).to_contain_text("已经勾过了")
    assert await states(page) == []


async def test_a_tap_before_a_first_pull_that_never_comes_is_left_to_the_server(practice: None, phone_of: Hand) -> None:
    await note("水泵房")
    page = await tapped(phone_of)
    await page.evaluate("pull.cut = true; pull.go()")
    await expect(page.locator(".done")).to_have_text("完成")
    assert (await notes())[0]["done"]
    assert await states(page) == ["applied"]


KEPT = """async (account) => {
  const cache = await caches.open("photos-" + account);
  return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}"""
"""The addresses of the photos that the worker keeps for somebody, the oldest first."""


async def photographed(page: Page) -> str:
    """Write a note with a photo, have it sent and let go by the phone; return the photo's address."""
    await choose(page, encoded(picture(600, 400)))
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await write(page, "配电房")
    await synced(page)
    address = await page.locator("#notes img").first.get_attribute("src")
    assert address is not None
    return address


async def signed_in(page: Page, who: Any) -> None:
    """Sign somebody else in on this phone, without a sign-out of the person before."""
    from server.security.sessions import open_session

    async with DB.scope(EVERYWHERE):
        token = await open_session(
            who.account_id, community_id=COMMUNITIES[who.community], ip="127.0.0.1", user_agent="journey"
        )
    origin = await page.evaluate("location.origin")
    await page.context.add_cookies([{"name": "sid", "value": token, "url": origin, "httpOnly": True}])


async def test_photos_of_others_are_kept_for_the_person_who_saw_them_the_last_ones_only(
    walker: Hand, practice: None
) -> None:
    address = await photographed(await walker(ZHAO))
    page = await walker(SHIFU)
    mine = SHIFU.account_id
    await page.evaluate(
        """async (account) => {
          const cache = await caches.open("photos-" + account);
          for (let n = 0; n < 305; n++) await cache.put("/field/photo/" + n, new Response("x"));
          await cache.delete(location.origin + document.querySelector("#notes img").getAttribute("src"));
        }""",
        str(mine),
    )
    await page.evaluate("(address) => fetch(address).then((answer) => answer.blob())", address)
    kept = await page.evaluate(KEPT, str(mine))
    assert (len(kept), kept[-1], kept[0]) == (300, address, "/field/photo/6")
    await signed_in(page, SUN)
    await page.goto("/me")
    await expect(page.locator("[data-sync]")).to_have_text("已同步")
    assert await page.evaluate("(address) => fetch(address).then(({ status }) => status)", address) == 404


async def test_whoever_signs_out_takes_the_photos_that_were_kept_along(walker: Hand, practice: None) -> None:
    address = await photographed(await walker(ZHAO))
    page = await walker(SHIFU)
    await page.reload()
    await until(page, f"caches.match('{address}').then(Boolean)")
    await page.goto("/me")
    await page.get_by_role("button", name="退出登录").click()
    await page.wait_for_url("**/sign-in**")
    await until(page, "caches.keys().then((names) => names.every((name) => name.startsWith('shell-')))")


async def test_a_photo_that_lies_with_the_server_says_so_until_there_is_a_signal(
    practice: None, walker: Hand, phone_of: Hand
) -> None:
    address = await photographed(await walker(ZHAO))
    page = await phone_of(SHIFU)
    await page.add_init_script("Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined });")
    await page.route("**/field/photo/**", lambda route: route.abort())
    await page.goto("/field/notes")
    away = page.locator("#notes .photo-away")
    await expect(away).to_have_text("照片在服务器上，有信号时再看")
    await expect(page.locator("#notes img")).to_be_hidden()
    await note("新来的")
    await page.fill("#new input[name=text]", "再来一条")
    await page.get_by_role("button", name="写下").click()
    await expect(page.locator("#notes")).to_contain_text("新来的")
    await expect(away).to_have_count(1)
    await page.unroute("**/field/photo/**")
    await online(page)
    await expect(page.locator(f"#notes img[src='{address}']")).to_have_js_property("naturalWidth", 600)
    await expect(page.locator("#notes img")).to_be_visible()
    await expect(away).to_have_count(0)
