"""A guard without a line on a phone four times slower than this machine: how long pages, taps and photos take. On the demonstration's data,
with what a guard ticks in a month lying on the phone as receipts."""

import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page

from tests.bench.photos import small_photo
from tests.bench.slowing import slowed

SLOWER = 4.0
PAGES = 16
THUMB = 400
"""Milliseconds a thumb needs at least from one row to the next."""

WARM, COLD = 4, 2
TAPS = 20
"""Taps at one point of a round, so that the slowest of them is not the whole 95th percentile."""

RECEIPTS = 10_000
REMEMBER = """async (many) => {
  const { name } = (await indexedDB.databases()).find((one) => one.name.startsWith("out-"));
  const asked = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = reject; });
  const database = await asked(indexedDB.open(name));
  const [record] = await asked(database.transaction("op").objectStore("op").getAll(null, 1));
  const transaction = database.transaction("op", "readwrite");
  const done = Date.now() - 86_400_000;
  for (let i = 0; i < many; i++) {
    const id = crypto.randomUUID();
    transaction.objectStore("op").put({ ...record, id, state: "applied", settled: 0, done, op: { ...record.op, id, entity: crypto.randomUUID() } });
  }
  await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onabort = reject; });
  database.close();
}"""
SPIN = "() => { const begun = performance.now(); let x = 0; for (let i = 0; i < 3e7; i++) x = (x * 31 + i) | 0; return performance.now() - begun; }"
COMPLETE = """() => { const [one] = performance.getEntriesByType("navigation"); return { html: one.responseEnd - one.startTime,
  ready: one.domContentLoadedEventEnd - one.startTime, worker: one.workerStart > 0, status: one.responseStatus, bytes: one.decodedBodySize }; }"""
LINKS = "() => [...document.querySelectorAll('a[href^=\"/field/\"]')].map((a) => a.getAttribute('href').split('#')[0]).filter((href) => !/photo|[?]/.test(href))"
TAP = """async (selector) => {
  const button = document.querySelector(selector);
  if (!button) return null;
  const { value, name } = button, item = button.closest("section")?.id;
  const begun = performance.now();
  button.click();
  return new Promise((resolve) => {
    const over = () => resolve(performance.now() - begun);
    const look = () => {
      const now = document.querySelector(`#${item} button[name="${name}"][value="${value}"]`);
      if (now?.getAttribute("aria-pressed") === "true") { watcher.disconnect(); requestAnimationFrame(over); }
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.body, { subtree: true, childList: true, attributes: true });
    setTimeout(() => resolve(-1), 10000);
  });
}"""
KEPT = """() => new Promise((resolve) => {
  const begun = performance.now();
  const look = () => {
    const picture = document.querySelector("field-photos [data-id][data-state=kept] img");
    if (picture?.complete || performance.now() - begun > 60000) resolve(performance.now() - begun);
    else requestAnimationFrame(look);
  };
  look();
})"""


async def measure(context: BrowserContext, address: str) -> dict[str, Any]:
    """Walk through the field pages; return the figures in milliseconds."""
    page = await context.new_page()
    page.set_default_timeout(60_000)
    await get_ready(page, address)
    paths = await find_pages(page, address)
    await page.evaluate(REMEMBER, RECEIPTS)
    fast = await page.evaluate(SPIN)
    await context.set_offline(True)
    with slowed(SLOWER):
        factor = await page.evaluate(SPIN) / fast
        htmls = await open_all(context, page, address, paths)
    with slowed(SLOWER):
        taps = await tick(page, address, paths)
        with tempfile.TemporaryDirectory() as folder:
            photo = await photograph(page, address, Path(folder))
    await page.close()
    return {
        "real_slowdown": round(factor, 1),
        "receipts": RECEIPTS,
        "pages": htmls,
        "taps": taps,
        "photo_12_megapixels": photo,
    }


async def get_ready(page: Page, address: str) -> None:
    """Open the app and wait until everything for the shift is on the phone."""
    await page.goto(f"{address}/field/rounds")
    for _ in range(600):
        if await page.evaluate(
            "() => !!navigator.serviceWorker.controller && document.querySelector('field-ready')?.textContent.startsWith('可离线')"
        ):
            break
        await page.wait_for_timeout(100)
    else:
        raise RuntimeError("the phone never became ready for the basement")
    for _ in range(3):  # a round to walk
        button = page.locator("form[action='/field/do/round.start'] button:not([disabled])")
        for href in await page.evaluate(LINKS):
            await page.goto(address + href)
            if await button.count():
                if await page.locator("#f-partner").count():
                    await page.fill("#f-partner", "同行人")
                await button.first.click()
                await page.wait_for_timeout(500)
                await page.goto(f"{address}/field/rounds")
                return
        return


