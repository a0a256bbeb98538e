"""Pushed authorization requests (RFC 9126): taken from the client itself before the browser is sent.

A request_uri is good for a minute until a browser comes with it, then for that browser alone while it is on its way; the
answer spends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.sender_keys import SenderKeys
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.dpop import bound_key
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.values import Instant

ENDPOINT = "pushed_authorization_request_endpoint"
URN = "urn:ietf:params:oauth:request_uri:"
FIRST_VISIT = timedelta(seconds=60)


class KeepsPushed(Protocol):
    """Raises Unavailable when the store is away."""

    async def put(self, request_id: str, request: AuthorizationRequest) -> None:
        """Keep it until the first visit, which must come within `FIRST_VISIT`."""
        ...

    async def get(self, request_id: str) -> AuthorizationRequest | None: ...

    async def visit(self, request_id: str, browser: str) -> bool:
        """Whether it is this browser's: the first that asks has it, each time for as long as an interaction."""
        ...

    async def spend(self, request_id: str) -> bool:
        """Take it away; True for exactly one of many who ask, who may then answer it."""
        ...


class ReadsPushed(Protocol):
    async def pushed_by(self, client: Client, form: Parameters, now: Instant) -> AuthorizationRequest:
        """Raises OAuthError for whatever is wrong with the request."""
        ...


@dataclass(frozen=True, slots=True)
class PushesRequests:
    """Answers the pushed authorization request endpoint."""

    clients: AuthenticatesClients
    requests: ReadsPushed
    kept: KeepsPushed
    senders: SenderKeys
    random_text: Callable[[], str] = field(repr=False)

    async def answer(self, presented: Presented, form: Parameters, now: Instant) -> dict[str, object]:
        """The members of the answer (RFC 9126 §2.2). Raises OAuthError and Unavailable."""
        client = await self.clients.client(presented, form, now)
        request = await self.requests.pushed_by(client, form, now)
        proven = await self.senders.jkt(presented, ENDPOINT, now)
        # RFC 9449 §10.1: a proof that comes along binds the code as `dpop_jkt` does
        request = replace(request, dpop_jkt=bound_key(request.dpop_jkt, proven))
        request_id = self.random_text()
        await self.kept.put(request_id, request)
        return {"request_uri": URN + request_id, "expires_in": int(FIRST_VISIT.total_seconds())}
