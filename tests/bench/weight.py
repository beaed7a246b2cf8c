"""What the first visit of an owner's home costs a phone: every byte that comes over the line, in a browser with nothing kept."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, async_playwright

from tests.cast import CHEN
from tests.support.instance import Instance
from tests.survival.phones import phone_of, settle

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WANTED = 90 * 1024


async def run() -> dict[str, Any]:
    """Return the bytes by kind, and in all. Headers are counted, too; the service worker's later visits are not."""
    with tempfile.TemporaryDirectory(prefix="neiye-bench-") as folder:
        Path(folder).chmod(0o755)
        instance = Instance(Path(folder) / "var")
        try:
            instance.wait_ready()
            await settle(instance.parts.database_url)
            owner = await phone_of(instance.url, CHEN)
            token = owner.http.cookies["sid"]
            await owner.http.aclose()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                context = await browser.new_context(
                    viewport={"width": 390, "height": 844}, is_mobile=True, service_workers="block", locale="zh-CN"
                )
                await context.add_cookies([{"name": "sid", "value": token, "url": instance.url}])
                kinds = await visit(context, f"{instance.url}/")
                await browser.close()
        finally:
            instance.stop()
    total = sum(kinds.values())
    return {
        "bytes": dict(kinds),
        "total_bytes": total,
        "wanted_bytes_at_most": WANTED,
        "part_of_wanted": round(total / WANTED, 2),
    }


async def visit(context: BrowserContext, url: str) -> Counter[str]:
    """Open `url`; return the bytes that came over the line, by kind of resource."""
    page = await context.new_page()
    line: CDPSession = await context.new_cdp_session(page)
    kind_of: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    line.on("Network.responseReceived", lambda seen: kind_of.update({seen["requestId"]: seen["type"]}))
    line.on(
        "Network.loadingFinished",
        lambda seen: kinds.update({kind_of.get(seen["requestId"], "other"): int(seen["encodedDataLength"])}),
    )
    await line.send("Network.enable")
    await page.goto(url, wait_until="networkidle")
    return kinds
