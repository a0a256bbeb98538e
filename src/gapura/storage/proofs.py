"""DPoP proofs that were used (RFC 9449 §11.1), in the cache, and in PostgreSQL while that is away (decision 26)."""

from __future__ import annotations

from gapura.protocol.dpop import AHEAD, BEHIND
from gapura.protocol.dpop_nonce import NONCE_LIFETIME, Home
from gapura.protocol.ports import AssertionStore, AssertionUse
from gapura.storage.cache import Cache
from gapura.values import ClientId, Instant

KEEP = max(BEHIND + AHEAD, NONCE_LIFETIME)
DPOP = ClientId("dpop:")  # no client's id, which holds no colon


class Proofs:
    """Implements `flow.sender_keys.RemembersProofs`."""

    def __init__(self, cache: Cache, assertions: AssertionStore) -> None:
        self._cache = cache
        self._assertions = assertions

    async def claim(self, home: Home, digest: bytes, now: Instant) -> bool:
        if home is Home.CACHE:
            return await self._cache.add("dpop", digest, b"", round(KEEP.total_seconds()))
        return await self._assertions.claim_assertion(AssertionUse(DPOP, digest, now + KEEP))