async def find_pages(page: Page, address: str) -> list[str]:
    """Return field pages of this phone: the lists, and what they lead to, one of each pattern first."""
    found: dict[str, list[str]] = {}
    todo, seen = ["/field/rounds", "/field/hazards", "/field/meters", "/field/sync", "/field/hazards/new"], set()
    while todo and len(seen) < 60:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = await page.goto(address + path)
        if answer is None or not answer.ok or not urlsplit(page.url).path.startswith("/field/"):
            continue
        found.setdefault(pattern(path), []).append(path)
        todo += [href for href in await page.evaluate(LINKS) if len(found.get(pattern(href), [])) < 2]
    rows = list(found.values())
    return [row[number] for number in range(2) for row in rows if len(row) > number][:PAGES]


def pattern(path: str) -> str:
    """Return `path` without what is different for each document."""
    return "/".join("*" if any(sign.isdigit() for sign in part) else part for part in path.split("/"))


async def open_all(context: BrowserContext, page: Page, address: str, paths: list[str]) -> dict[str, Any]:
    """Open each page WARM times, and COLD times with the worker stopped before."""
    session = await context.new_cdp_session(page)
    await session.send("ServiceWorker.enable")
    warm: list[float] = []
    cold: list[float] = []
    each: dict[str, Any] = {}
    for path in paths:
        mine = []
        for number in range(WARM + COLD):
            if number >= WARM:
                await session.send("ServiceWorker.stopAllWorkers")
            await page.goto(address + path)
            seen = await page.evaluate(COMPLETE)
            if seen["status"] != 200:
                raise RuntimeError(f"{path} without a line answers {seen['status']}")
            (cold if number >= WARM else warm).append(seen["html"])
            mine.append(seen["html"])
        each[pattern(path)] = {
            "middle_ms": round(sorted(mine)[len(mine) // 2]),
            "most_ms": round(max(mine)),
            "kilobytes": round(seen["bytes"] / 1000, 1),
        }
    return {"pages": len(paths), "p95_ms": round(percentile(warm + cold, 95)), "wanted_p95_ms_below": 250, "warm_p50_ms": round(percentile(warm, 50)),
            "warm_p95_ms": round(percentile(warm, 95)), "cold_worker_p95_ms": round(percentile(cold, 95)), "each": each}  # fmt: skip


def percentile(times: list[float], percent: float) -> float:
    """Return the time within which `percent` of all are."""
    ordered = sorted(times)
    return ordered[min(len(ordered) * int(percent) // 100, len(ordered) - 1)] if ordered else -1.0


async def tick(page: Page, address: str, paths: list[str]) -> dict[str, Any]:
    """Tick items of points of a round."""
    times = []
    for path in [one for one in paths if "/points/" in one]:
        await page.goto(address + path)
        if await page.locator("#f-reason").count():
            await page.evaluate("() => document.querySelector('#f-reason').closest('details').setAttribute('open', '')")
            await page.fill("#f-reason", "码被撕掉")
            await page.locator("form:has(#f-reason) button[type=submit]").click()
            await page.wait_for_selector(".check-item")
        for _ in range(TAPS):
            await page.wait_for_timeout(THUMB)
            taken = await page.evaluate(TAP, "button.tri-face[name=value][aria-pressed=false]")
            if taken is not None:
                times.append(taken)
    return {
        "taps": len(times),
        "p50_ms": round(percentile(times, 50)),
        "p95_ms": round(percentile(times, 95)),
        "wanted_ms_below": 150,
    }


async def photograph(page: Page, address: str, folder: Path) -> dict[str, Any]:
    """Report a hazard with a photo of 12 megapixels; `folder` is for its file."""
    from PIL import Image

    picture = large_photo(Image)
    (folder / "p.jpg").write_bytes(picture)
    kept, saved = [], []
    for number in range(3):
        await page.goto(f"{address}/field/hazards/new")
        await page.fill("#f-place", f"{number + 1}栋大堂")
        await page.fill("#f-text", "安全出口堆放纸箱")
        await page.locator("input[name=category]").first.check(force=True)
        await page.evaluate(f"() => {{ window.kept = ({KEPT})(); }}")
        await page.set_input_files(
            "field-photos input[type=file]", folder / "p.jpg"
        )  # as from a camera: a file, no text
        kept.append(await page.evaluate("() => window.kept"))
        begun = time.perf_counter()
        await page.get_by_role("button", name="上报", exact=True).click()
        await page.wait_for_url("**/field/hazards")
        saved.append((time.perf_counter() - begun) * 1000)
    return {
        "megabytes": round(len(picture) / 1e6, 1),
        "chosen_to_kept_ms": round(sorted(kept)[1]),
        "form_to_list_ms": round(sorted(saved)[1]),
        "wanted_ms_below": 1500,
    }


def large_photo(image: Any) -> bytes:
    """Return a JPEG of 4000 × 3000 points, a few megabytes, as a phone's camera makes it."""
    import io

    small = image.open(io.BytesIO(small_photo()))
    out = io.BytesIO()
    small.resize((4000, 3000), image.Resampling.BICUBIC).save(out, "JPEG", quality=95)
    return out.getvalue()
