"""What the authorization endpoint hands out itself, by way of the browser: the code, and tokens where the type says so.

A grant without a code is born redeemed: nobody was told its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import orjson

from gapura.flow.access_tokens import AccessTokens
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.issue import Issued
from gapura.flow.release import Releases, for_id_token
from gapura.flow.token import TokenPolicy
from gapura.protocol import access_token, id_token
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind
from gapura.protocol.grant import Grant, NewAccessToken, Redeemed
from gapura.protocol.response_types import ResponseType
from gapura.values import Instant, TokenId


class AddsTokens(Protocol):
    async def add_access_token(self, grant: Grant, token: NewAccessToken, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class FrontChannel:
    issuer: str
    access_tokens: AccessTokens
    client_tokens: ClientTokens
    grants: AddsTokens
    releases: Releases
    policy: TokenPolicy

    async def answer(
        self, client: Client, response_type: ResponseType, issued: Issued, now: Instant
    ) -> Mapping[str, str] | None:
        """The parameters of the answer (OpenID Connect Core §3.2.2.5, §3.3.2.5).

        None when the grant ended on the way. Raises Unavailable.
        """
        answer = {"code": issued.code} if response_type.code else {}
        if response_type.token:
            handed_out = await self._access_token(client, issued.grant, now)
            if handed_out is None:
                return None
            answer |= handed_out
        if response_type.id_token:
            answer["id_token"] = await self._id_token(
                client, issued.grant, answer.get("code"), answer.get("access_token"), now
            )
        return answer

    async def _access_token(self, client: Client, grant: Grant, now: Instant) -> dict[str, str] | None:
        token = NewAccessToken(TokenId(uuid4()), now, now + self.policy.access_token_lifetime)
        if not await self.grants.add_access_token(grant, token):
            return None
        redeemed = Redeemed(grant.client_id, grant, token, grant.scope, grant.resource or (self.issuer,))
        answer = access_token.token_answer(redeemed, self.access_tokens.issue(redeemed, client), now)
        return {name: _as_parameter(value) for name, value in answer.items()}

    async def _id_token(
        self, client: Client, grant: Grant, code: str | None, access_text: str | None, now: Instant
    ) -> str:
        claims = id_token.id_token_claims(
            grant,
            client,
            self.issuer,
            issued_at=now,
            expires_at=now + self.policy.id_token_lifetime,
            access_token=access_text,
            released=await self._released(client, grant, code, access_text, now),
        )
        if code is not None:
            claims["c_hash"] = id_token.half_hash(code, client.id_token_signed_response_alg)
        return await self.client_tokens.make(client, Kind.ID_TOKEN, claims, id_token.TYP, now)

    async def _released(
        self, client: Client, grant: Grant, code: str | None, access_text: str | None, now: Instant
    ) -> Mapping[str, object]:
        """Where there is another way for them, claims do not go by the browser (OpenID Connect Core §3.3.3.6, §5.4)."""
        if code is not None:
            return {}
        wanted = for_id_token(grant, grant.scope if access_text is None else ())
        return await self.releases.claims(grant, client, wanted, "id_token", now)


def _as_parameter(value: object) -> str:
    """Texts as they are, numbers and authorization details as JSON (RFC 9396 §2)."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
