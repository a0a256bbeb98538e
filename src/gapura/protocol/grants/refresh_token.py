"""grant_type=refresh_token (RFC 6749 §6, RFC 9700 §4.14, decision 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gapura.errors import OAuthError, Unavailable
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails, Grant, NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, required, words
from gapura.protocol.ports import RefreshClaim
from gapura.protocol.refresh_token import GRACE, GRACE_PUBLIC, RefreshToken, Turn, read, rotates, turn
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import (
    TokenEndpoint,
    audience_of,
    check_granted,
    check_granted_details,
    check_known,
    checked_details,
    read_details,
    read_resource,
)
from gapura.values import Secret

NAME = "refresh_token"


@dataclass(frozen=True, slots=True)
class RefreshForm:
    refresh_token: Secret
    scope: tuple[str, ...] | None
    resource: tuple[str, ...] | None
    details: AuthorizationDetails | None = None


def parse(form: Parameters) -> RefreshForm:
    return RefreshForm(
        refresh_token=Secret(required(form, "refresh_token")),
        scope=words(form, "scope") or None,
        resource=read_resource(form),
        details=read_details(form),
    )


async def redeem(
    form: RefreshForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Claim in one statement, which rotates; only where that does nothing is the family read and judged.

    Raises OAuthError("invalid_grant") for a token that is not live (and a reuse revokes the family),
    "invalid_scope", "invalid_target" and "invalid_authorization_details" for more than was granted.
    """
    presented = read(form.refresh_token.reveal(), endpoint.mac)
    if presented is None:
        raise invalid_grant("the refresh token was not issued here")
    check_known(form.resource, endpoint)
    now, store = token.issued_at, endpoint.store
    details = checked_details(form.details, client, endpoint)
    token = replace(token, scope=form.scope, audience=form.resource, authorization_details=details)
    is_rotated = rotates(client, token.cnf)
    grant = await store.claim_refresh(
        RefreshClaim(
            presented.grant_id,
            presented.generation,
            client.id,
            now,
            token,
            now + endpoint.refresh_idle,
            rotates=is_rotated,
            key_bound=client.is_public,
        )
    )
    if grant is None:
        grant = await _without_rotation(presented, form, client, endpoint, token)
    audience = form.resource or audience_of(grant.resource, endpoint)
    scope = form.scope or grant.scope
    generation = presented.generation + 1 if is_rotated else presented.generation
    return Redeemed(client.id, grant, token, scope, audience, generation, is_first=False)


async def _without_rotation(
    presented: RefreshToken, form: RefreshForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Grant:
    now, store = token.issued_at, endpoint.store
    grant = await store.find_grant(presented.grant_id)
    is_loose = client.is_public and (grant is None or grant.cnf is None)
    grace = GRACE_PUBLIC if is_loose else GRACE
    decision = turn(grant, presented.generation, client.id, grace, now)
    if grant is None or decision is Turn.REFUSED:
        raise invalid_grant("the refresh token has ended or is another client's")
    if decision is Turn.REUSE:
        await store.revoke_grant(grant.id, now, "refresh_reused")
        raise invalid_grant("the refresh token was used before")
    if client.is_public and grant.cnf is not None and grant.cnf != token.cnf:
        raise invalid_grant("the refresh token is bound to another key than the one that was proven")
    check_refresh(grant, form)
    check_granted_details(token.authorization_details, grant.authorization_details, endpoint)
    # Of those who come with one token at the same moment a statement serves one. Where nothing rotates, the others need
    # no more; else a live one that was not claimed means that the store has moved under our feet.
    if decision is Turn.ROTATE and rotates(client, token.cnf):
        raise Unavailable("database", detail="a live refresh generation could not be claimed")
    if not await store.add_access_token(grant, token):
        raise invalid_grant("the refresh token has ended")
    return grant


def check_refresh(grant: Grant, form: RefreshForm) -> None:
    """RFC 6749 §6: never more than was granted."""
    if not set(form.scope or ()).issubset(grant.scope):
        raise OAuthError("invalid_scope", description="scope holds more than was granted")
    check_granted(form.resource, grant.resource)
