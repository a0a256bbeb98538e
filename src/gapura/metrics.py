"""What operators watch of HTTP, and the small server that shows all metrics apart from the public port.

Each process shows its own metrics: it takes the first free port of `metrics_port`, `metrics_port + 1` and so on, one
place for each worker and one for `gapura worker`. Prometheus scrapes them all and adds up, a worker that is started
again finds its predecessor's port free, and a request costs no shared file.

Labels are bounded: the route's template, methods we know, statuses. Nothing of a person or a client stands in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import EADDRINUSE

import structlog
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

REQUESTS = Counter("gapura_http_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram(
    "gapura_http_request_seconds",
    "From the request's head to the end of its answer",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("gapura_http_requests_in_flight", "Requests being answered")
UNHANDLED = Counter("gapura_http_unhandled_total", "Exceptions that only the edge caught: somebody must look")

HEAD_SECONDS = 5
MAX_HEAD = 8192
_ANSWER = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"

log = structlog.get_logger("gapura.metrics")
_known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def observe(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is a template and `method` one of the known ones, or the labels would grow without end."""
    pair = _known.get((route, method, status))
    if pair is None:
        pair = REQUESTS.labels(route, method, str(status)), SECONDS.labels(route)
        _known[route, method, status] = pair
    pair[0].inc()
    pair[1].observe(seconds)


@asynccontextmanager
async def serve_metrics(host: str, port: int, processes: int) -> AsyncIterator[int | None]:
    """Show the metrics of this process while the context lasts; gives the port, or None when 0 turned it off.

    `processes` is how many of Gapura share the machine. When all their ports are taken the process goes on without,
    and says so: watching must not end the service.
    """
    server = await _first_free(host, port, processes) if port else None
    if server is None:
        if port:
            log.error("metrics_ports_taken", port=port, tried=processes)
        yield None
        return
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def _first_free(host: str, port: int, processes: int) -> asyncio.Server | None:
    for candidate in range(port, port + processes):
        try:
            return await asyncio.start_server(_answer, host, candidate, limit=MAX_HEAD)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise
    return None


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_page(head))
            await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass  # who asks in another way gets nothing
    finally:
        writer.close()


def _page(head: bytes) -> bytes:
    if head.split(b" ", 2)[:2] != [b"GET", b"/metrics"]:
        return _ANSWER % (404, b"Not Found", b"text/plain", 0)
    body = generate_latest(REGISTRY)
    return _ANSWER % (200, b"OK", CONTENT_TYPE_LATEST.encode(), len(body)) + body
