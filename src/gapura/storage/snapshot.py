"""What every request needs and few change, held in memory: clients, keys, purposes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Generic, Self, TypeVar

from gapura.errors import Unavailable
from gapura.storage.database import Database

T = TypeVar("T")

CHANNEL = "gapura_snapshot"
CHECK_SECONDS = 2.0  # the net under a notification that got lost
MISS_SECONDS = 0.1  # misses share one look at the version in this time, whoever makes them

log = logging.getLogger(__name__)

VERSION = "select version from snapshot_version where name = %s"


class Snapshot(Generic[T]):
    """The value that `load` gave last, kept while PostgreSQL is away.

    `name` is a row of snapshot_version, whose version triggers raise with each change. A reader takes `value` and works
    on that one object; what is loaded later is another.
    """

    def __init__(self, load: Callable[[], Awaitable[T]], name: str, database: Database) -> None:
        self._load, self._name, self._database = load, name, database
        self._loaded: tuple[int, T] | None = None
        self._reload = asyncio.Lock()
        self._told = asyncio.Event()
        self._looked_at = float("-inf")
        self._look: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def value(self) -> T:
        """Raises Unavailable until the first load."""
        if self._loaded is None:
            raise Unavailable("database", f"{self._name} not loaded yet")
        return self._loaded[1]

    @property
    def version(self) -> int:
        """-1 until the first load."""
        return -1 if self._loaded is None else self._loaded[0]

    async def start(self) -> None:
        """Load, and follow every change from now on; without a server the load is made up for later."""
        with suppress(Unavailable):
            await self.refresh()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._follow())]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def refresh(self) -> None:
        """Load again if the version has changed. Raises Unavailable, and the last value stays."""
        async with self._reload:
            rows = await self._database.fetch(VERSION, (self._name,))
            version = int(rows[0][0]) if rows else 0
            if version != self.version:
                # The version was read first: a change in between is loaded once too often, never missed.
                self._loaded = version, await self._load()

    async def refresh_if_changed(self) -> None:
        """After a miss: see everything that was committed before this call, then look again.

        However many miss, the version is read at most every 0.1 s; who comes earlier waits that long at most. Raises
        Unavailable.
        """
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_after_pause())
            self._look.add_done_callback(_seen)
        await asyncio.shield(self._look)

    async def _look_after_pause(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked_at + MISS_SECONDS - loop.time()))
        self._look = None  # who misses from now on may have missed what this look doesn't see
        self._looked_at = loop.time()
        await self.refresh()

    async def _listen(self) -> None:
        async with aclosing(self._database.listen(CHANNEL)) as heard:
            async for told in heard:
                if told is None or told == self._name:
                    self._told.set()

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._told.wait()
            self._told.clear()
            try:
                await self.refresh()
            except Unavailable:
                pass  # the last value stays, and the next check is soon
            except Exception as error:  # noqa: BLE001 -- a bad row must not end the following of all changes
                log.error("snapshot %s kept its last value: %s", self._name, type(error).__name__)  # noqa: TRY400 -- a trace would quote the row


def _seen(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # all who waited for it may be gone
