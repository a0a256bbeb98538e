"""grant_type=refresh_token (RFC 6749 §6, RFC 9700 §4.14, decision 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gapura.errors import Unavailable
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant, NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, required, words
from gapura.protocol.ports import RefreshClaim
from gapura.protocol.refresh_token import GRACE, GRACE_PUBLIC, RefreshToken, Turn, read, rotates, turn
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import (
    Portion,
    TokenEndpoint,
    audience_of,
    check_granted,
    check_granted_scope,
    known_portion,
    read_portion,
)
from gapura.values import Secret

NAME = "refresh_token"


@dataclass(frozen=True, slots=True)
class RefreshForm:
    refresh_token: Secret
    scope: tuple[str, ...] | None
    portion: Portion


def parse(form: Parameters) -> RefreshForm:
    return RefreshForm(
        refresh_token=Secret(required(form, "refresh_token")),
        scope=words(form, "scope") or None,
        portion=read_portion(form),
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
    now, store = token.issued_at, endpoint.store
    form = replace(form, portion=known_portion(form.portion, client, endpoint))
    token = replace(form.portion.of(token), scope=form.scope)
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
    audience = audience_of(form.portion.resource or grant.resource, endpoint)
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
    check_granted_scope(form.scope, grant)
    check_granted(form.portion, grant, endpoint)
    # Of those who come with one token at the same moment a statement serves one. Where nothing rotates, the others need
    # no more; else a live one that was not claimed means that the store has moved under our feet.
    if decision is Turn.ROTATE and rotates(client, token.cnf):
        raise Unavailable("database", detail="a live refresh generation could not be claimed")
    if not await store.add_access_token(grant, token):
        raise invalid_grant("the refresh token has ended")
    return grant
