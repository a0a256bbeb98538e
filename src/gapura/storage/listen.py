"""LISTEN for one channel: a connection of its own, made again whenever it is lost, shared by all who hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from psycopg import sql

from gapura.storage.connection import Connection

RECONNECT_SECONDS = 0.5


class Channel:
    def __init__(self, name: str, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._name, self._connect = name, connect
        self._queues: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._up = False

    async def hear(self) -> AsyncGenerator[str | None, None]:
        """Each payload from now on, and None after every connection: anything may have been told meanwhile."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._queues.add(queue)
        if self._up:
            queue.put_nowait(None)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
            if not self._queues:
                self.close()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception:  # noqa: BLE001 -- whatever ended it, the answer is a new connection
                await asyncio.sleep(RECONNECT_SECONDS)
            finally:
                self._up = False

    async def _listen(self) -> None:
        async with await self._connect() as connection:
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._name)))
            self._up = True
            self._tell(None)
            async for told in connection.notifies():
                self._tell(told.payload)

    def _tell(self, payload: str | None) -> None:
        for queue in self._queues:
            queue.put_nowait(payload)
