"""N processes that do the same, kept alive until we are told to stop, and never outliving us."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from gapura.errors import StartRefused

EARLY_SECONDS = 1.0  # who dies so soon is started again only after as long a pause
PROVEN_SECONDS = 10.0  # once a worker lived this long, the application is known to start
GRACE_SECONDS = 5.0  # beyond the time that a worker itself takes to drain
# Forked workers share the imported program's memory. Elsewhere forking is not safe beside the system's own threads.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"

log = structlog.get_logger("gapura.workers")


@dataclass(frozen=True, slots=True)
class Worker:
    process: BaseProcess
    started_at: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.started_at


def run_workers(count: int, stop_seconds: float, work: Callable[..., None], *args: object) -> None:
    """Call `work(*args)` in `count` processes until SIGTERM or SIGINT; one that dies is started again.

    With a count of one it is called here. Raises StartRefused when the first workers end in failure.
    """
    if count == 1:
        work(*args)
        return
    context = multiprocessing.get_context(START_METHOD)
    gc.freeze()  # the collector must not write into pages that the workers share

    def start() -> Worker:
        process = context.Process(target=_as_worker, args=(work, args), daemon=False)  # type: ignore[attr-defined]
        process.start()
        return Worker(process, time.monotonic())

    with _stop_request() as asked:
        crew = [start() for _ in range(count)]
        try:
            _keep_alive(crew, start, asked)
        finally:
            _stop([worker.process for worker in crew], stop_seconds + GRACE_SECONDS)


def _keep_alive(crew: list[Worker], start: Callable[[], Worker], asked: int) -> None:
    """Fill each place in the crew again until a stop is asked for."""
    proven = False
    while asked not in wait([asked, *(worker.process.sentinel for worker in crew)]):
        for place, worker in enumerate(crew):
            code = worker.process.exitcode
            proven = proven or worker.age > PROVEN_SECONDS
            if code is None:
                continue
            if code > 0 and not proven:
                raise StartRefused(
                    f"the application did not start (exit code {code}); the lines above say why"
                )
            log.warning("worker_ended", exit_code=code, age_seconds=round(worker.age, 1))
            if worker.age < EARLY_SECONDS and wait([asked], EARLY_SECONDS):
                return
            crew[place] = start()


def _stop(processes: Sequence[BaseProcess], seconds: float) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            log.error("worker_killed", reason="it did not stop in time")
            process.kill()
            process.join()


@contextlib.contextmanager
def _stop_request() -> Iterator[int]:
    """A descriptor that becomes readable on SIGTERM and SIGINT."""
    reader, writer = os.pipe()
    parent = os.getpid()

    def ask(*_: object) -> None:
        if os.getpid() != parent:
            os._exit(0)  # a worker that was forked a moment ago and has no handler of its own yet
        os.write(writer, b"s")

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _as_worker(work: Callable[..., None], args: tuple[object, ...]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # a forked worker must not ask its parent to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(*args)


def _end_with_parent() -> None:
    """After a kill -9 of the parent nobody else would stop us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
