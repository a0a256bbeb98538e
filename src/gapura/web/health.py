"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PING_SECONDS = 1.0
KEEP_SECONDS = 1.0  # so that a flood of probes is no flood of pings

Ping = Callable[[], Awaitable[object]]


class Draining:
    """Set once, when the process stops: probes hear 503, and every answer closes its connection.

    The lifespan's shutdown sets it. By then uvicorn has closed its listening socket and ended running requests, so who
    balances load learns of a stop from the refused connection; where that is too late, let a pre-stop hook wait.
    """

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> None:
        self._begun = True

    def __bool__(self) -> bool:
        return self._begun


@dataclass(slots=True)
class Readiness:
    """`needed`: without it nothing is served. `wanted`: what is lost without it is refused by itself.

    Losing Redis must cost convenience only, and the token endpoint keeps working: so it is wanted, not needed.
    """

    needed: Mapping[str, Ping]
    wanted: Mapping[str, Ping]
    _checked_at: float = float("-inf")
    _away: frozenset[str] = frozenset()
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def away(self) -> frozenset[str]:
        """Names of the stores that did not answer within a second, at most a second old."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if now - self._checked_at > KEEP_SECONDS:
                pings = {**self.needed, **self.wanted}
                answers = await asyncio.gather(*(_answers(ping) for ping in pings.values()))
                self._away = frozenset(name for name, good in zip(pings, answers, strict=True) if not good)
                self._checked_at = asyncio.get_running_loop().time()
        return self._away


def health_routes(readiness: Readiness, draining: Draining) -> list[Route]:
    async def healthz(_: Request) -> Response:
        return _reply(200, "alive")

    async def readyz(_: Request) -> Response:
        if draining:
            return _reply(503, "draining")
        away = await readiness.away()
        if not away.isdisjoint(readiness.needed):
            return _reply(503, "not_ready", away)
        return _reply(200, "degraded" if away else "ready", away)

    return [Route("/healthz", healthz, name="healthz"), Route("/readyz", readyz, name="readyz")]


async def _answers(ping: Ping) -> bool:
    try:
        async with asyncio.timeout(PING_SECONDS):
            await ping()
    except Exception:  # noqa: BLE001 -- why a store is away is its own log's matter
        return False
    return True


def _reply(status: int, word: str, away: frozenset[str] = frozenset()) -> Response:
    said = {"status": word, **({"away": sorted(away)} if away else {})}
    return Response(orjson.dumps(said), status, {"cache-control": "no-store"}, "application/json")
