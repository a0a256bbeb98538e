"""Tells a client that a person has answered (CIBA §10.2); what they said it asks for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gapura.delivery.outbox import Undelivered
from gapura.errors import GapuraError
from gapura.flow.decoupled import CODE, NOTIFICATION_TOKEN, DecoupledRequest
from gapura.protocol.client import Client
from gapura.storage.outbox import Message
from gapura.values import ClientId, Instant

TAKEN = range(200, 300)
# After these a later try can do better; any other word of the client's is its last, 401 and redirects among them.
AGAIN = {408, 425, 429, *range(500, 600)}


class FindsClient(Protocol):
    async def client(self, client_id: ClientId) -> Client | None: ...


class FindsRequest(Protocol):
    async def find(self, digest: bytes) -> DecoupledRequest | None:
        """Whatever has come of it."""
        ...


class PostsJson(Protocol):
    """The guarded way out: allow list, no redirects, a deadline of some seconds; what comes back is not read."""

    async def post_json(self, url: str, content: Mapping[str, str], bearer: str, /) -> int:
        """The status of the answer. Raises GapuraError when there is none or the address is not allowed."""
        ...


def digest_of(message: Message) -> bytes:
    return bytes.fromhex(message.payload["digest"])


@dataclass(frozen=True, slots=True)
class CibaPing:
    directory: FindsClient
    requests: FindsRequest
    outbound: PostsJson

    async def __call__(self, message: Message, now: Instant) -> None:
        """Raises Undelivered, and Unavailable."""
        client = await self.directory.client(message.client_id)
        if client is None or client.backchannel_client_notification_endpoint is None:
            raise Undelivered("no notification address is registered any more", final=True)
        asked = await self.requests.find(digest_of(message))
        if asked is None or asked.expires_at <= now or NOTIFICATION_TOKEN not in asked.extra:
            raise Undelivered("the request is over", final=True)
        await self._post(client.backchannel_client_notification_endpoint, asked)

    async def _post(self, url: str, asked: DecoupledRequest) -> None:
        content = {"auth_req_id": asked.extra[CODE]}
        try:
            status = await self.outbound.post_json(url, content, asked.extra[NOTIFICATION_TOKEN])
        except GapuraError as error:
            raise Undelivered(str(error)) from error
        if status not in TAKEN:
            raise Undelivered(f"status {status}", final=status not in AGAIN)
