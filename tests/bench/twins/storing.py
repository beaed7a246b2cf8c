"""The least that a server can do with what phones hand in and still keep it: no session, no rules, no effects, no audit, no feed.

Each push is one transaction with a row for each operation (id, hash, body), each photo an object in the same store, flushed to the disk as
ours is, and a row of its own. Answered after the commit. The same number of processes, the same HTTP server, the same phones.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server.config import settings
from server.lib.ids import uuid7
from server.storage.objects import object_store

TABLES = """
create table if not exists storing_op (id uuid primary key, hash text not null, body text not null, at timestamptz not null default now());
create table if not exists storing_photo (
    id uuid primary key, sha256 text not null, key text not null, size integer not null, at timestamptz not null default now()
);
"""


async def push(request: Request) -> JSONResponse:
    """Keep the operations."""
    report: dict[str, Any] = json.loads(await request.body())
    rows = [(UUID(op["id"]), op["hash"], json.dumps(op, ensure_ascii=False)) for op in report["ops"]]
    async with request.app.state.pool.acquire() as lent, lent.transaction():
        await lent.executemany("insert into storing_op (id, hash, body) values ($1, $2, $3)", rows)
    return JSONResponse(
        {"results": [{"id": op["id"], "hash": op["hash"], "outcome": "stored"} for op in report["ops"]]}
    )


async def photo(request: Request) -> JSONResponse:
    """Keep a photo."""
    data, key = await request.body(), f"storing/{uuid7()}"
    await object_store().put(key, data, "image/jpeg")
    async with request.app.state.pool.acquire() as lent:
        await lent.execute(
            "insert into storing_photo (id, sha256, key, size) values ($1, $2, $3, $4)",
            UUID(request.query_params["photo"]), request.path_params["sha256"], key, len(data),
        )  # fmt: skip
    return JSONResponse({"offset": len(data), "complete": True}, 201)


async def healthz(_request: Request) -> JSONResponse:
    """Say that it lives."""
    return JSONResponse({})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the connections, as many as a process of ours has."""
    async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=settings.pool_size) as pool:
        app.state.pool = pool
        yield


def create() -> Starlette:
    """Return the application."""
    routes = [
        Route("/sync/push", push, methods=["POST"]),
        Route("/sync/blobs/{sha256}", photo, methods=["PUT"]),
        Route("/healthz", healthz),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
