"""The claims of a client assertion (RFC 7523 §3, OpenID Connect Core §9, FAPI 2.0 §5.3.2.1)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.ports import AssertionUse
from gapura.protocol.profiles import Audience
from gapura.protocol.refusals import invalid_client
from gapura.values import Instant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST_ASSERTION = 8192

VerifyAssertion: TypeAlias = Callable[[str, Client], Awaitable[Mapping[str, Any]]]
"""The claims of an assertion that one of the client's keys signed, with one of `assertion_algs(client)`.

Judges no claim, not even `exp`; raises OAuthError("invalid_client") when no key fits.
"""

SKEW = timedelta(seconds=30)  # FAPI 2.0 §5.3.2.1: 10 s ahead must pass, 60 s must not
LONGEST = timedelta(hours=1)
_MOST_JTI = 256
_PARTS = 3


def claimed_client_id(assertion: str) -> str | None:
    """The `iss` of an assertion that nobody has verified yet; None when it is no such thing."""
    parts = assertion.split(".")
    if len(parts) != _PARTS or not assertion.isascii():
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) and 0 < len(issuer) <= _MOST_JTI else None


def check_assertion(
    claims: Mapping[str, Any], client: Client, issuer: str, endpoints: tuple[str, ...], now: Instant
) -> AssertionUse:
    """What of a verified assertion is to be claimed once.

    Raises OAuthError("invalid_client"); the fault is named, for the signature has proved who asks.
    """
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise _refused("iss and sub must both be the client_id")
    _check_audience(claims.get("aud"), client, issuer, endpoints)
    expires_at = _check_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI:
        raise _refused("jti is missing or too long")
    return AssertionUse(client.id, sha256(jti.encode("utf-8", "surrogatepass")).digest(), expires_at + SKEW)


def _check_audience(aud: object, client: Client, issuer: str, endpoints: tuple[str, ...]) -> None:
    if client.profile.assertion_audience is Audience.ISSUER:
        if aud != issuer:
            raise _refused(f"aud must be the string {issuer}")
        return
    named = aud if isinstance(aud, list) else [aud]
    if not any(known in named for known in (issuer, *endpoints)):
        raise _refused(f"aud must be {issuer}")


def _check_times(claims: Mapping[str, Any], now: Instant) -> Instant:
    expires_at = _instant(claims, "exp")
    if expires_at is None:
        raise _refused("exp is missing")
    if expires_at - now > LONGEST + SKEW:
        raise _refused(f"exp lies more than {_seconds(LONGEST)} s ahead")
    if now - expires_at >= SKEW:
        raise _refused(f"it expired {_seconds(now - expires_at)} s ago; is the client's clock slow?")
    for name in ("nbf", "iat"):
        at = _instant(claims, name)
        if at is not None and at - now > SKEW:
            raise _refused(f"{name} lies {_seconds(at - now)} s ahead; is the client's clock fast?")
    return expires_at


def _instant(claims: Mapping[str, Any], name: str) -> Instant | None:
    """A NumericDate of RFC 7519 §2."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"{name} is no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise _refused(f"{name} is no time") from None


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


def _refused(reason: str) -> OAuthError:
    return invalid_client(f"client_assertion: {reason}")
