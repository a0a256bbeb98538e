"""The claims of a logout token (OpenID Connect Back-Channel Logout §2.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gapura.values import Instant

TYP = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(minutes=2)  # §4: two minutes in the future at most


def logout_token_claims(
    issuer: str, client_id: str, *, jti: str, now: Instant, sub: str | None, sid: str | None
) -> dict[str, Any]:
    """`jti` stays the same on every try; at least one of `sub` and `sid` is there, and never a nonce."""
    if sub is None and sid is None:
        raise ValueError("a logout token names a subject or a session")
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": jti,
        "events": {EVENT: {}},
    }
    if sub is not None:
        claims["sub"] = sub
    if sid is not None:
        claims["sid"] = sid
    return claims
