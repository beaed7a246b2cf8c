"""The browser dies a hundred times while photos are saved: whatever it had called saved is on the disk, whole, and arrives once."""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Error, Page, Playwright, async_playwright

from server.db import DB, EVERYWHERE, fetch
from server.lib.ids import uuid7
from tests.cast import ZHAO
from tests.chaos import feature
from tests.chaos.stage import Door, served, session_of
from tests.journeys.conftest import CHROMIUM_FLAGS, chromium

KILLS = 50
SCRIPT = (Path(__file__).parent / "saving.js").read_text()


def main_process(profile: Path) -> int:
    """Return the process of the browser that works on `profile`."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words and not any(word.startswith(b"--type=") for word in words):
            return int(process.name)
    raise AssertionError("no browser runs")


class Life:
    """One life of the browser: from its start until it is killed."""

    def __init__(self, context: BrowserContext, page: Page, profile: Path) -> None:
        self.context, self.page, self.profile = context, page, profile
        self.saved: list[dict[str, Any]] = []

    def note(self, op: dict[str, Any]) -> None:
        """The page has told a person that `op` is saved."""
        self.saved.append(op)

    async def kill(self) -> None:
        """Kill the browser, the hard way; return when all of it is gone.

        A phone's system kills an app with all its processes. One that outlives the main process for a moment may still hold the
        databases' files when the next browser opens them, and two browsers on one profile are another matter.
        """
        gone = asyncio.Event()
        self.context.on("close", lambda _: gone.set())
        group = os.getpgid(main_process(self.profile))
        os.killpg(group, signal.SIGKILL)
        await asyncio.wait_for(gone.wait(), 60)
        async with asyncio.timeout(60):
            while members(group):
                await asyncio.sleep(0.01)


def members(group: int) -> list[int]:
    """Return the processes of a group that still live."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            facts = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(facts[2]) == group and facts[0] not in "ZX":
            found.append(int(process.name))
    return found


async def live(
    play: Playwright, profile: Path, address: str, card: dict[str, Any], looked: int = 0
) -> tuple[Life, dict[str, Any]]:
    """Start the browser on what the last one left; return its life, and what lies on the disk.

    Photos of the first `looked` operations are only counted: their bytes were looked at after an earlier death, and are at the end.
    """
    context = await play.chromium.launch_persistent_context(profile, executable_path=chromium(), args=CHROMIUM_FLAGS)
    page = context.pages[0] if context.pages else await context.new_page()
    life = Life(context, page, profile)
    await page.expose_function("saved", life.note)
    await page.goto(f"{address}/chaos/empty.html")
    await page.add_script_tag(content=SCRIPT)
    found: dict[str, Any] = await page.evaluate(
        "async ([card, looked]) => { window.phone = await start(card); return kept(phone, looked); }", [card, looked]
    )
    return life, found


def lost(said: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    """Return what had been called saved and is not there, or not whole."""
    return [f"{op['id']} with {op['photos']}: {found.get(op['id'])}" for op in said
            if op["id"] not in found or any(found[op["id"]]["photos"].get(photo) is not True for photo in op["photos"])]  # fmt: skip


def traces(profile: Path) -> str:
    """Return what the browser's own files say of its databases, for the day when all of them are gone at once."""
    files = sorted(one for one in profile.rglob("*") if one.is_file() and {"IndexedDB", "WebStorage"} & set(one.parts))
    listed = [f"{one.relative_to(profile)} {one.stat().st_size}" for one in files]
    logs = [f"--- {one}\n{one.read_text(errors='replace')[-1500:]}" for one in files if one.name.startswith("LOG")]
    return "\n".join(listed + logs)


# Under a load of ten and more, Chromium has twice come up without any database after a kill. Why is not known; the traces are to tell.
@pytest.mark.flaky(reruns=1)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.timeout(600)
async def test_what_was_called_saved_survives_a_killed_browser(db: str, tmp_path: Path, seed: int) -> None:
    from server.app import create_app

    await feature.lay_out()
    dice, profile = random.Random(seed), tmp_path / "profile"
    token, csrf = await session_of(ZHAO)
    card = {
        "account": str(ZHAO.account_id),
        "device": str(uuid7()),
        "session": token,
        "csrf": csrf,
        "table": feature.table(),
    }
    said: list[dict[str, Any]] = []
    found: dict[str, Any] = {}
    with feature.registered():
        async with served(Door(create_app(), {}, lambda asked: None)) as address, async_playwright() as play:
            for number in range(KILLS):
                life, found = await live(play, profile, address, card, looked=len(found))
                assert not lost(said, found), f"after kill {number}, {len(found)} there\n{traces(profile)}"
                begun = asyncio.ensure_future(life.page.evaluate("(n) => go(phone, n)", number))
                await asyncio.sleep(0.03 + dice.random() * 0.15)  # the moment of death is the point
                await life.kill()
                with pytest.raises(Error):
                    await begun
                said += life.saved
            life, found = await live(play, profile, address, card)
            assert not lost(said, found)
            end = await life.page.evaluate(
                "async () => { let end; do end = await phone.client.flush(); while (end.ok && (end.left || end.photos)); return end; }"
            )
            await life.context.close()
    async with DB.scope(EVERYWHERE):
        effects = [str(row["op_id"]) for row in await fetch("select op_id from chaos_effect")]
        whole = {str(row["id"]) for row in await fetch("select id from photo where size > 0")}
    print(
        f"\n{KILLS} kills, {len(said)} called saved, {len(found)} on the disk, {len(effects)} arrived, {len(whole)} photos"
    )
    assert end["ok"]
    assert sorted(effects) == sorted(found)
    assert {photo for op in said for photo in op["photos"]} <= whole
    assert sorted(op["seq"] for op in found.values()) == list(range(1, len(found) + 1))
