"""The edge: the one middleware, pure ASGI, through which every request comes and every answer leaves.

In this order: a request id, the area of the path, host and head, preflight, the application behind a bounded body,
and a last resort for what nobody caught. Then one log line and one observation, of the route's template, never of
the address. It wraps the outermost application.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gapura import logs, metrics
from gapura.errors import GapuraError, Unavailable
from gapura.logs import REQUEST_ID
from gapura.web.areas import EXACT, Area, Cors, area_of
from gapura.web.cors import RawHeaders, cors_headers, preflight
from gapura.web.errors import CLIENT_GONE, RendersPages, error_response, minimal, refusal_of
from gapura.web.health import Draining
from gapura.web.limits import METHODS, Headers, Hosts, bounded, has_body, head_refusal

UNFRAMED = (b"x-frame-options", b"DENY")
SECURITY_HEADERS: RawHeaders = [
    (b"x-content-type-options", b"nosniff"),
    UNFRAMED,
    # Not no-referrer: browsers would send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),  # CORS requests are not subject to it (Fetch §3.7)
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cache-control", b"no-store"),
]
HSTS = (b"strict-transport-security", b"max-age=63072000")
CLOSE = (b"connection", b"close")
NOWHERE = "unmatched"
MOST_AT_ONCE = 1000  # of one process; whoever comes later would wait longer than a browser does
OVERLOAD_SECONDS = 2
FAILED, BROKEN = 400, 500
# Crockford's base 32: nobody misreads a letter of it to the person who helps them.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = tuple(one + other for one in ALPHABET for other in ALPHABET)
_random = random.Random()  # noqa: S311 -- a name for the log, no secret; seeded by the system, after a fork again
os.register_at_fork(after_in_child=_random.seed)

log = structlog.get_logger("gapura.edge")


class Edge:
    """`registered` says whether an origin is one of a registered client; asked in memory, once per CORS request.

    An answer keeps a security header that it sets itself. `write` takes the line of each request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        issuer: str,
        hosts: tuple[str, ...],
        registered: Callable[[str], bool],
        draining: Draining,
        pages: RendersPages | None = None,
        write: Callable[[Mapping[str, object]], None] | None = logs.write,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._app = app
        self._hosts = Hosts(hosts, issuer)
        self._registered = registered
        self._draining = draining
        self._pages = pages
        self._write = write
        self._most = most_at_once
        self._at_once = 0
        metrics.IN_FLIGHT.set_function(lambda: self._at_once)
        self._headers = [*SECURITY_HEADERS, HSTS] if issuer.startswith("https:") else SECURITY_HEADERS
        self._framed = [header for header in self._headers if header != UNFRAMED]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        area = area_of(scope["path"])
        found: Headers = dict(scope["headers"])
        request_id = new_request_id()
        REQUEST_ID.set(request_id)
        scope.setdefault("state", {}).update(request_id=request_id, area=area, pages=self._pages)
        cors = (
            cors_headers(area, found.get(b"origin"), self._registered) if area.cors is not Cors.NOBODY else []
        )
        general = self._framed if area.framed else self._headers
        answer = Outgoing(send, general, [(b"x-request-id", request_id.encode()), *cors])
        if self._draining:
            answer.own.append(CLOSE)
        self._at_once += 1
        try:
            await self._serve(scope, receive, answer, area, found)
        except Exception as error:  # noqa: BLE001 -- the last resort
            await self._rescue(scope, receive, answer, error)
        finally:
            self._at_once -= 1
            self._record(scope, answer.status, perf_counter() - began, area)

    async def _serve(
        self, scope: Scope, receive: Receive, answer: Outgoing, area: Area, found: Headers
    ) -> None:
        refused = head_refusal(scope, found, area) or self._hosts.refusal(found.get(b"host"), area)
        if refused is None and self._at_once > self._most * area.share:
            refused = Unavailable("overloaded", f"{self._at_once} at once", retry_after=OVERLOAD_SECONDS)
        if refused is not None:
            await error_response(Request(scope), refused)(scope, receive, answer.send)
        elif _is_preflight(scope, found, area):
            await preflight(area, answer.own[1:])(scope, receive, answer.send)
        else:
            await self._app(scope, bounded(receive, area) if has_body(found) else receive, answer.send)

    async def _rescue(self, scope: Scope, receive: Receive, answer: Outgoing, error: Exception) -> None:
        """Answer with what `error` means if nothing was sent yet; the log gets its type and place, never its text."""
        refused = refusal_of(error)
        if isinstance(error, ClientDisconnect):
            answer.status = CLIENT_GONE
            return
        if not isinstance(error, GapuraError):
            metrics.UNHANDLED.inc()
            log.error("unhandled", exc_info=error)
        if answer.started:
            return  # cut off in the middle: the server closes the connection
        try:
            response = error_response(Request(scope), refused)
        except Exception:
            log.exception("error_page_failed")
            response = minimal(refused.status)
        await response(scope, receive, answer.send)

    def _record(self, scope: Scope, status: int, seconds: float, area: Area) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = route_of(scope)
        metrics.observe(route, method, status, seconds)
        if self._write is None or (area.watched and status < FAILED):
            return
        state = scope["state"]
        line: dict[str, Any] = {
            "level": "info" if status < BROKEN else "error",
            "event": "request",
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
        }
        if "client_id" in state:
            line["client_id"] = logs.redacted(state["client_id"])
        if "refused" in state:
            line["code"], detail = state["refused"]
            if detail:
                line["detail"] = logs.redacted(detail)
        self._write(line)


class Outgoing:
    """`send` with our headers; what the application set itself stays."""

    __slots__ = ("_general", "_send", "own", "started", "status")

    def __init__(self, send: Send, general: RawHeaders, own: RawHeaders) -> None:
        self._send = send
        self._general = general
        self.own = own
        self.started = False
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            given = message.get("headers", ())
            names = {name for name, _ in given}
            message["headers"] = [*given, *self.own, *(h for h in self._general if h[0] not in names)]
        await self._send(message)


def new_request_id() -> str:
    """60 random bits, short enough to be read over the phone: `7k2m-x9qd-04rt`."""
    bits = _random.getrandbits(60)
    return (
        f"{PAIRS[bits >> 50]}{PAIRS[bits >> 40 & 1023]}-{PAIRS[bits >> 30 & 1023]}{PAIRS[bits >> 20 & 1023]}-"
        f"{PAIRS[bits >> 10 & 1023]}{PAIRS[bits & 1023]}"
    )


def route_of(scope: Scope) -> str:
    """The template of the route that answered, so that no id of a path gets into logs and labels."""
    route = scope.get("route")
    if route is None:  # refused before, or found nowhere
        return scope["path"] if scope["path"] in EXACT else NOWHERE
    root = scope.get("root_path", "")  # mounts stand at fixed paths
    return str(root if isinstance(route, Mount) else root + getattr(route, "path", ""))


def _is_preflight(scope: Scope, found: Headers, area: Area) -> bool:
    return (
        scope["method"] == "OPTIONS"
        and area.cors is not Cors.NOBODY
        and b"access-control-request-method" in found
    )
