"""Userinfo (OpenID Connect Core §5.3): a live token, and a person who may still act."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.flow.access_tokens import AccessTokens
from gapura.flow.can_authenticate import can_authenticate, person_of
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.directory import ReadsDirectory
from gapura.flow.release import Releases, for_userinfo
from gapura.flow.sender_keys import SenderKeys
from gapura.flow.step_up import unreached_acr
from gapura.protocol.bearer import PresentedToken, bearer_error, step_up_needed
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind, wants_jwt
from gapura.protocol.presented import Presented
from gapura.protocol.userinfo import TYP, check_token, signed_claims, userinfo_claims
from gapura.values import Instant

REFUSED = "the access token is unknown, expired or revoked"


@dataclass(frozen=True, slots=True)
class Userinfo:
    issuer: str
    tokens: AccessTokens
    client_tokens: ClientTokens
    directory: ReadsDirectory
    releases: Releases
    senders: SenderKeys

    async def answer(
        self, token: PresentedToken, presented: Presented, now: Instant
    ) -> tuple[Client, dict[str, object]]:
        """The claims for who holds a token and the key that it is bound to, and the client they are for.

        Raises OAuthError("invalid_token"), ("insufficient_scope"), ("insufficient_user_authentication"), those of DPoP,
        and ("invalid_client") when nothing can be encrypted to the client; Unavailable when a store is away.
        """
        held = await self.tokens.read(token.text.reveal(), now)
        client = await self.directory.client(held.client_id) if held is not None else None
        if held is None or client is None:
            raise bearer_error("invalid_token", REFUSED)
        await self.senders.check_token(token, held.cnf, presented, "userinfo_endpoint", now)
        grant = check_token(held.scope, held.audience, held.grant, self.issuer)
        refusal = can_authenticate(person_of(grant), client)
        if refusal is not None:
            raise bearer_error("invalid_token", REFUSED, detail=refusal)
        needed = unreached_acr(grant.acr, held.scope, client)
        if needed is not None:
            raise step_up_needed((needed,), token.scheme)
        await self.client_tokens.check(client, Kind.USERINFO, now)
        released = await self.releases.claims(grant, client, for_userinfo(grant, held.scope), "userinfo", now)
        return client, userinfo_claims(grant, released)

    async def as_jwt(self, client: Client, claims: dict[str, object], now: Instant) -> str | None:
        """The answer signed, encrypted, or both; None for a client that registered neither (OpenID Connect Core §5.3.2)."""
        if not wants_jwt(client, Kind.USERINFO):
            return None
        content = signed_claims(claims, client, self.issuer)
        return await self.client_tokens.make(client, Kind.USERINFO, content, TYP, now)
