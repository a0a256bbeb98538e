"""The claims of an access token (RFC 9068 §2.2) and the token endpoint's answer (RFC 6749 §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.protocol.grant import JKT, Cnf, Grant, Redeemed
from gapura.values import Instant, Secret

TYP = "at+jwt"  # RFC 9068 §2.1
BEARER, DPOP = "Bearer", "DPoP"
JWT, OPAQUE = "jwt", "opaque"
FORMATS = (JWT, OPAQUE)
"""What a client may register to get: what every resource server reads, or what says nothing but to introspection."""


def token_type(cnf: Cnf | None) -> str:
    """How the token is to be presented (RFC 9449 §5); one that a certificate binds is a bearer token besides."""
    return DPOP if cnf is not None and JKT in cnf else BEARER


def acting(act: Mapping[str, Any] | None, may_act: str | None, grant: Grant | None) -> dict[str, Any]:
    """Who acts for the person with a token, or who alone may (RFC 8693 §4.1, §4.4)."""
    if act is not None:
        return {"act": dict(act)}
    return {"may_act": {"client_id": may_act}} if may_act is not None and grant is not None else {}


def access_token_claims(redeemed: Redeemed, issuer: str, may_act: str | None = None) -> dict[str, Any]:
    """A client that acts for itself is its own subject (RFC 9068 §2.2)."""
    token, grant = redeemed.token, redeemed.grant
    audience = redeemed.audience
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": grant.sub if grant is not None else redeemed.client_id,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "exp": int(token.expires_at.timestamp()),
        "iat": int(token.issued_at.timestamp()),
        "jti": str(token.id),
        "client_id": redeemed.client_id,
    }
    if redeemed.scope:
        claims["scope"] = " ".join(redeemed.scope)
    if redeemed.authorization_details:
        claims["authorization_details"] = list(redeemed.authorization_details)  # RFC 9396 §9.1
    if token.cnf is not None:
        claims["cnf"] = dict(token.cnf)
    claims |= acting(token.act, may_act, grant)
    if grant is not None:
        claims |= {"auth_time": int(grant.auth_time.timestamp()), "acr": grant.acr, "amr": list(grant.amr)}
    return claims


def token_answer(
    redeemed: Redeemed,
    access_token: str,
    now: Instant,
    *,
    refresh_token: Secret | None = None,
    id_token: str | None = None,
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": token_type(redeemed.token.cnf),
        "expires_in": int((redeemed.token.expires_at - now).total_seconds()),
    }
    if redeemed.scope:
        answer["scope"] = " ".join(redeemed.scope)
    if redeemed.issued_token_type is not None:
        answer["issued_token_type"] = redeemed.issued_token_type  # RFC 8693 §2.2.1
    if redeemed.authorization_details:
        answer["authorization_details"] = list(redeemed.authorization_details)  # RFC 9396 §7
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token.reveal()
    if id_token is not None:
        answer["id_token"] = id_token
    return answer
