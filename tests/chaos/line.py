"""A quick line between the page and the application: requests as frames of one WebSocket instead of HTTP connections.

A browser's and a server's HTTP cost more than everything else of a simulated request; some runs use them, most use this. A frame is
the length of a JSON head (4 bytes), the head, and the body: {n, method, path, headers} asks, {n, status, headers} answers.
"""

import asyncio
import base64
import contextvars
import hashlib
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""


@asynccontextmanager
async def line(app: Any) -> AsyncIterator[int]:
    """Listen for pages that want to speak to the ASGI application `app`; yield the port."""

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await shake_hands(reader, writer)
            while True:
                asked = await frame(reader)
                asyncio.create_task(serve(app, asked, writer), context=contextvars.Context())  # noqa: RUF006

    server = await asyncio.start_server(call, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept a WebSocket."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(
        one.split(b":")[1].strip() for one in head.split(b"\r\n") if one.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n\r\n"
    )


async def frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next message, of one or more frames."""
    whole = b""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 127
        if size > 125:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        mask = await reader.readexactly(4)
        body = await reader.readexactly(size)
        if first & 15 == 8:
            raise ConnectionError
        masks = mask * (size // 4 + 1)
        whole += (int.from_bytes(body, "big") ^ int.from_bytes(masks[:size], "big")).to_bytes(size, "big")
        if first & 128:
            return whole


async def serve(app: Any, asked: bytes, writer: asyncio.StreamWriter) -> None:
    """Let the application answer one message."""
    length = int.from_bytes(asked[:4], "big")
    head, body = json.loads(asked[4 : 4 + length]), asked[4 + length :]
    path, _, query = head["path"].partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in head["headers"]]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": head["method"], "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": [*headers, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    said: dict[str, Any] = {"n": head["n"], "status": 500, "headers": []}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said["status"] = message["status"]
            said["headers"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    text = json.dumps(said).encode()
    answer = struct.pack(">I", len(text)) + text + b"".join(parts)
    size = len(answer)
    writer.write(bytes([130]) + (struct.pack(">BH", 126, size) if size < 65536 else struct.pack(">BQ", 127, size)) + answer if size > 125
                 else bytes([130, size]) + answer)  # fmt: skip
