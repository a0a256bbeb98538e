"""The name of one exchange, by which a client and a resource find it in their logs (FAPI 1.0 Baseline §6.2.1-11)."""

from __future__ import annotations

from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from gapura.protocol.client import Client

HEADER = "x-fapi-interaction-id"


def with_interaction_id(response: Response, request: Request, client: Client) -> Response:
    """The client's own name of it comes back; where it has none, or one that is no UUID, it gets one.

    FAPI 1.0 demands it, whose clients hold tokens that are bound to a certificate; nobody else looks at it.
    """
    if client.tls_client_certificate_bound_access_tokens:
        response.headers[HEADER] = _sent(request.headers.get(HEADER, "")) or str(uuid4())
    return response


def _sent(text: str) -> str | None:
    try:
        return text if str(UUID(text)) == text.lower() else None
    except ValueError:
        return None
