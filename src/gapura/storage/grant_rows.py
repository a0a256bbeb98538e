"""How a grant and an access token lie in a row, and how they are read out of one."""

from __future__ import annotations

from gapura.flow.held_token import HeldToken
from gapura.protocol.claims_request import ClaimsRequest
from gapura.protocol.grant import Grant, Holder, NewAccessToken
from gapura.storage.database import Row

GRANT = """
g.id, g.client_id, g.account_id, g.citizen_id, g.session_id, g.consent_id, g.sub, g.scope, g.attributes, g.claims,
g.resource, g.nonce, g.auth_time, g.acr, g.amr, g.redirect_uri, g.redirect_uri_sent, g.code_challenge,
g.code_expires_at, g.redeemed_at, g.refresh_generation, g.refreshed_at, g.refresh_expires_at, g.created_at,
g.expires_at, g.revoked_at, g.purpose_ids, g.legal_basis, g.grant_type, g.cnf, g.authorization_details
"""
TOKEN = """
t.id, t.client_id, t.scope, t.audience, t.issued_at, t.expires_at, t.revoked_at, t.cnf, t.authorization_details, t.act
"""
HOLDER = "p.kind, p.account_status, p.citizen_status, p.locale, s.ended_at is null and s.expires_at > now()"
PEOPLE = "left join person p on p.account_id = g.account_id left join session s on s.id = g.session_id"

# What stands, not said by `is null`: rows are looked up by their keys here, and the planner would rather go through an
# index of all that stand, which looks empty while its table is new.
STANDS = "coalesce(g.revoked_at, 'infinity') = 'infinity'"

_NO_CLAIMS = ClaimsRequest()


def grant_of(row: Row) -> Grant:
    """Of the columns GRANT and HOLDER."""
    (
        grant_id, client_id, account_id, citizen_id, session_id, consent_id, sub, scope, attributes, claims, resource,
        nonce, auth_time, acr, amr, redirect_uri, redirect_uri_sent, code_challenge, code_expires_at, redeemed_at,
        generation, refreshed_at, refresh_expires_at, created_at, expires_at, revoked_at, purpose_ids, legal_basis,
        grant_type, cnf, authorization_details, *holder,
    ) = row  # fmt: skip
    return Grant(
        grant_id, client_id, account_id, citizen_id, session_id, consent_id, sub, tuple(scope), tuple(attributes),
        ClaimsRequest.from_dict(claims) if claims else _NO_CLAIMS, tuple(resource), nonce, auth_time, acr, tuple(amr),
        redirect_uri, redirect_uri_sent, code_challenge, code_expires_at, redeemed_at, generation, refreshed_at,
        refresh_expires_at, created_at, expires_at, revoked_at, tuple(purpose_ids), legal_basis, grant_type, cnf,
        tuple(authorization_details or ()), Holder(*holder),
    )  # fmt: skip


def token_of(row: Row) -> HeldToken:
    """Of the columns TOKEN, then GRANT and HOLDER."""
    token_id, client_id, scope, audience, issued_at, expires_at, revoked_at, cnf, details, act, *rest = row
    grant = grant_of(tuple(rest)) if rest[0] is not None else None
    return HeldToken(
        token_id,
        client_id,
        tuple(scope),
        tuple(audience),
        issued_at,
        expires_at,
        revoked_at,
        grant,
        cnf,
        tuple(details) if details is not None else None,
        act,
    )


def row_of(grant: Grant, code_digest: bytes) -> dict[str, object]:
    """The columns of a new grant as JSON takes them."""
    row = grant._asdict()
    del row["holder"]
    row["claims"] = grant.claims.to_dict() or None
    row["authorization_details"] = grant.authorization_details or None
    row["code_digest"] = bytea(code_digest)
    return row


def token_row(token: NewAccessToken) -> dict[str, object]:
    return {name: getattr(token, name) for name in NewAccessToken.__slots__}


def bytea(value: bytes) -> str:
    return "\\x" + value.hex()
