"""The worker: what goes out later, and what has to be done every so often. Any number may run beside one another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from gapura.delivery import metrics
from gapura.delivery.outbox import Deliveries
from gapura.errors import GapuraError
from gapura.values import Instant

log = structlog.get_logger(__name__)

REMIND_SECONDS = 60.0  # a job that keeps failing says so at its first turn, then at most this often


Tick: TypeAlias = Callable[[Instant], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Job:
    """`run` takes one turn, every `every` seconds after the last one ended; it is safe beside itself elsewhere."""

    name: str
    every: float
    run: Tick


async def run_worker(
    deliveries: Deliveries,
    heard: AsyncIterator[object],
    jobs: Sequence[Job],
    clock: Callable[[], Instant],
) -> None:
    """Work until cancelled; `heard` gives something whenever the outbox may have something new."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(deliveries.run(), name="outbox")
        tasks.create_task(_wake(deliveries, heard), name="outbox-wake")
        for job in jobs:
            tasks.create_task(_repeat(job, clock), name=job.name)


async def _wake(deliveries: Deliveries, heard: AsyncIterator[object]) -> None:
    async for _ in heard:
        deliveries.wake()


async def _repeat(job: Job, clock: Callable[[], Instant]) -> None:
    """A turn that fails is told and counted, and the next one is taken all the same."""
    failing, told = False, float("-inf")
    while True:
        began = time.monotonic()
        try:
            await job.run(clock())
        except Exception as error:  # noqa: BLE001 -- one bad turn must not end the others' work
            metrics.JOB_FAILURES.labels(job.name).inc()
            if not failing or began - told >= REMIND_SECONDS:
                told = began
                log.error("job_failed", job=job.name, error=_word(error))  # noqa: TRY400 -- a trace may show values
            failing = True
        else:
            if failing:
                log.info("job_recovered", job=job.name)
            failing = False
            metrics.JOB_SECONDS.labels(job.name).observe(time.monotonic() - began)
        await asyncio.sleep(job.every)


def _word(error: Exception) -> str:
    return str(error) if isinstance(error, GapuraError) else type(error).__name__
