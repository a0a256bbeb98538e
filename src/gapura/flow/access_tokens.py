"""Access tokens as they go out, and as they come back to us: proven by their text, and worth what their record says."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Protocol
from uuid import UUID

from gapura.crypto.algorithms import ALGS
from gapura.crypto.jose import TokenRefused, sign, verify
from gapura.crypto.signing_keys import KeyRing
from gapura.flow.held_token import HeldToken
from gapura.protocol import opaque_token
from gapura.protocol.access_token import OPAQUE, TYP, access_token_claims
from gapura.protocol.client import Client
from gapura.protocol.grant import Redeemed
from gapura.protocol.self_proving import Mac
from gapura.values import Instant, TokenId

MOST_REMEMBERED = 10_000
ALG = "ES256"  # the cheapest signature that every resource server knows


class FindsTokens(Protocol):
    async def find_token(self, token_id: TokenId) -> HeldToken | None: ...


class HasKeys(Protocol):
    @property
    def value(self) -> KeyRing: ...


class AccessTokens:
    """Remembers which texts it has verified: a token is used many times, and its signature doesn't change.

    `mac` and `key_version` prove opaque ones, which need no remembering.
    """

    def __init__(self, issuer: str, keys: HasKeys, store: FindsTokens, mac: Mac, key_version: int) -> None:
        self._issuer = issuer
        self._keys = keys
        self._store = store
        self._mac = mac
        self._key_version = key_version
        self._verified: OrderedDict[bytes, TokenId] = OrderedDict()

    def issue(self, redeemed: Redeemed, client: Client) -> str:
        """The text of a token whose record was written, in the form that the client registered."""
        if client.access_token_format == OPAQUE:
            return opaque_token.mint(redeemed.token.id, self._key_version, self._mac).reveal()
        claims = access_token_claims(redeemed, self._issuer, client.may_act)
        text = sign(self._keys.value.active(ALG), claims, TYP)
        self._remember(text, redeemed.token.id)  # it needs no proof when it comes back here
        return text

    async def read(self, text: str, now: Instant) -> HeldToken | None:
        """The live token that `text` is; None for everything else. Raises Unavailable."""
        held = await self.find(text, now)
        return held if held is not None and held.is_live(now) else None

    async def find(self, text: str, now: Instant) -> HeldToken | None:
        """The record of a token whose text is ours and hasn't expired, whatever has become of it."""
        token_id = self._token_id(text, now)
        return None if token_id is None else await self._store.find_token(token_id)

    def _token_id(self, text: str, now: Instant) -> TokenId | None:
        if len(text) == opaque_token.LENGTH:  # a signed one is many times as long
            return opaque_token.read(text, self._mac)
        known = self._verified.get(_digest(text))
        if known is not None:
            return known
        try:
            claims = verify(
                text, self._keys.value.public_keys, algs=ALGS, now=now, typ=TYP, iss=self._issuer,
                require=("exp", "jti"),
            )  # fmt: skip
            token_id = TokenId(UUID(claims["jti"]))
        except (TokenRefused, ValueError, TypeError, AttributeError):
            return None
        self._remember(text, token_id)
        return token_id

    def _remember(self, text: str, token_id: TokenId) -> None:
        self._verified[_digest(text)] = token_id
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
