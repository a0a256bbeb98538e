"""The userinfo endpoint (OpenID Connect Core §5.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gapura.protocol.bearer import bearer_error
from gapura.protocol.client import Client
from gapura.protocol.grant import OPENID, Grant
from gapura.protocol.id_token import RESERVED

TYP = "JWT"


def check_token(scope: Sequence[str], audience: Sequence[str], grant: Grant | None, issuer: str) -> Grant:
    """The grant of a live token that may read here; an empty audience is the issuer's.

    Raises OAuthError("invalid_token") for a token addressed to others (RFC 9068 §4), and "insufficient_scope"
    without `openid`.
    """
    if audience and issuer not in audience:
        raise bearer_error("invalid_token", "the access token is addressed to another resource")
    if grant is None or OPENID not in scope:
        raise bearer_error("insufficient_scope", "the access token has no scope openid", scope=OPENID)
    return grant


def userinfo_claims(grant: Grant, released: Mapping[str, Any]) -> dict[str, Any]:
    """§5.3.2: `sub` always, and the same as in the ID token; what is released can't set it."""
    return {name: value for name, value in released.items() if name not in RESERVED} | {"sub": grant.sub}


def signed_claims(claims: Mapping[str, Any], client: Client, issuer: str) -> dict[str, Any]:
    """§5.3.2: a signed answer names who says it, and to whom."""
    return {**claims, "iss": issuer, "aud": client.id}
