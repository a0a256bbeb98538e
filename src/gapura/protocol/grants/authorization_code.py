"""grant_type=authorization_code (RFC 6749 §4.1.3, RFC 7636 §4.6)."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant, NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, optional, required
from gapura.protocol.pkce import matches
from gapura.protocol.ports import CodeClaim
from gapura.protocol.redirect_uri_fault import other_redirect_uri
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import (
    Portion,
    TokenEndpoint,
    audience_of,
    check_granted,
    known_portion,
    read_portion,
    refresh_binding,
)
from gapura.values import Secret, opaque_digest

NAME = "authorization_code"


@dataclass(frozen=True, slots=True)
class CodeForm:
    code: Secret
    redirect_uri: str | None
    code_verifier: Secret | None
    portion: Portion


def parse(form: Parameters) -> CodeForm:
    verifier = optional(form, "code_verifier")
    return CodeForm(
        code=Secret(required(form, "code", 512)),
        redirect_uri=optional(form, "redirect_uri"),
        code_verifier=Secret(verifier) if verifier is not None else None,
        portion=read_portion(form),
    )


async def redeem(form: CodeForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken) -> Redeemed:
    """Claim the code, then judge what was claimed: whatever is wrong with it then, it is spent.

    Raises OAuthError("invalid_grant") when the code is unknown, used, expired or another client's, or when
    redirect URI or verifier do not belong to it; "invalid_target" and "invalid_authorization_details" for what was not
    granted.
    """
    now, digest, store = token.issued_at, opaque_digest(form.code.reveal()), endpoint.store
    portion = known_portion(form.portion, client, endpoint)
    token = portion.of(token)
    refresh_until = now + endpoint.refresh_idle if "refresh_token" in client.grant_types else None
    binds = refresh_binding(client, token)
    grant = await store.claim_code(CodeClaim(digest, client.id, now, token, refresh_until, binds=binds))
    if grant is None:
        # RFC 6749 §4.1.2: a replay kills the tokens that came of the code
        await store.revoke_code(digest, now, "code_replayed")
        raise invalid_grant("the code is unknown, used, expired or another client's")
    try:
        check_code(grant, form)
        check_key(grant, token)
        check_granted(portion, grant, endpoint)
    except OAuthError:
        await store.revoke_grant(grant.id, now, "code_misused")
        raise
    audience = audience_of(portion.resource or grant.resource, endpoint)
    return Redeemed(client.id, grant, token, grant.scope, audience, grant.refresh_generation)


def check_code(grant: Grant, form: CodeForm) -> None:
    for check in CHECKS:
        check(grant, form)


def check_key(grant: Grant, token: NewAccessToken) -> None:
    """RFC 9449 §10: a code that was bound to a key is redeemed by whoever holds it. Raises OAuthError("invalid_grant")."""
    if not (grant.cnf or {}).items() <= (token.cnf or {}).items():
        raise invalid_grant("the code is bound to another key than the one that was proven")


def _session_lasts(grant: Grant, _: CodeForm) -> None:
    """Who has signed out in between is signed in nowhere new: every client that was told of the end was told before."""
    if not grant.holder.session_is_live:
        raise invalid_grant("the session that the person signed in with has ended")


def _same_redirect_uri(grant: Grant, form: CodeForm) -> None:
    """RFC 6749 §4.1.3: required where the authorization request had one, and then identical."""
    if form.redirect_uri is None and not grant.redirect_uri_sent:
        return
    if form.redirect_uri != grant.redirect_uri:
        raise invalid_grant(other_redirect_uri(grant.redirect_uri, form.redirect_uri))


def _verifier_matches(grant: Grant, form: CodeForm) -> None:
    verifier = form.code_verifier.reveal() if form.code_verifier is not None else None
    if grant.code_challenge is None:
        if verifier is not None:  # RFC 9700 §2.1.1: a verifier without a challenge is an attack
            raise invalid_grant("code_verifier without a code_challenge in the authorization request")
        return
    if verifier is None:
        raise invalid_grant("code_verifier is missing")
    if not matches(verifier, grant.code_challenge):
        raise invalid_grant("code_verifier does not belong to the code_challenge")


CHECKS = (_session_lasts, _same_redirect_uri, _verifier_matches)
