"""Tells a client that a session has ended (OpenID Connect Back-Channel Logout)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gapura.delivery.outbox import Undelivered
from gapura.errors import GapuraError, OAuthError
from gapura.flow.client_tokens import ClientTokens
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind
from gapura.protocol.logout_token import TYP, logout_token_claims
from gapura.protocol.sid import sid_of
from gapura.storage.outbox import Message
from gapura.values import ClientId, Instant, SessionId

TAKEN = (200, 204)  # §2.8


class FindsClient(Protocol):
    async def client(self, client_id: ClientId) -> Client | None: ...


class PostsForm(Protocol):
    """The guarded way out: allow list, no redirects, a deadline of some seconds."""

    async def post_form(self, url: str, form: Mapping[str, str], /) -> int:
        """The status of the answer. Raises GapuraError when there is none or the address is not allowed."""
        ...


@dataclass(frozen=True, slots=True)
class BackchannelLogout:
    """Signs when it sends, with the key that is active then, and encrypts for whom ID tokens are encrypted (§2.4)."""

    issuer: str
    directory: FindsClient
    client_tokens: ClientTokens
    outbound: PostsForm

    async def __call__(self, message: Message, now: Instant) -> None:
        """Raises Undelivered, and Unavailable when no key can sign."""
        client = await self.directory.client(message.client_id)
        if client is None or client.backchannel_logout_uri is None:
            raise Undelivered("no logout address is registered any more", final=True)
        claims = logout_token_claims(
            self.issuer,
            client.id,
            jti=str(message.id),
            now=now,
            sub=message.payload["sub"],
            sid=sid_of(SessionId(UUID(message.payload["session_id"])), client.sector),
        )
        try:
            token = await self.client_tokens.make(client, Kind.ID_TOKEN, claims, TYP, now)
        except OAuthError as error:
            raise Undelivered(f"{error.code}: {error.description}") from error
        await self._post(client.backchannel_logout_uri, token)

    async def _post(self, url: str, token: str) -> None:
        try:
            status = await self.outbound.post_form(url, {"logout_token": token})
        except GapuraError as error:
            raise Undelivered(str(error)) from error
        if status not in TAKEN:
            raise Undelivered(f"status {status}")
