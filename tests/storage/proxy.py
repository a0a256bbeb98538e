"""A unix socket in front of a server that can hang, refuse and cut, to see what the clients make of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Place = str | tuple[str, int]
"""A unix socket's path, or host and port."""

Cut = Callable[[bytes], bool]


class Proxy:
    """`cut_answers_to` swallows the answer to what it says True to, and cuts the connection."""

    def __init__(self, server: Place) -> None:
        self._server = server
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.refusing = False
        self.cut_answers_to: Cut = lambda _: False

    def hang(self) -> None:
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def refuse(self) -> None:
        """Cut what is connected and take nothing new."""
        self.refusing = True
        for writer in tuple(self._writers):
            writer.transport.abort()

    def accept(self) -> None:
        self.refusing = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        server = self._server
        there = (
            asyncio.open_unix_connection(server)
            if isinstance(server, str)
            else asyncio.open_connection(*server)
        )
        there_reader, there_writer = await there
        swallow = asyncio.Event()
        both = {writer, there_writer}
        self._writers |= both
        tasks = {
            asyncio.create_task(self._ask(reader, there_writer, swallow)),
            asyncio.create_task(self._answer(there_reader, writer, swallow)),
        }
        self._tasks |= tasks
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for end in both:
            end.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks -= tasks
        self._writers -= both

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        while data := await self._read(reader):
            if self.cut_answers_to(data):
                swallow.set()
            writer.write(data)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        while (data := await self._read(reader)) and not swallow.is_set():
            writer.write(data)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        with suppress(ConnectionError):
            data = await reader.read(65_536)
            await self._flows.wait()
            return data
        return b""

    async def end(self) -> None:
        self.flow()
        self.refuse()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy(server: Place, path: Path) -> AsyncIterator[Proxy]:
    """Stand at `path` in front of `server`."""
    between = Proxy(server)
    listener = await asyncio.start_unix_server(between.serve, path)
    try:
        yield between
    finally:
        listener.close()
        await between.end()
