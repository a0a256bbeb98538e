"""The wire between workers and PostgreSQL, which is cut after a statement was committed and before its answer comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.storage.proxy import Place, proxy


class FaultProxy:
    """`url` leads through the wire; `cuts` counts how often it was cut."""

    def __init__(self, database_url: str, folder: Path) -> None:
        told = conninfo_to_dict(database_url)
        host, port = str(told["host"]), int(told.get("port") or 5432)
        self.server: Place = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self.path = folder / ".s.PGSQL.5432"
        self.url = f"postgresql://{told['user']}@/{told['dbname']}?host={quote(str(folder), safe='')}"
        self.cuts = 0
        self._awaited: bytes | None = None

    def cut_after(self, sent: bytes) -> None:
        """Swallow the answer to the next request that has these bytes in it, once."""
        self._awaited = sent

    def _is_it(self, data: bytes) -> bool:
        if self._awaited is None or self._awaited not in data:
            return False
        self._awaited = None
        self.cuts += 1
        return True

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        async with proxy(self.server, self.path) as between:
            between.cut_answers_to = self._is_it
            ready.set()
            await stop.wait()


@contextmanager
def fault_proxy(database_url: str, folder: Path) -> Iterator[FaultProxy]:
    """In a thread of its own, beside the test that waits for answers."""
    wire, ready, stop = FaultProxy(database_url, folder), threading.Event(), asyncio.Event()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=lambda: runner.run(wire.serve(ready, stop)))
        thread.start()
        try:
            assert ready.wait(10)
            yield wire
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
