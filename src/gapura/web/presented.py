"""Headers and certificate of a client's request, as the rules take them."""

from __future__ import annotations

from starlette.requests import Request

from gapura.errors import OAuthError
from gapura.protocol.presented import Presented

AUTHORIZATION, DPOP = b"authorization", b"dpop"


def presented_of(request: Request) -> Presented:
    """Raises OAuthError("invalid_request") for a header that came twice: two readers could take it two ways."""
    return Presented(authorization=_one(request, AUTHORIZATION), dpop=_one(request, DPOP))


def _one(request: Request, name: bytes) -> str | None:
    found = [value for header, value in request.scope["headers"] if header == name]
    if not found:
        return None
    if len(found) > 1:
        raise OAuthError("invalid_request", description=f"{name.decode()} is sent more than once")
    return bytes(found[0]).decode("latin-1")
