"""A wire between a browser and the site that can be cut: the browser then sees a server that is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Listens on a port of its own and passes everything on to the port `there`, unless it is cut."""

    def __init__(self, there: int) -> None:
        self.there, self.port = there, 0
        self.listening: asyncio.Server | None = None
        self.ends: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """The site's address for the browser."""
        return f"http://localhost:{self.port}"

    async def mend(self) -> None:
        """Let everything through again, at the same address."""
        self.listening = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self.listening.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Nobody is there any more."""
        if self.listening:
            self.listening.close()
        for end in self.ends:
            end.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            reader_there, writer_there = await asyncio.open_connection("127.0.0.1", self.there)
            await asyncio.gather(self._pass(reader, writer_there), self._pass(reader_there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ends.add(writer)
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
        finally:
            self.ends.discard(writer)
            writer.close()


@asynccontextmanager
async def wire(there: int) -> AsyncIterator[Wire]:
    """Yield a wire to the port `there`."""
    made = Wire(there)
    await made.mend()
    try:
        yield made
    finally:
        made.cut()
