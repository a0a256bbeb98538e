"""The claims of a client assertion (RFC 7523 §3, OpenID Connect Core §9, FAPI 2.0 §5.3.2.1)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from gapura.errors import OAuthError
from gapura.protocol.assertion_claims import MOST_JTI, SKEW, check_jti, check_times
from gapura.protocol.client import Client
from gapura.protocol.ports import AssertionUse
from gapura.protocol.profiles import Audience
from gapura.protocol.refusals import invalid_client
from gapura.values import Instant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST_ASSERTION = 8192

VerifyAssertion: TypeAlias = Callable[[str, Client, Instant], Awaitable[Mapping[str, Any]]]
"""The claims of an assertion that one of the client's keys signed, with one of `assertion_algs(client)`.

Judges no claim, not even `exp`; raises OAuthError("invalid_client") when no key fits.
"""

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
    return issuer if isinstance(issuer, str) and 0 < len(issuer) <= MOST_JTI else None


def check_assertion(
    claims: Mapping[str, Any], client: Client, issuer: str, endpoints: tuple[str, ...], now: Instant
) -> AssertionUse:
    """What of a verified assertion is to be claimed once.

    Raises OAuthError("invalid_client"); the fault is named, for the signature has proved who asks.
    """
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise _refused("iss and sub must both be the client_id")
    _check_audience(claims.get("aud"), client, issuer, endpoints)
    expires_at, jti = check_times(claims, now, _refused), check_jti(claims, _refused)
    return AssertionUse(client.id, sha256(jti.encode("utf-8", "surrogatepass")).digest(), expires_at + SKEW)


def _check_audience(aud: object, client: Client, issuer: str, endpoints: tuple[str, ...]) -> None:
    if client.profile.assertion_audience is Audience.ISSUER:
        if aud != issuer:
            raise _refused(f"aud must be the string {issuer}")
        return
    named = aud if isinstance(aud, list) else [aud]
    if not any(known in named for known in (issuer, *endpoints)):
        raise _refused(f"aud must be {issuer}")


def _refused(reason: str) -> OAuthError:
    return invalid_client(f"client_assertion: {reason}")
