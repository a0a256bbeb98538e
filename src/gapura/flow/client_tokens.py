"""Tokens and answers for one client alone: signed by us, then encrypted to it, as it registered (RFC 7519 §11.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from gapura.crypto.algorithms import SignatureKey
from gapura.crypto.jose import sign
from gapura.crypto.jwe import choose, encrypt
from gapura.crypto.public_keys import KeysRefused, PublicKeys
from gapura.errors import OAuthError
from gapura.flow.access_tokens import HasKeys
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind, protection_of
from gapura.values import Instant

NESTED = "JWT"  # RFC 7519 §5.2


class FindsClientKeys(Protocol):
    async def keys_of(self, client: Client, kid: str | None, now: Instant) -> PublicKeys:
        """Raises OAuthError and KeysRefused."""
        ...


@dataclass(frozen=True, slots=True)
class ClientTokens:
    keys: HasKeys
    client_keys: FindsClientKeys

    async def make(
        self, client: Client, kind: Kind, claims: Mapping[str, Any], typ: str, now: Instant
    ) -> str:
        """A JWT of these claims, of type `typ` where it is signed; JSON where it is neither signed nor encrypted.

        Raises OAuthError("invalid_client") when nothing can be encrypted to the client, and Unavailable.
        """
        how = protection_of(client, kind)
        if how.signing_alg is None:
            content, nested = orjson.dumps(claims).decode(), None
        else:
            content, nested = sign(self.keys.value.active(how.signing_alg), claims, typ), NESTED
        if how.key_alg is None:
            return content
        reader = await self._reader(client, how.key_alg, now)
        return encrypt(content.encode(), reader, how.key_alg, how.enc, cty=nested)

    async def check(self, client: Client, kind: Kind, now: Instant) -> None:
        """Raise now what `make` would raise for the client's keys, before anything is spent."""
        key_alg = protection_of(client, kind).key_alg
        if key_alg is not None:
            await self._reader(client, key_alg, now)

    async def _reader(self, client: Client, alg: str, now: Instant) -> SignatureKey:
        try:
            key = choose(await self.client_keys.keys_of(client, None, now), alg)
        except OAuthError as error:
            raise _unreadable(error.description, error.detail) from None
        except KeysRefused as error:
            raise _unreadable("the client's keys cannot be read", error.detail) from None
        if key is None:
            raise _unreadable(f"the client has no key that {alg} can encrypt to")
        return key


def _unreadable(description: str, detail: str = "") -> OAuthError:
    """It is not that the client failed to prove itself, but that nothing can be said to it: 400."""
    return OAuthError("invalid_client", description=description, detail=detail)
