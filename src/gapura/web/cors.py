"""Which other origins' pages may read an answer (WHATWG Fetch §3.2): by the table of areas, never with cookies."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from gapura.web.areas import Area, Cors

RawHeaders = list[tuple[bytes, bytes]]

PREFLIGHT_SECONDS = 600
ALLOWED_HEADERS = b"Authorization, Content-Type, DPoP"
EXPOSED_HEADERS = b"DPoP-Nonce, Retry-After, WWW-Authenticate, X-Request-Id"
_BY_ORIGIN = (b"vary", b"Origin")
_EXPOSED = (b"access-control-expose-headers", EXPOSED_HEADERS)


def cors_headers(area: Area, origin: bytes | None, is_registered: Callable[[str], bool]) -> RawHeaders:
    """What the answer says to the page that asked; nothing to a page that may not read it."""
    if area.cors is Cors.EVERYBODY:
        return [(b"access-control-allow-origin", b"*")]
    if origin is None or not is_registered(origin.decode("latin-1")):
        return [_BY_ORIGIN]
    return [_BY_ORIGIN, (b"access-control-allow-origin", origin), _EXPOSED]


def preflight(area: Area, allowed: RawHeaders) -> Response:
    """The answer to an OPTIONS with `access-control-request-method`; `allowed` is what `cors_headers` gave."""
    response = Response(status_code=204)
    if len(allowed) > 1 or area.cors is Cors.EVERYBODY:
        response.raw_headers += [
            (b"access-control-allow-methods", area.methods.encode()),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]
    return response
