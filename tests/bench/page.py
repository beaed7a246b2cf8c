"""A page of 15 KB – session, three queries, 36 rows, gzip – by us, by bare Starlette with asyncpg, and by stock Django.

All three run at the same time with two workers each, on the same database, and are asked in turns, so that whatever else
the machine does hits them alike. Run on parts of its own, which are thrown away afterwards: `neiye bench` starts them.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import msgspec

from server.config import ROOT
from server.db import DB, EVERYWHERE, database, execute, fetch, fetchval, migrate
from server.embedded.processes import free_port
from server.lib.ids import uuid7
from server.security.sessions import open_session
from tests.bench.crowd import fill
from tests.bench.load import Round, load

WORKERS = 2
CONNECTIONS = 32
ROUNDS = 5
SECONDS = 4.0
WARM_UP = 1.5
ROOMS = 2000
TICKS = os.sysconf("SC_CLK_TCK")
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--no-server-header")


class Twin(msgspec.Struct):
    """One of the pages: its server and address, and the cookie that signs in."""

    name: str
    port: int
    path: str
    cookie: str
    process: subprocess.Popen[bytes]
    rounds: list[dict[str, float]] = []


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Measure; return each one's figures (the middle round's), and our ratios to the others."""
    async with database(max_size=3):
        await migrate()
        async with DB.scope(EVERYWHERE):
            sid, building = await prepare()
            with servers(sid, building) as twins:
                sizes = [await page_size(twin) for twin in twins]
                await take_turns(twins, rounds, seconds)
    return report(twins, sizes)


def report(twins: list[Twin], sizes: list[int]) -> dict[str, Any]:
    """Return the figures of `twins`, of which the first is ours."""
    figures = {
        twin.name: {"page_bytes": size} | {key: middle(twin, key) for key in twin.rounds[0]}
        for twin, size in zip(twins, sizes, strict=True)
    }
    ours, bare, by_key, django = twins

    def times(other: Twin, key: str) -> float:
        """Return ours through theirs, the middle of the rounds."""
        return round(median(a[key] / (b[key] or 1) for a, b in zip(ours.rounds, other.rounds, strict=True)), 2)

    return {
        "connections": CONNECTIONS,
        "workers": WORKERS,
        "rounds": len(ours.rounds),
        **figures,
        "pages_alike_within_5_percent": max(sizes) <= 1.05 * min(sizes),
        "rate_through_bare": times(bare, "per_second"),
        "wanted_rate_through_bare": 1.0,
        "rate_through_bare_by_key": times(by_key, "per_second"),
        "rate_through_django": times(django, "per_second"),
        "wanted_rate_through_django": 5.0,
        "p99_through_bare": times(bare, "p99_ms"),
        "wanted_p99_through_bare_at_most": 1.0,
        "p99_through_bare_by_key": times(by_key, "p99_ms"),
        "processor_time_through_bare": times(bare, "server_and_database_ms"),
    }


def middle(twin: Twin, key: str) -> float:
    """Return the middle of a figure over all rounds."""
    return round(median(one[key] for one in twin.rounds), 2)


async def prepare() -> tuple[str, UUID]:
    """Make a company with a community and its manager, signed in; return the cookie and the building to list."""
    company, account, person = uuid7(), uuid7(), uuid7()
    await execute("insert into company (id, name) values ($1, '测速物业')", company)
    community = await fill(ROOMS, company, "测速花园", "BENCH")
    await execute(
        "insert into account (id, company_id, login, name, locale) values ($1, $2, 'bench', '测速', 'zh-CN')",
        account,
        company,
    )
    await execute(
        "insert into person (id, community_id, account_id, name, kind) values ($1, $2, $3, '测速', 'natural')",
        person, community, account,
    )  # fmt: skip
    await execute(
        "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'manager', '2020-01-01')",
        uuid7(), community, person,
    )  # fmt: skip
    await execute("analyze")
    building = await fetchval("select id from building where community_id = $1 order by sort limit 1", community)
    return await open_session(account, community_id=community, ip="127.0.0.1", user_agent="bench"), building


