"""What a request's head may be, and how much of a body is waited for: judged before anything is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import chain
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope

from gapura.errors import GapuraError, OAuthError, PageError
from gapura.web.areas import Area

MAX_URL = 8 * 1024
MAX_HEAD = 32 * 1024
MAX_HEADERS = 100
MAX_DIGITS = 15
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Sent twice, two readers could believe two things (RFC 9110 §5.3; RFC 9449 §4.3 for a proof).
SINGLE = (
    b"host",
    b"content-length",
    b"content-type",
    b"authorization",
    b"dpop",
    b"origin",
    b"transfer-encoding",
)
DEFAULT_PORTS = {"http": 80, "https": 443}
CLOSE = {"connection": "close"}  # what is still on its way would be read as the next request

Headers = dict[bytes, bytes]
"""Of a name sent twice it holds the last; `SINGLE` says where that is refused."""


class Hosts:
    """What `Host` may say, as the setting lists it, with or without the scheme's own port."""

    def __init__(self, allowed: Iterable[str], issuer: str) -> None:
        port = f":{DEFAULT_PORTS[urlsplit(issuer).scheme]}"
        known = {host.lower().removesuffix(port) for host in allowed}
        self._known = frozenset(text.encode() for host in known for text in (host, host + port))

    def refusal(self, host: bytes | None, area: Area) -> GapuraError | None:
        if host is None:
            return PageError("bad_request", "no Host", headers=CLOSE)
        # Probes come by address, and nothing that they get is built from the host.
        if host in self._known or area.watched or host.lower() in self._known:
            return None
        return PageError("wrong_host", status=421, headers=CLOSE)  # RFC 9110 §15.5.20


def head_refusal(scope: Scope, found: Headers, area: Area) -> GapuraError | None:
    """Why the request's head is refused; the host is judged apart."""
    return (
        _headers_refusal(scope["headers"], found)
        or _target_refusal(scope["method"], scope["path"], scope["query_string"])
        or _length_refusal(found.get(b"content-length"), area.body)
    )


def _headers_refusal(headers: list[tuple[bytes, bytes]], found: Headers) -> GapuraError | None:
    if len(headers) > MAX_HEADERS or len(b"".join(chain.from_iterable(headers))) > MAX_HEAD:
        return PageError("too_large", "headers", status=431, headers=CLOSE)
    if len(found) != len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in SINGLE):
            return PageError("bad_request", "a header twice", headers=CLOSE)
    return None


def _target_refusal(method: str, path: str, query: bytes) -> GapuraError | None:
    if len(path) + len(query) > MAX_URL:
        return PageError("too_large", "url", status=414, headers=CLOSE)
    if method not in METHODS:
        return PageError("method_not_allowed", status=405, headers=CLOSE)
    if not (path.isascii() and path.isprintable()):
        # None of our paths needs more; a server reads bad UTF-8 as U+FFFD, and NUL breaks what stores it.
        return PageError("bad_request", "path")
    return None


def _length_refusal(length: bytes | None, most: int) -> GapuraError | None:
    if length is None or (length.isdigit() and len(length) <= MAX_DIGITS and int(length) <= most):
        return None
    return too_large()


def has_body(found: Headers) -> bool:
    return found.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in found


def bounded(receive: Receive, area: Area) -> Receive:
    """`receive` that raises OAuthError when more comes than the area takes, or when it comes too slowly."""
    deadline = asyncio.get_running_loop().time() + area.seconds
    left = area.body
    complete = False

    async def receive_bounded() -> Message:
        nonlocal left, complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise too_slow() from None
        left -= len(message.get("body", b""))
        if left < 0:
            raise too_large()
        complete = not message.get("more_body", False)
        return message

    return receive_bounded


def too_large() -> GapuraError:
    return OAuthError(
        "invalid_request", "body", status=413, headers=CLOSE, description="the body is too large"
    )


def too_slow() -> GapuraError:
    return OAuthError(
        "invalid_request", "body", status=408, headers=CLOSE, description="the body did not arrive in time"
    )
