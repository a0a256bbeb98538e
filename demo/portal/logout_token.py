"""Checks a logout token as the receiver must (OpenID Connect Back-Channel Logout 1.0 §2.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import to_bytes

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYP = "logout+jwt"
LEEWAY = 60
OLDEST = 600  # seconds; a token is made when it is sent


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Whose sessions end: that one session, or all of the subject where `sid` is None."""

    jti: str
    exp: int
    sid: str | None
    sub: str | None


class LogoutTokenRefused(ValueError):
    """The token is not for us or not in order."""


def kid_of(token: str) -> str | None:
    """Which key the token says it is signed with; nothing else of it may be believed yet."""
    try:
        kid = jws.extract_compact(to_bytes(token)).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise LogoutTokenRefused("the form is wrong") from error
    return kid if isinstance(kid, str) else None


def check(token: str, keys: KeySet, *, issuer: str, client_id: str, alg: str, now: int) -> LogoutToken:
    """`alg` is what the client registered; `now` is in Unix seconds. Raises LogoutTokenRefused."""
    claims = _verified(token, keys, alg)
    for rule, holds in (
        ("iss", claims.get("iss") == issuer),
        ("aud", _is_for(claims.get("aud"), client_id)),
        ("iat", _is_time(claims.get("iat")) and now - OLDEST <= claims["iat"] <= now + LEEWAY),
        ("exp", _is_time(claims.get("exp")) and claims["exp"] > now - LEEWAY),
        ("events", _has_event(claims.get("events"))),
        ("nonce", "nonce" not in claims),  # §2.4: an ID token can't be taken for a logout token
        ("jti", _is_text(claims.get("jti"))),
        ("sub or sid", any(_is_text(claims.get(name)) for name in ("sub", "sid"))),
    ):
        if not holds:
            raise LogoutTokenRefused(f"{rule} is missing or wrong")
    return LogoutToken(claims["jti"], claims["exp"], claims.get("sid"), claims.get("sub"))


def _verified(token: str, keys: KeySet, alg: str) -> Mapping[str, Any]:
    try:
        found = jws.deserialize_compact(to_bytes(token), keys, algorithms=[alg])
        claims = json.loads(found.payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise LogoutTokenRefused("the signature or the form is wrong") from error
    if str(found.headers().get("typ", "")).lower() != TYP:
        raise LogoutTokenRefused("typ is missing or wrong")
    if not isinstance(claims, dict):
        raise LogoutTokenRefused("the claims are no object")
    return claims


def _is_for(aud: object, client_id: str) -> bool:
    return client_id in aud if isinstance(aud, list) else aud == client_id


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _has_event(events: object) -> bool:
    return isinstance(events, dict) and isinstance(events.get(EVENT), dict)
