"""Pushed requests in Valkey: sealed, under a hashed key, and beside each the browser that came with it first."""

from __future__ import annotations

import orjson

from gapura.flow.pushed_requests import FIRST_VISIT
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.storage.cache import Cache

PUSHED, VISITED = "pushed", "pushed-visited"


class PushedRequests:
    """Implements `flow.pushed_requests.KeepsPushed`; `lifetime` of an interaction, in seconds."""

    def __init__(self, cache: Cache, lifetime: int) -> None:
        self._cache = cache
        self._lifetime = lifetime

    async def put(self, request_id: str, request: AuthorizationRequest) -> None:
        kept = orjson.dumps(request.to_dict())
        await self._cache.put(PUSHED, request_id, kept, int(FIRST_VISIT.total_seconds()))

    async def get(self, request_id: str) -> AuthorizationRequest | None:
        stored = await self._cache.get(PUSHED, request_id)
        return None if stored is None else AuthorizationRequest.from_dict(orjson.loads(stored))

    async def visit(self, request_id: str, browser: str) -> bool:
        mine, seconds = browser.encode(), self._lifetime
        is_first = await self._cache.add(VISITED, request_id, mine, seconds)
        if not is_first and await self._cache.touch(VISITED, request_id, seconds) != mine:
            return False
        return await self._cache.touch(PUSHED, request_id, seconds) is not None

    async def spend(self, request_id: str) -> bool:
        return await self._cache.take(PUSHED, request_id) is not None
