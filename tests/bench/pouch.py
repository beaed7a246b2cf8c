"""Our sync beside PouchDB with express-pouchdb: the same Chromium, the same 5,000 documents, the same 500 edits made offline.

Needs node and npm (on Debian: apt-get install nodejs npm); the twin's packages come from npm into a temporary folder, at pinned versions.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from playwright.async_api import BrowserContext, async_playwright

from server.embedded.processes import free_port
from server.embedded.trouble import Trouble
from tests.bench import ours
from tests.bench.network import MOBILE, Line, line
from tests.journeys.conftest import CHROMIUM_FLAGS, chromium

HERE = Path(__file__).parent / "twins" / "pouch"
DOCUMENTS = 5000
EDITS = 500
ROUNDS = 3

FIRST = """async (url) => {
  window.db = new PouchDB("held", { auto_compaction: true });
  const begun = performance.now();
  await db.replicate.from(url, { batch_size: 1000 });
  return performance.now() - begun;
}"""
EDIT = """async (edits) => {
  const begun = performance.now();
  const found = await db.allDocs({ include_docs: true, limit: edits });
  for (const { doc } of found.rows) await db.put({ ...doc, ticks: [...doc.ticks, crypto.randomUUID()] });
  return performance.now() - begun;
}"""
BACK = """async (url) => {
  const begun = performance.now();
  await db.replicate.to(url, { batch_size: 1000 });
  return performance.now() - begun;
}"""
ERASE = "async () => { await db.destroy(); }"


@asynccontextmanager
async def twin() -> AsyncIterator[str]:
    """Install and start the twin; yield its address. Raise Trouble without node."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise Trouble(
            "缺少 node 和 npm，请先运行：sudo apt-get install nodejs npm",
            "node and npm are missing: sudo apt-get install nodejs npm",
        )
    with tempfile.TemporaryDirectory(prefix="neiye-pouch-") as folder:
        port = free_port()
        server = await asyncio.to_thread(start, Path(folder), port)
        try:
            await until_there(f"http://127.0.0.1:{port}/db/")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(20)


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Install the twin into `folder` and start it."""
    shutil.copy(HERE / "package.json", folder)
    (folder / "data").mkdir()
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    words = ["node", str(HERE / "server.cjs"), str(folder), str(port)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def until_there(address: str) -> None:
    """Return when the server answers."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(address)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def fill(address: str, documents: list[dict[str, Any]]) -> None:
    """Put the documents into the twin's database, newly made."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        await client.delete("/db/held")
        (await client.put("/db/held")).raise_for_status()
        named = [{"_id": one["id"]} | {name: value for name, value in one.items() if name != "id"} for one in documents]
        body = json.dumps({"docs": named}, ensure_ascii=False).encode()
        (
            await client.post("/db/held/_bulk_docs", content=body, headers={"content-type": "application/json"})
        ).raise_for_status()


async def theirs(
    context: BrowserContext, address: str, documents: list[dict[str, Any]], conditions: dict[str, Any] | None
) -> dict[str, Any]:
    """Measure one round of PouchDB."""
    await fill(address, documents)
    async with line(context, f"{address}/page") as held:
        return await measured(
            held, conditions, (FIRST, f"{address}/db/held"), (EDIT, EDITS), (BACK, f"{address}/db/held"), ERASE
        )


async def measured(
    held: Line, conditions: dict[str, Any] | None, first: Any, edit: Any, back: Any, erase: str
) -> dict[str, Any]:
    """Run the three parts in a page; return their milliseconds and bytes."""
    if conditions:
        await held.slow(conditions)
    held.taken()
    down = await held.page.evaluate(*first)
    fetched = held.taken()
    editing = await held.page.evaluate(*edit)
    held.taken()
    up = await held.page.evaluate(*back)
    sent = held.taken()
    await held.page.evaluate(erase)
    return {
        "first_pull_ms": round(down),
        "first_pull": fetched,
        "edit_ms": round(editing),
        "push_ms": round(up),
        "push": sent,
    }


def middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the middle of each figure."""
    return {key: {name: round(median(one[key][name] for one in rounds)) for name in value} if isinstance(value, dict)
            else round(median(one[key] for one in rounds)) for key, value in rounds[0].items()}  # fmt: skip


def ratios(our: dict[str, Any], their: dict[str, Any]) -> dict[str, float]:
    """Return theirs through ours: more than 1 means that we are faster or send less."""

    def total(one: dict[str, Any], part: str) -> int:
        return max(int(one[part]["kilobytes_down"] + one[part]["kilobytes_up"]), 1)

    return {
        "first_pull_time": round(their["first_pull_ms"] / our["first_pull_ms"], 2),
        "first_pull_bytes": round(total(their, "first_pull") / total(our, "first_pull"), 2),
        "push_time": round(their["push_ms"] / our["push_ms"], 2),
        "push_bytes": round(total(their, "push") / total(our, "push"), 2),
        "edit_time": round(their["edit_ms"] / our["edit_ms"], 2),
    }


async def run() -> dict[str, Any]:
    """Measure both in turns, unhindered and on a mobile line; return the middle rounds and the ratios."""
    begun = time.perf_counter()
    documents = ours.documents(DOCUMENTS)
    found: dict[str, Any] = {"documents": DOCUMENTS, "edits": EDITS, "rounds": ROUNDS}
    async with twin() as address, ours.site(documents) as site, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        for name, conditions in (("unhindered", None), ("mobile_line", MOBILE)):
            our, their = [], []
            for _ in range(ROUNDS if conditions is None else 1):
                context = await browser.new_context()
                await site.renew()
                our.append(await ours.measure(context, site, EDITS, conditions))
                their.append(await theirs(context, address, documents, conditions))
                await context.close()
            found[name] = {
                "neiye": middle(our),
                "pouchdb": middle(their),
                "pouchdb_through_neiye": ratios(middle(our), middle(their)),
            }
        await browser.close()
    return found | {"seconds": round(time.perf_counter() - begun)}
