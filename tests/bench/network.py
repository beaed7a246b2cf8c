"""A page of Chromium on a mobile line, and what went over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import BrowserContext, Page

MBIT = 125_000
"""Bytes a second."""

MOBILE = {"offline": False, "latency": 150, "downloadThroughput": 1.6 * MBIT, "uploadThroughput": 0.75 * MBIT}
"""The slow mobile line of Lighthouse: 1.6 Mbit/s down, 750 kbit/s up, 150 ms."""


class Line:
    """Counts the bytes of a page's requests, heads and bodies, as they are on the wire."""

    def __init__(self, page: Page, session: Any) -> None:
        self.page, self.session = page, session
        self.down = self.up = self.requests = 0
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.requestWillBeSentExtraInfo", self._sent)
        session.on("Network.requestWillBeSent", self._body)

    def _finished(self, event: dict[str, Any]) -> None:
        self.down += int(event["encodedDataLength"])
        self.requests += 1

    def _sent(self, event: dict[str, Any]) -> None:
        self.up += sum(len(name) + len(value) + 4 for name, value in event["headers"].items())

    def _body(self, event: dict[str, Any]) -> None:
        entries = event["request"].get("postDataEntries") or []
        self.up += sum(len(one.get("bytes", "")) * 3 // 4 for one in entries)

    async def slow(self, conditions: dict[str, Any]) -> None:
        """Let the page be on a line like `conditions` from now on."""
        await self.session.send("Network.emulateNetworkConditions", conditions)

    def taken(self) -> dict[str, int]:
        """Return what went over it since the last time."""
        found = {
            "requests": self.requests,
            "kilobytes_down": round(self.down / 1000),
            "kilobytes_up": round(self.up / 1000),
        }
        self.down = self.up = self.requests = 0
        return found


@asynccontextmanager
async def line(context: BrowserContext, address: str) -> AsyncIterator[Line]:
    """Open `address` in a page of its own; yield its line."""
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable", {"maxPostDataSize": 10_000_000})
    await page.goto(address)
    made = Line(page, session)
    try:
        yield made
    finally:
        await page.close()
