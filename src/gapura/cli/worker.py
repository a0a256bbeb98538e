"""`gapura worker`: what goes out later, and what has to be done every so often."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

import structlog
import typer
import uvloop

from gapura import logs
from gapura.metrics import serve_metrics
from gapura.settings import Settings, check_production, load_settings
from gapura.worker import work

app = typer.Typer()
log = structlog.get_logger("gapura.worker")


@app.callback(invoke_without_command=True)
def worker() -> None:
    """Deliver logout tokens, chain the records, end sessions, move keys on, tidy up; until SIGTERM or Ctrl-C.

    Any number may run beside one another: one that is killed leaves nothing undone.
    """
    settings = load_settings()
    check_production(settings)
    logs.configure(settings.log_level)
    uvloop.run(_until_told_to_stop(settings))


async def _until_told_to_stop(settings: Settings) -> None:
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(work(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.cancel)
    # Its place is behind those of the serving processes (metrics.py).
    async with serve_metrics(settings.metrics_host, settings.metrics_port, settings.workers + 1) as port:
        log.info("worker_started", metrics_port=port)
        with suppress(asyncio.CancelledError):
            await working
    log.info("worker_stopped")
