"""Questions of many waiting requests, asked as one.

What is asked while a batch is under way forms the next one, so that there is no timer and a lone request waits for
nobody. With PostgreSQL a batch is one statement and one commit, with Redis one pipeline.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar, cast

import psycopg

from gapura.errors import Unavailable

Row = TypeVar("Row")
Answer = TypeVar("Answer")

# The server's word that this statement, all of it, was not committed, because of what one row holds.
ROW_REFUSED = (psycopg.IntegrityError, psycopg.DataError)


class Gather(Generic[Row, Answer]):
    """`await gather(row)` gives the answer to that row, after the batch that holds it.

    `run` answers a sequence of rows in their order. When it fails, each asker of the batch gets the error; only when
    the store refused the batch because of a row (ROW_REFUSED) is each row asked alone. After any other failure the
    batch may have been committed, so nothing is asked again.

    Who is cancelled before their batch leaves isn't asked for; after that the batch goes on without them.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Row]], Awaitable[Sequence[Answer]]],
        most: int = 256,
        runners: int = 2,
        line: int = 8_192,
    ) -> None:
        """At most `most` rows a batch, `runners` batches under way, `line` rows waiting."""
        self._run, self._most, self._runners, self._line = run, most, runners, line
        self._waiting: deque[tuple[Row, asyncio.Future[Answer]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, row: Row) -> Answer:
        """Raises what `run` raised, and Unavailable when the line is full."""
        if len(self._waiting) >= self._line:
            raise Unavailable("overloaded", "too many wait for the store")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if len(self._running) < self._runners:
            task = asyncio.get_running_loop().create_task(self._drain(), context=Context())
            self._running.add(task)
        return await future

    async def _drain(self) -> None:
        batch: list[tuple[Row, asyncio.Future[Answer]]] = []
        try:
            await asyncio.sleep(0)  # let all of this tick ask first
            while batch := self._next_batch():
                await self._ask(batch)
        except BaseException:  # this task was cancelled: nobody may wait for ever
            _fail([*batch, *self._waiting], Unavailable("stopped", "stopped while the store was asked"))
            raise
        finally:
            # In the step that found the line empty: whoever was just answered may ask again before any callback runs,
            # and must not take this one for a runner.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next_batch(self) -> list[tuple[Row, asyncio.Future[Answer]]]:
        batch: list[tuple[Row, asyncio.Future[Answer]]] = []
        while self._waiting and len(batch) < self._most:
            asked = self._waiting.popleft()
            if not asked[1].done():  # cancelled: nobody wants it any more
                batch.append(asked)
        return batch

    async def _ask(self, batch: list[tuple[Row, asyncio.Future[Answer]]]) -> Exception | None:
        try:
            answers = await self._run([row for row, _ in batch])
            pairs = list(zip(batch, answers, strict=True))
        except ROW_REFUSED as error:
            if len(batch) > 1:
                return await self._ask_apart(batch)
            failure: Exception = error
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the askers' to handle
            failure = error
        else:
            for (_, future), answer in pairs:
                if not future.done():
                    future.set_result(answer)
            return None
        _fail(batch, failure)
        return failure

    async def _ask_apart(self, batch: list[tuple[Row, asyncio.Future[Answer]]]) -> Exception | None:
        for place, asked in enumerate(batch, start=1):
            failure = await self._ask([asked])
            if failure is not None and not isinstance(failure, ROW_REFUSED):
                _fail(batch[place:], failure)  # the store is away for the rest too
                return failure
        return None


def _fail(batch: list[tuple[Row, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
