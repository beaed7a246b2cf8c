"""A small load generator: a fixed number of connections, each asking for the same page again as soon as it has it.

It runs in the process that measures, on uvloop with llhttp's parser, and costs a fraction of what the servers do: about
30 µs of processor time a request.
"""

import asyncio
import time
from collections.abc import Mapping

import httptools
import msgspec


class Round(msgspec.Struct, kw_only=True):
    """What one round measured. Times are milliseconds; `bytes` is the body of one answer as sent over the line."""

    requests: int
    seconds: float
    errors: int
    bytes: int
    times: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    def percentile(self, percent: float) -> float:
        """Return the time within which `percent` of the answers came; 0 when there were none."""
        return self.times[min(int(len(self.times) * percent / 100), len(self.times) - 1)] if self.times else 0.0


class Visitor(asyncio.Protocol):
    """One connection. It counts an answer that is not 200, or a line that breaks while it waits, as an error."""

    def __init__(self, crowd: "Crowd") -> None:
        self.crowd = crowd
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the request, or hang up when the round is over."""
        if time.perf_counter() >= self.crowd.until:
            self.transport.close()
            return
        self.parser, self.size, self.waiting, self.begun = (
            httptools.HttpResponseParser(self),
            0,
            True,
            time.perf_counter(),
        )
        self.transport.write(self.crowd.request)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        self.size += len(body)

    def on_message_complete(self) -> None:
        self.waiting = False
        self.crowd.note(self.parser.get_status_code(), self.size, time.perf_counter() - self.begun)
        if self.parser.should_keep_alive():
            asyncio.get_running_loop().call_soon(self.ask)  # not from within the parser
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.waiting:
            self.crowd.errors += 1
        self.crowd.hung_up()


class Crowd:
    """`size` visitors of one address for `seconds`."""

    def __init__(self, host: str, port: int, request: bytes, size: int, seconds: float) -> None:
        self.host, self.port, self.request, self.size = host, port, request, size
        self.until = time.perf_counter() + seconds
        self.times: list[float] = []
        self.errors = self.bytes = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def note(self, status: int, size: int, seconds: float) -> None:
        """Count one answer."""
        if status == 200:
            self.times.append(seconds * 1000)
            self.bytes = size
        else:
            self.errors += 1

    def hung_up(self) -> None:
        """Let the visitor whose connection ended call again while there is time."""
        if time.perf_counter() < self.until:
            self.start(self.call())

    def start(self, call: "asyncio._CoroutineLike[None]") -> None:
        """Run `call` beside the others."""
        task = asyncio.ensure_future(call)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def call(self) -> None:
        """Connect once; a refusal is an error."""
        try:
            await asyncio.get_running_loop().create_connection(lambda: Visitor(self), self.host, self.port)
        except OSError:
            self.errors += 1
            await asyncio.sleep(0.05)
            self.hung_up()


async def load(
    port: int, path: str, *, connections: int = 32, seconds: float = 4.0, headers: Mapping[str, str] | None = None
) -> Round:
    """Let `connections` visitors ask 127.0.0.1:`port` for `path` for `seconds`; return what they saw."""
    lines = {"Host": f"127.0.0.1:{port}", "Accept": "text/html", "Accept-Encoding": "gzip"} | dict(headers or {})
    request = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    begun = time.perf_counter()
    crowd = Crowd("127.0.0.1", port, request.encode(), connections, seconds)
    for _ in range(connections):
        crowd.start(crowd.call())
    await asyncio.sleep(seconds)
    return Round(
        requests=len(crowd.times),
        seconds=time.perf_counter() - begun,
        errors=crowd.errors,
        bytes=crowd.bytes,
        times=sorted(crowd.times),
    )
