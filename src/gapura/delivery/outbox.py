"""The loop that empties the outbox: claim what is due, send each, settle each; at least once, or dead with an alarm."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

import structlog

from gapura.delivery import metrics
from gapura.delivery.backoff import next_try
from gapura.errors import GapuraError
from gapura.storage.outbox import Message, Outbox
from gapura.values import ClientId, Instant

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)  # longer than any send may take (outbound.py gives up after 3 s)
MOST, EACH = 32, 4  # as many as the way out takes at once, and of one client
DRAIN_SECONDS = 4.0
LOOK_EVERY = 1.0  # seconds; the net under the notification


class Undelivered(Exception):
    """A try failed; `reason` is a short word without personal data. `final`: no later try can do better."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.final = reason, final


Send: TypeAlias = Callable[[Message, Instant], Awaitable[None]]


class Deliveries:
    """Delivers until it is cancelled; many may run beside one another."""

    def __init__(self, outbox: Outbox, send: Mapping[str, Send], clock: Callable[[], Instant]) -> None:
        """`send` has a function for each kind of message; it raises Undelivered."""
        self._outbox, self._send, self._clock = outbox, send, clock
        self._wake = asyncio.Event()
        self._under_way: Counter[ClientId] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something new is in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """When it is cancelled, what is under way has a few seconds to end; the rest comes back with its lease."""
        try:
            while True:
                self._wake.clear()
                if not await self._claim():
                    # Not `wait_for`: before Python 3.12 it loses a cancellation that meets the wake-up.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_EVERY):
                            await self._wake.wait()
        finally:
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
                for task in late:
                    task.cancel()

    async def _claim(self) -> bool:
        """Start what fits in; True when there may be more that fits."""
        free = MOST - self._under_way.total()
        if not free:
            return False
        busy = [client for client, count in self._under_way.items() if count >= EACH]
        try:
            messages = await self._outbox.claim(self._clock(), LEASE, most=free, each=EACH, busy=busy)
        except GapuraError as error:
            log.warning("outbox_away", error=str(error))
            return False
        for message in messages:
            self._under_way[message.client_id] += 1
            task = asyncio.create_task(self._deliver(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(messages) == free

    async def _deliver(self, message: Message) -> None:
        try:
            await self._settle(message)
        except GapuraError as error:
            # What could not be written comes back when its lease ends, with the same jti.
            log.warning("outbox_unsettled", id=str(message.id), error=str(error))
        finally:
            self._under_way[message.client_id] -= 1
            self.wake()

    async def _settle(self, message: Message) -> None:
        try:
            await self._send[message.kind](message, self._clock())
        except Undelivered as failure:
            await self._failed(message, failure)
        except GapuraError:
            raise
        except Exception as error:  # noqa: BLE001 -- a fault of ours must neither stop the others nor be forgotten
            await self._failed(message, Undelivered(type(error).__name__))
        else:
            now = self._clock()
            await self._outbox.delivered(message, now)
            metrics.DELIVERED.labels(message.kind).inc()
            metrics.DELIVERY_SECONDS.labels(message.kind).observe((now - message.created_at).total_seconds())
            log.info("delivered", kind=message.kind, id=str(message.id), client=message.client_id)

    async def _failed(self, message: Message, failure: Undelivered) -> None:
        now = self._clock()
        told = {
            "kind": message.kind,
            "id": str(message.id),
            "client": message.client_id,
            "reason": failure.reason,
        }
        due = None if failure.final else next_try(message.attempts, message.created_at, now)
        if due is None:
            await self._outbox.dead(message, now, failure.reason)
            metrics.DEAD.labels(message.kind).inc()
            log.error("delivery_dead", **told)
            return
        await self._outbox.again(message, due, failure.reason)
        metrics.RETRIED.labels(message.kind).inc()
        log.warning("delivery_retried", attempts=message.attempts, due=due.isoformat(), **told)
