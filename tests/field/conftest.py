"""Phones at work with the notebook of `tests/support/notebook.py`: `await walker(ZHAO)` is a page under its service worker. And the
phone's JavaScript by itself, and how many cases it was compared with Python.

Nothing of the server is imported up here: its settings are read at the first import, and the test servers start later.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Page

from tests.journeys.conftest import browser, site  # noqa: F401 - the same browsers and site
from tests.journeys.conftest import phone as phone_of  # noqa: F401 - somebody with a phone

Hand = Callable[..., Awaitable[Page]]
ON_IPHONES = "Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { value: undefined });"
"""No Background Sync; the worker, which a test cannot cut off, sends nothing by itself."""


@pytest.fixture
async def practice(db: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The notebook, before the site starts."""
    from tests.support import notebook

    notebook.register(monkeypatch)
    await notebook.lay_out()
    yield
    monkeypatch.undo()
    notebook.forget()


@pytest.fixture
async def walker(practice: None, phone_of: Hand, site: str) -> Hand:  # noqa: F811
    """Return `await walker(ZHAO)`: that person's phone at the notes, ready for the basement."""

    async def page_of(
        who: Any,
        path: str = "/field/notes",
        network: str = "",
        quota: int = 0,
        background: bool = False,
        **options: Any,
    ) -> Page:
        page = await phone_of(who, **options)
        if quota:
            cdp = await page.context.new_cdp_session(page)
            await cdp.send("Storage.overrideQuotaForOrigin", {"origin": site, "quotaSize": quota})
        await page.add_init_script((network or ";") + ("" if background else ON_IPHONES))
        await page.goto(path)
        await until(page, "!!navigator.serviceWorker.controller")
        await until(page, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")
        return page

    return page_of


async def until(page: Page, script: str) -> None:
    """Wait until `script` is true in the page; the strict policy forbids Playwright's own way."""
    for _try in range(800):
        with suppress(Error):  # the page may be on its way to the next one
            if await page.evaluate(script):
                return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {script}")


@pytest.fixture(scope="module")
def javascript() -> Iterator[Any]:
    """A page of Chromium that runs the phone's modules."""
    from tests.support.javascript import JavaScript

    with JavaScript() as running:
        yield running


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many cases both languages agreed on."""
    parity = sys.modules.get("tests.support.parity")
    if parity and parity.counts:
        terminalreporter.write_line("parity: " + ", ".join(f"{n} {kind}" for kind, n in sorted(parity.counts.items())))
