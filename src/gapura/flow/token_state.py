"""Introspection and revocation: what a token is worth now, and the end of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from gapura.flow.access_tokens import AccessTokens
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.can_authenticate import can_authenticate, person_of
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.directory import ReadsDirectory
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind, wants_jwt
from gapura.protocol.grant import Grant
from gapura.protocol.introspection import TYP, LiveToken, check_caller, introspect, jwt_claims, read_token
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.protocol.refresh_token import RefreshToken, read
from gapura.protocol.revocation import check_owner
from gapura.protocol.self_proving import Mac
from gapura.values import ClientId, GrantId, Instant, TokenId


class EndsTokens(Protocol):
    """Raises Unavailable; what could not be written is never called revoked."""

    async def find_grant(self, grant_id: GrantId, /) -> Grant | None: ...

    async def revoke_grant(self, grant_id: GrantId, at: Instant, reason: str, /) -> None: ...

    async def revoke_token(self, token_id: TokenId, at: Instant) -> None: ...


@dataclass(frozen=True, slots=True)
class TokenState:
    issuer: str
    clients: AuthenticatesClients
    tokens: AccessTokens
    client_tokens: ClientTokens
    store: EndsTokens
    directory: ReadsDirectory
    mac: Mac

    async def introspect(
        self, presented: Presented, form: Parameters, now: Instant
    ) -> tuple[Client, dict[str, object]]:
        """The answer of RFC 7662 §2.2, and who asked; raises OAuthError when the caller doesn't prove who they are."""
        caller = await self.clients.client(presented, form, now)
        check_caller(caller)
        live = await self._live(read_token(form).token.reveal(), now)
        return caller, introspect(caller, live, self.issuer)

    async def as_jwt(
        self, caller: Client, answer: dict[str, object], now: Instant, *, asked: bool
    ) -> str | None:
        """The answer signed, and encrypted where that is registered; None for who neither asked nor registered for it.

        Raises OAuthError("invalid_client") when nothing can be encrypted to the caller.
        """
        if not asked and not wants_jwt(caller, Kind.INTROSPECTION):
            return None
        claims = jwt_claims(caller, answer, self.issuer, now)
        return await self.client_tokens.make(caller, Kind.INTROSPECTION, claims, TYP, now)

    async def revoke(self, presented: Presented, form: Parameters, now: Instant) -> None:
        """End the token, and with a refresh token its whole family (RFC 7009 §2.1).

        Whose it is counts, not whether it is good now: the token of a suspended person ends here for good too.
        """
        caller = await self.clients.client(presented, form, now)
        text = read_token(form).token.reveal()
        refresh = read(text, self.mac)
        if refresh is not None:
            grant = await self.store.find_grant(refresh.grant_id)
            if grant is not None:
                check_owner(caller, grant.client_id)
                await self.store.revoke_grant(grant.id, now, "revoked_by_client")
            return
        held = await self.tokens.find(text, now)
        if held is not None:
            check_owner(caller, held.client_id)
            await self.store.revoke_token(held.id, now)

    async def _live(self, text: str, now: Instant) -> LiveToken | None:
        refresh = read(text, self.mac)
        found = await (self._refresh(refresh, now) if refresh is not None else self._access(text, now))
        client = await self.directory.client(ClientId(found.client_id)) if found is not None else None
        if found is None or client is None or not _may_still_act(found, client):
            return None
        return found if client.may_act is None else replace(found, may_act=client.may_act)

    async def _access(self, text: str, now: Instant) -> LiveToken | None:
        held = await self.tokens.read(text, now)
        if held is None:
            return None
        return LiveToken(
            held.client_id,
            held.scope,
            held.audience,
            held.issued_at,
            held.expires_at,
            held.grant,
            held.id,
            held.details,
            cnf=held.cnf,
            act=held.act,
        )

    async def _refresh(self, token: RefreshToken, now: Instant) -> LiveToken | None:
        grant = await self.store.find_grant(token.grant_id)
        if grant is None or grant.revoked_at is not None or grant.refresh_generation != token.generation:
            return None
        until = min(grant.expires_at, grant.refresh_expires_at or grant.expires_at)
        if now >= until:
            return None
        issued_at = grant.refreshed_at or grant.created_at
        return LiveToken(
            grant.client_id,
            grant.scope,
            (self.issuer,),
            issued_at,
            until,
            grant,
            authorization_details=grant.authorization_details,
        )


def _may_still_act(found: LiveToken, client: Client) -> bool:
    if found.grant is None:
        return client.is_active
    return client.is_active and can_authenticate(person_of(found.grant), client) is None