@contextmanager
def servers(sid: str, building: UUID) -> Iterator[list[Twin]]:
    """Start all three, the bare one with its page in two ways; stop them at the end."""
    key = subprocess.run(
        [sys.executable, "-m", "tests.bench.twins.stock"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    ports = [free_port() for _ in range(3)]
    workers = ("--workers", str(WORKERS))
    commands = (
        ("neiye", f"sid={sid}", "uvicorn", "tests.bench.twins.ours:create", "--factory", "--port", str(ports[0]), *workers, *UVICORN),
        ("bare", f"sid={sid}", "uvicorn", "tests.bench.twins.bare:create", "--factory", "--port", str(ports[1]), *workers, *UVICORN),
        ("django", f"sessionid={key}", "gunicorn", "tests.bench.twins.stock:create()", "--bind", f"127.0.0.1:{ports[2]}",
         *workers, "--log-level", "error", *GUNICORN),
    )  # fmt: skip
    twins = []
    try:
        for port, (name, cookie, *words) in zip(ports, commands, strict=True):
            process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL)
            twins.append(Twin(name, port, f"/bench/{building}", cookie, process))
            if name == "bare":
                twins.append(Twin("bare by key", port, f"/by-key/{building}", cookie, process))
        yield twins
    finally:
        for twin in twins:
            twin.process.terminate()
        for twin in twins:
            twin.process.wait(20)


GUNICORN = ("--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "3")


async def page_size(twin: Twin) -> int:
    """Wait until the server answers; return the size of its page, unpacked. Raise RuntimeError if it is not the page."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{twin.port}", headers={"Cookie": twin.cookie}) as client:
        for _ in range(300):
            try:
                answer = await client.get(twin.path, headers={"Accept-Encoding": "gzip"})
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        else:
            raise RuntimeError(f"{twin.name} does not answer")
    if answer.status_code != 200 or answer.headers.get("content-encoding") != "gzip" or answer.text.count("<tr") != 37:
        raise RuntimeError(f"{twin.name} answers {answer.status_code}: {answer.text[:200]!r}")
    return len(answer.content)


async def take_turns(twins: list[Twin], rounds: int, seconds: float) -> None:
    """Warm all of them up, then let the crowd visit each in turn, `rounds` times."""
    for twin in twins:
        await visit(twin, WARM_UP)
    for number in range(rounds):
        for twin in twins if number % 2 == 0 else reversed(twins):
            twin.rounds.append(await visit(twin, seconds))


async def visit(twin: Twin, seconds: float) -> dict[str, float]:
    """Let the crowd visit `twin`; return what it saw and what the visit cost."""
    before = processor_seconds(tree(twin.process.pid)), processor_seconds(await backends())
    seen: Round = await load(
        twin.port, twin.path, connections=CONNECTIONS, seconds=seconds, headers={"Cookie": twin.cookie}
    )
    after = processor_seconds(tree(twin.process.pid)), processor_seconds(await backends())
    each = 1000 / max(seen.requests, 1)
    server, base = (max(late - early, 0.0) * each for early, late in zip(before, after, strict=True))
    return {
        "per_second": round(seen.rate, 1),
        "p50_ms": round(seen.percentile(50), 1),
        "p95_ms": round(seen.percentile(95), 1),
        "p99_ms": round(seen.percentile(99), 1),
        "errors": seen.errors,
        "sent_bytes": seen.bytes,
        "server_ms": round(server, 3),
        "database_ms": round(base, 3),
        "server_and_database_ms": round(server + base, 3),
    }


async def backends() -> list[int]:
    """Return the ids of the database's processes that serve this database, if it runs here."""
    return [
        record["pid"] for record in await fetch("select pid from pg_stat_activity where datname = current_database()")
    ]


def tree(pid: int) -> list[int]:
    """Return `pid` and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = children.read_text().split() if children.exists() else []
    return [pid, *(one for child in found for one in tree(int(child)))]


def processor_seconds(pids: list[int]) -> float:
    """Return the processor time that `pids` have used so far; a process that is not ours to see counts as none."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


if __name__ == "__main__":
    print(asyncio.run(run(int([*sys.argv, "2"][1]), 3.0)))
