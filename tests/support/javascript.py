"""The phone's JavaScript, run in a real Chromium from Python: `javascript.run("async ({n}) => …", n=3)`.

The modules come from our assets under the policy of our pages, without a server, minified as the release's scripts are. The browser lives in a thread of its own, so that plain
tests can ask it, one generated case after the other.
"""

import asyncio
import json
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Page, Route, async_playwright

from server.field.minifying import minified, separated
from server.lib.assets import asset_url, find_asset
from tests.journeys.conftest import CHROMIUM_FLAGS, chromium

ORIGIN = "http://phone.test"
POLICY = "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'"


class Raised(Exception):
    """The script threw. `name` is the class of what it threw."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class JavaScript:
    """A page of Chromium that our modules are loaded into. `files`: more scripts by their address."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="javascript", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        self._wait(self._open())
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._wait(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def run(self, script: str, **values: Any) -> Any:
        """Return what `script`, a function of one object, gives for `values` (plain JSON); raise Raised when it throws."""
        answer = self._wait(self.page.evaluate(CALL.replace("SCRIPT", script), json.dumps(values)))
        if "name" in answer:
            raise Raised(answer["name"], answer["message"])
        return json.loads(answer["value"]) if answer["value"] is not None else None

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _open(self) -> None:
        self.play = await async_playwright().start()
        self.browser = await self.play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        self.page: Page = await self.browser.new_page()
        await self.page.route("**/*", self._answer)
        await self.page.goto(ORIGIN)

    async def _close(self) -> None:
        await self.browser.close()
        await self.play.stop()

    async def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        policy: Mapping[str, str] = {"content-security-policy": POLICY}
        asset = find_asset("/".join(path.split("/")[3:])) if path.startswith("/static/") else None
        if path == "/":
            await route.fulfill(
                body="<!doctype html><title>phone</title>", content_type="text/html", headers={**policy}
            )
        elif path in self.files:
            await route.fulfill(body=minified(separated(self.files[path])), content_type="text/javascript")
        elif asset is not None:
            script = asset.path.endswith(".js")
            body = minified(separated(asset.body.decode())) if script else asset.body
            await route.fulfill(body=body, content_type=asset.content_type)
        else:
            await route.fulfill(status=404)


CALL = """async (given) => {
  try {
    const value = await (SCRIPT)(JSON.parse(given));
    return { value: value === undefined ? null : JSON.stringify(value) };
  } catch (error) {
    return { name: error?.constructor?.name ?? typeof error, message: String(error?.message ?? error) };
  }
}"""


FOLDER = asset_url("js/field/runtime.js").rsplit("/", 1)[0]
"""Where the phone's modules are: for import() in scripts."""
