"""The word of an issuer that an operator has agreed on for a client (RFC 7523 §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gapura.crypto.jose import TokenRefused, read_unverified_header, verify
from gapura.crypto.public_keys import KeysRefused
from gapura.errors import OAuthError
from gapura.flow.client_keys import ClientKeys
from gapura.protocol.client import Client
from gapura.protocol.profiles import STRONG_ALGS
from gapura.protocol.refusals import invalid_grant
from gapura.values import ClientId, Instant, Secret


@dataclass(frozen=True, slots=True)
class AgreedAssertions:
    """Implements `protocol.ports.ProvesAssertions`; the issuer's keys are kept as a client's are."""

    keys: ClientKeys

    async def claims(self, assertion: Secret, client: Client, now: Instant, /) -> Mapping[str, Any]:
        """The claims of an assertion that a key of the agreement signed; judges none of them.

        Raises OAuthError("invalid_grant").
        """
        issuer = replace(
            client,
            id=ClientId(f"{client.id} {client.jwt_bearer_issuer}"),  # no client's id has a blank
            jwks=client.jwt_bearer_jwks,
            jwks_uri=client.jwt_bearer_jwks_uri,
        )
        text = assertion.reveal()
        try:
            kid = read_unverified_header(text).get("kid")
            keys = await self.keys.keys_of(issuer, kid if isinstance(kid, str) else None, now)
            return verify(text, keys, algs=STRONG_ALGS, now=now, leeway=float("inf"), require=())
        except (TokenRefused, KeysRefused, OAuthError) as error:
            raise invalid_grant(
                "the assertion is not signed by a key of the agreement", detail=str(error)
            ) from None
