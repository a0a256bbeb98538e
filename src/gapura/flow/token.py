"""The token endpoint in five hops: authenticate → claim → can_authenticate → claims → sign.

What is used once is claimed in one statement before anything is signed; a refusal after the claim spends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from gapura.flow.access_tokens import AccessTokens
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.can_authenticate import can_authenticate, person_of
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.release import Releases, for_id_token
from gapura.flow.sender_keys import SenderKeys
from gapura.protocol import access_token, id_token
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind
from gapura.protocol.grant import Grant, NewAccessToken, Redeemed
from gapura.protocol.grants import redeem
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.protocol.refresh_token import RefreshToken, mint
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import TokenEndpoint
from gapura.values import Instant, Secret, TokenId


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    access_token_lifetime: timedelta
    id_token_lifetime: timedelta
    key_version: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """Answers token requests."""

    clients: AuthenticatesClients
    endpoint: TokenEndpoint
    access_tokens: AccessTokens
    client_tokens: ClientTokens
    releases: Releases
    policy: TokenPolicy
    senders: SenderKeys

    async def answer(self, presented: Presented, form: Parameters, now: Instant) -> dict[str, object]:
        """The members of the token response (RFC 6749 §5.1). Raises OAuthError and Unavailable."""
        client = await self.clients.client(presented, form, now)
        await self.client_tokens.check(client, Kind.ID_TOKEN, now)
        cnf = await self.senders.cnf(presented, client, "token_endpoint", now)
        token = NewAccessToken(TokenId(uuid4()), now, now + self.policy.access_token_lifetime, cnf=cnf)
        redeemed = await redeem(form, client, self.endpoint, token)
        if redeemed.grant is not None:
            await self._person_may(redeemed.grant, client, now)
            if redeemed.passed_on:
                await self.releases.passed_on(redeemed.grant, client, now)
        return await self._response(redeemed, client, now)

    async def _person_may(self, grant: Grant, client: Client, now: Instant) -> None:
        refusal = can_authenticate(person_of(grant), client)
        if refusal is not None:
            await self.endpoint.store.revoke_grant(grant.id, now, refusal)
            raise invalid_grant("the person can no longer sign in here", detail=refusal)

    async def _response(self, redeemed: Redeemed, client: Client, now: Instant) -> dict[str, object]:
        text = self.access_tokens.issue(redeemed, client)
        return access_token.token_answer(
            redeemed,
            text,
            now,
            refresh_token=self._refresh_token(redeemed),
            id_token=await self._id_token(redeemed, client, text, now),
        )

    def _refresh_token(self, redeemed: Redeemed) -> Secret | None:
        if redeemed.grant is None or redeemed.refresh_generation is None:
            return None
        token = RefreshToken(redeemed.grant.id, redeemed.refresh_generation)
        return mint(token, self.policy.key_version, self.endpoint.mac)

    async def _id_token(
        self, redeemed: Redeemed, client: Client, access_text: str, now: Instant
    ) -> str | None:
        grant = redeemed.grant
        if grant is None or not redeemed.has_id_token:
            return None
        claims = id_token.id_token_claims(
            grant,
            client,
            self.endpoint.issuer,
            issued_at=now,
            expires_at=now + self.policy.id_token_lifetime,
            access_token=access_text,
            first=redeemed.is_first,
            released=await self.releases.claims(grant, client, for_id_token(grant), "id_token", now),
        )
        return await self.client_tokens.make(client, Kind.ID_TOKEN, claims, id_token.TYP, now)
