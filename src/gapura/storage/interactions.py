"""Interactions in Valkey: sealed, under a hashed key, until they are completed or their time is over."""

from __future__ import annotations

from gapura.flow.interaction import Interaction
from gapura.storage.cache import Cache

KIND = "interaction"


class Interactions:
    """Implements `flow.interaction.KeepsInteractions`; `lifetime` in seconds."""

    def __init__(self, cache: Cache, lifetime: int) -> None:
        self._cache = cache
        self._lifetime = lifetime

    async def put(self, interaction: Interaction) -> None:
        await self._cache.put(KIND, interaction.id, interaction.to_bytes(), self._lifetime)

    async def get(self, interaction_id: str) -> Interaction | None:
        stored = await self._cache.get(KIND, interaction_id)
        return None if stored is None else Interaction.from_bytes(interaction_id, stored)

    async def take(self, interaction_id: str) -> bool:
        return await self._cache.take(KIND, interaction_id) is not None
