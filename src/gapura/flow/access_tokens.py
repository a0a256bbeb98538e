"""Access tokens as they come back to us: proven by signature, and then worth what their record says."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Protocol
from uuid import UUID

from gapura.crypto.algorithms import ALGS
from gapura.crypto.jose import TokenRefused, verify
from gapura.crypto.signing_keys import KeyRing
from gapura.flow.held_token import HeldToken
from gapura.protocol.access_token import TYP
from gapura.values import Instant, TokenId

MOST_REMEMBERED = 10_000


class FindsTokens(Protocol):
    async def find_token(self, token_id: TokenId) -> HeldToken | None: ...


class HasKeys(Protocol):
    @property
    def value(self) -> KeyRing: ...


class AccessTokens:
    """Remembers which texts it has verified: a token is used many times, and its signature doesn't change."""

    def __init__(self, issuer: str, keys: HasKeys, store: FindsTokens) -> None:
        self._issuer = issuer
        self._keys = keys
        self._store = store
        self._verified: OrderedDict[bytes, TokenId] = OrderedDict()

    async def read(self, text: str, now: Instant) -> HeldToken | None:
        """The live token that `text` is; None for everything else. Raises Unavailable."""
        held = await self.find(text, now)
        return held if held is not None and held.is_live(now) else None

    async def find(self, text: str, now: Instant) -> HeldToken | None:
        """The record of a token whose text is ours and hasn't expired, whatever has become of it."""
        token_id = self._token_id(text, now)
        return None if token_id is None else await self._store.find_token(token_id)

    def remember(self, text: str, token_id: TokenId) -> None:
        """A token that was signed here needs no proof when it comes back here."""
        self._verified[_digest(text)] = token_id
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)

    def _token_id(self, text: str, now: Instant) -> TokenId | None:
        known = self._verified.get(_digest(text))
        if known is not None:
            return known
        keys = self._keys.value
        try:
            claims = verify(
                text, keys.public_keys, algs=ALGS, now=now, typ=TYP, iss=self._issuer, require=("exp", "jti")
            )
            token_id = TokenId(UUID(claims["jti"]))
        except (TokenRefused, ValueError, TypeError, AttributeError):
            return None
        self.remember(text, token_id)
        return token_id


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
