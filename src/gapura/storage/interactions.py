"""Interactions and posted requests in Valkey: sealed, under a hashed key, until they are used or their time is over."""

from __future__ import annotations

import orjson

from gapura.crypto.random_texts import random_text
from gapura.flow.interaction import Interaction
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.storage.cache import Cache

KIND, POSTED = "interaction", "posted"
POSTED_SECONDS = 60


class Interactions:
    """Implements `flow.interaction.KeepsInteractions`; `lifetime` in seconds."""

    def __init__(self, cache: Cache, lifetime: int) -> None:
        self._cache = cache
        self._lifetime = lifetime

    async def put(self, interaction: Interaction) -> None:
        await self._cache.put(KIND, interaction.id, interaction.to_bytes(), self._lifetime)

    async def keep(self, interaction: Interaction) -> bool:
        return await self._cache.replace(KIND, interaction.id, interaction.to_bytes())

    async def get(self, interaction_id: str) -> Interaction | None:
        stored = await self._cache.get(KIND, interaction_id)
        return None if stored is None else Interaction.from_bytes(interaction_id, stored)

    async def take(self, interaction_id: str) -> bool:
        return await self._cache.take(KIND, interaction_id) is not None


class PostedRequests:
    """Implements `web.oidc.authorize.KeepsPosted`: each is good once, for a minute."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def put(self, request: AuthorizationRequest, pushed: str | None) -> str:
        ticket = random_text()
        kept = orjson.dumps({"request": request.to_dict(), "pushed": pushed})
        await self._cache.put(POSTED, ticket, kept, POSTED_SECONDS)
        return ticket

    async def take(self, ticket: str) -> tuple[AuthorizationRequest, str | None] | None:
        stored = await self._cache.take(POSTED, ticket)
        if stored is None:
            return None
        read = orjson.loads(stored)
        return AuthorizationRequest.from_dict(read["request"]), read["pushed"]
