"""Our side of measuring sync: a site with thousands of documents, and the phone's client in a page."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from playwright.async_api import BrowserContext

from server.db import DB, EVERYWHERE, connection, database, execute, migrate, transaction
from tests.bench.network import Line, line
from tests.cast import SUNSHINE, ZHAO
from tests.chaos import feature
from tests.chaos.stage import Door, served
from tests.support.casting import put_on_stage

FIRST = """async (o) => {
  const load = (name) => import(`/chaos/js/field/${name}.js`);
  const [{ createClient }, { browserStorage }, { reducers }] = await Promise.all([load("client"), load("store"), import("/chaos/cards.js")]);
  const clock = { now: () => Date.now(), setTimeout: (...a) => setTimeout(...a), clearTimeout: (id) => clearTimeout(id) };
  window.client = createClient({
    storage: browserStorage("bench-"), clock, random: Math.random, account: o.account, device: crypto.randomUUID(), table: o.table, reducers, csrf: () => o.csrf,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, "x-chaos-session": o.session } }),
  });
  const begun = performance.now();
  const { ok, changed, why } = await client.pull();
  const took = performance.now() - begun;
  if (!ok || changed.length < o.documents) throw new Error(`${why} ${changed?.length}`);
  return took;
}"""
EDIT = """async (edits) => {
  const begun = performance.now();
  const cards = (await client.documents("card")).slice(0, edits);
  for (const card of cards) await client.save({ type: "card.tick", entity: card.id, base: card.v, args: { note: "x" } });
  return performance.now() - begun;
}"""
BACK = """async () => {
  const begun = performance.now();
  const { ok, left, why } = await client.flush();
  if (!ok || left) throw new Error(`${why} ${left}`);
  return performance.now() - begun;
}"""
AGAIN = "async () => { const begun = performance.now(); await client.pull(); return performance.now() - begun; }"
ERASE = "async () => { await client.close(); for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name); }"


def documents(count: int) -> list[dict[str, Any]]:
    """Return documents such as phones hold: a meter's place, its last value, a few marks."""
    dice = random.Random(count)
    found = []
    for number in range(count):
        place = f"{1 + number // 400}栋{1 + number // 200 % 2}单元{1 + number // 8 % 25}0{1 + number % 8}"
        name = f"{place} {dice.choice('冷热')}水表 {dice.choice('AB')}{dice.randrange(10**8):08d} 上次 {dice.randrange(10**6) / 100:.2f} m³"
        ticks = [str(UUID(int=dice.getrandbits(128))) for _ in range(dice.randrange(3))]
        found.append(
            {
                "kind": "card",
                "id": str(UUID(int=dice.getrandbits(128))),
                "v": 1,
                "name": name,
                "ticks": sorted(ticks),
                "photos": [],
            }
        )
    return found


class Site:
    """Our site; `renew()` puts the documents back as they were."""

    def __init__(self, address: str, documents_: list[dict[str, Any]], card: dict[str, Any]) -> None:
        self.address, self.documents, self.card = address, documents_, card

    async def renew(self) -> None:
        """Empty the cards and put the documents there."""
        records = [(UUID(one["id"]), "card", SUNSHINE, one["name"], one["ticks"]) for one in self.documents]
        async with DB.scope(EVERYWHERE):
            await execute("delete from chaos_card")
            async with transaction(), connection() as lent:
                await lent.copy_records_to_table(
                    "chaos_card", records=records, columns=["id", "kind", "community_id", "name", "ticks"]
                )
            await execute("analyze chaos_card, sync_entry")


@asynccontextmanager
async def site(documents_: list[dict[str, Any]]) -> AsyncIterator[Site]:
    """Serve the application with the documents in it; yield the site."""
    from server.app import create_app
    from server.db import fetchval
    from server.security.csrf import mask
    from server.security.sessions import open_session, token_hash

    async with database(max_size=5):
        await migrate()
        async with DB.scope(EVERYWHERE), transaction():
            await put_on_stage("")
        await feature.lay_out()
        async with DB.scope(EVERYWHERE):
            token = await open_session(ZHAO.account_id, community_id=SUNSHINE, ip="127.0.0.1", user_agent="bench")
            secret = await fetchval("select csrf_secret from session where token_hash = $1", token_hash(token))
        with feature.registered():
            card = {
                "account": str(ZHAO.account_id),
                "session": token,
                "csrf": mask(secret),
                "table": feature.table(),
                "documents": len(documents_),
            }
            async with served(Door(create_app(), {}, lambda asked: None)) as address:
                made = Site(address, documents_, card)
                await made.renew()
                yield made


async def measure(context: BrowserContext, at: Site, edits: int, conditions: dict[str, Any] | None) -> dict[str, Any]:
    """Measure one round: the first pull, edits without a line, their push."""
    from tests.bench.pouch import measured

    async with line(context, f"{at.address}/chaos/empty.html") as held:
        return await measured(held, conditions, (FIRST, at.card), (EDIT, edits), (BACK,), ERASE)


async def first_pull(context: BrowserContext, at: Site, conditions: dict[str, Any]) -> dict[str, Any]:
    """Measure a first pull and one with nothing new."""
    async with line(context, f"{at.address}/chaos/empty.html") as held:
        await held.slow(conditions)
        held.taken()
        first = await held.page.evaluate(FIRST, at.card)
        fetched = held.taken()
        again = await held.page.evaluate(AGAIN)
        return {"ms": round(first), **fetched, "nothing_new_ms": round(again), "nothing_new_bytes": bytes_of(held)}


def bytes_of(held: Line) -> dict[str, int]:
    """Return the bytes of one small exchange, heads included."""
    return {"down": held.down, "up": held.up}
