"""Userinfo (OpenID Connect Core §5.3): a live token, and a person who may still act."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.crypto.jose import sign
from gapura.flow.access_tokens import AccessTokens, HasKeys
from gapura.flow.can_authenticate import can_authenticate, person_of
from gapura.flow.directory import ReadsDirectory
from gapura.flow.release import Releases, for_userinfo
from gapura.protocol.bearer import bearer_error
from gapura.protocol.client import Client
from gapura.protocol.userinfo import TYP, check_token, signed_claims, userinfo_claims
from gapura.values import Instant, Secret

REFUSED = "the access token is unknown, expired or revoked"


@dataclass(frozen=True, slots=True)
class Userinfo:
    issuer: str
    keys: HasKeys
    tokens: AccessTokens
    directory: ReadsDirectory
    releases: Releases

    async def answer(self, token: Secret, now: Instant) -> tuple[Client, dict[str, object]]:
        """The claims for the bearer of a token, and the client they are for.

        Raises OAuthError("invalid_token") and ("insufficient_scope"), and Unavailable when a store is away.
        """
        held = await self.tokens.read(token.reveal(), now)
        client = await self.directory.client(held.client_id) if held is not None else None
        if held is None or client is None:
            raise bearer_error("invalid_token", REFUSED)
        grant = check_token(held.scope, held.audience, held.grant, self.issuer)
        refusal = can_authenticate(person_of(grant), client)
        if refusal is not None:
            raise bearer_error("invalid_token", REFUSED, detail=refusal)
        released = await self.releases.claims(grant, client, for_userinfo(grant, held.scope), "userinfo", now)
        return client, userinfo_claims(grant, released)

    def signed(self, client: Client, claims: dict[str, object]) -> str | None:
        """The answer as a JWT; None for a client that didn't register for one (OpenID Connect Core §5.3.2)."""
        alg = client.userinfo_signed_response_alg
        if alg is None:
            return None
        return sign(self.keys.value.active(alg), signed_claims(claims, client, self.issuer), TYP)
