"""What the edge costs: counted in CPU time around an application that does nothing."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from statistics import median

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gapura import logs
from gapura.web.edge import Edge
from gapura.web.health import Draining

pytestmark = pytest.mark.anyio

ROUNDS, REQUESTS = 7, 2000
LIMIT_MICROSECONDS = 60  # measured 11 with the line and 9 without; the rest is for a busy machine
HEADERS = [
    (b"host", b"gapura.test"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"authorization", b"Bearer Zm9vYmFyYmF6cXV4NDIZm9vYmFyYmF6cXV4MTI"),
    (b"x-forwarded-for", b"198.51.100.7"),
    (b"x-forwarded-proto", b"https"),
    (b"connection", b"keep-alive"),
]


async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"{}"})


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def sink(_: Message) -> None:
    return


async def microseconds(app: ASGIApp) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/userinfo",
            "query_string": b"",
            "headers": HEADERS,
            "state": {},
        }
        await app(scope, receive, sink)
    return (time.process_time() - began) / REQUESTS * 1e6


async def cost_of(app: ASGIApp, measure: Callable[[ASGIApp], Awaitable[float]] = microseconds) -> float:
    """The median over rounds that alternate with the bare application."""
    return median([await measure(app) - await measure(nothing) for _ in range(ROUNDS)])


async def test_the_edge_is_cheap(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[..., None]
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(logs, "_emit", written.append)
    edge = Edge(
        nothing,
        issuer="https://gapura.test",
        hosts=("gapura.test",),
        registered=lambda _: False,
        draining=Draining(),
    )
    cost = await cost_of(edge)
    record_property("microseconds", round(cost, 1))
    assert len(written) == ROUNDS * REQUESTS
    assert cost < LIMIT_MICROSECONDS, f"{cost:.1f} µs"
