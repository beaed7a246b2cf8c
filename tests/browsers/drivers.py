"""Firefox and WebKitGTK from Debian, driven by what they speak themselves: Marionette and WebDriver. Two commands are enough: go, and run a script."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from server.embedded.processes import free_port

PREFERENCES = {
    "marionette.port": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "zh-CN",
}
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


class Driver(Protocol):
    """A browser."""

    async def go(self, address: str) -> None:
        """Open a page and wait until it is loaded."""

    async def run(self, script: str) -> Any:
        """Run the body of an async function in the page; return its value."""


def program(name: str) -> str:
    """Return the path of a program; raise RuntimeError when it is missing."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing: `neiye check` installs it on Debian")
    return found


WRAPPED = "const done = arguments[arguments.length - 1]; (async () => {{ {} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"


def value_of(told: Any) -> Any:
    """Return what a wrapped script returned; raise RuntimeError with what it threw."""
    if "error" in told:
        raise RuntimeError(told["error"])
    return told.get("value")


class Marionette:
    """Firefox's own protocol: length:[type, id, command, parameters] over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.number = reader, writer, 0

    async def _message(self) -> Any:
        size = await self.reader.readuntil(b":")
        return json.loads(await self.reader.readexactly(int(size[:-1])))

    async def ask(self, command: str, **parameters: Any) -> Any:
        """Send a command; return its result, or raise RuntimeError."""
        self.number += 1
        body = json.dumps([0, self.number, command, parameters]).encode()
        self.writer.write(b"%d:%s" % (len(body), body))
        _type, _id, error, result = await self._message()
        if error:
            raise RuntimeError(f"{command}: {error['error']} {error['message']}")
        return result

    async def begin(self) -> None:
        """Greet the browser and begin a session."""
        await self._message()
        await self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "normal"}})
        await self.ask("WebDriver:SetTimeouts", script=60_000, pageLoad=60_000)

    async def go(self, address: str) -> None:
        await self.ask("WebDriver:Navigate", url=address)

    async def run(self, script: str) -> Any:
        told = await self.ask("WebDriver:ExecuteAsyncScript", script=WRAPPED.format(script), args=[])
        return value_of(told["value"])


class WebDriver:
    """The W3C protocol over HTTP."""

    def __init__(self, client: httpx.AsyncClient, session: str) -> None:
        self.client, self.session = client, session

    async def ask(self, path: str, **body: Any) -> Any:
        """Post a command; return its value, or raise RuntimeError."""
        answer = (await self.client.post(f"/session/{self.session}/{path}", json=body)).json()["value"]
        if isinstance(answer, dict) and "error" in answer and "message" in answer:
            raise RuntimeError(f"{path}: {answer['error']} {answer['message']}")
        return answer

    async def go(self, address: str) -> None:
        await self.ask("url", url=address)

    async def run(self, script: str) -> Any:
        return value_of(await self.ask("execute/async", script=WRAPPED.format(script), args=[]))


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Driver]:
    """Start Firefox with a fresh profile below `folder`; yield it."""
    folder.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    words = [program("firefox-esr"), "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    process = start(words, HOME=str(folder))
    try:
        port = await said(folder / "MarionetteActivePort")
        driver = Marionette(*await asyncio.open_connection("127.0.0.1", int(port)))
        await driver.begin()
        yield driver
        driver.writer.close()
    finally:
        stop(process)


@asynccontextmanager
async def webkit(folder: Path) -> AsyncIterator[Driver]:
    """Start WebKitGTK's small browser on a screen of its own; yield it."""
    folder.mkdir()
    browser = next(iter(sorted(Path("/").glob(MINI_BROWSERS.removeprefix("/")))), None)
    if browser is None:
        raise RuntimeError("WebKitGTK's MiniBrowser is missing: `neiye check` installs it on Debian")
    number = folder / "display"
    with number.open("w") as told:
        screen = start(
            [program("Xvfb"), "-displayfd", str(told.fileno()), "-screen", "0", "800x900x24", "-nolisten", "tcp"],
            told.fileno(),
        )
    port = free_port()
    try:
        display = f":{await said(number)}"
        server = start(
            [program("WebKitWebDriver"), f"--port={port}"],
            DISPLAY=display,
            HOME=str(folder),
            WEBKIT_DISABLE_COMPOSITING_MODE="1",
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=90) as client:
                yield await webdriver(client, browser)
        finally:
            stop(server)
    finally:
        stop(screen)


async def webdriver(client: httpx.AsyncClient, browser: Path) -> WebDriver:
    """Begin a session as soon as the driver answers; return it."""
    options = {"webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]}}
    async with asyncio.timeout(60):
        while True:
            try:
                answer = await client.post("/session", json={"capabilities": {"alwaysMatch": options}})
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    made = answer.json()["value"]
    if "sessionId" not in made:
        raise RuntimeError(f"WebKitWebDriver: {made}")
    driver = WebDriver(client, made["sessionId"])
    await driver.ask("timeouts", script=60_000, pageLoad=60_000)
    return driver


def start(words: list[str], *files: int, **environ: str) -> subprocess.Popen[bytes]:
    """Start a program with open `files`, in a process group of its own, so that all it starts ends with it."""
    return subprocess.Popen(
        words,
        env=os.environ | environ,
        pass_fds=files,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and all it has started."""
    os.killpg(process.pid, 9)
    process.wait()


async def said(file: Path) -> str:
    """Return what a program writes into `file` when it is ready."""
    async with asyncio.timeout(60):
        while not file.exists() or not (text := file.read_text()).strip():
            await asyncio.sleep(0.05)
    return text.strip()
