"""What every assertion of somebody else says about its time and its name (RFC 7523 §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from gapura.errors import OAuthError
from gapura.values import Instant

SKEW = timedelta(seconds=30)  # FAPI 2.0 §5.3.2.1: 10 s ahead must pass, 60 s must not
LONGEST = timedelta(hours=1)
MOST_JTI = 256

Refused: TypeAlias = Callable[[str], OAuthError]
"""The error for a reason, with the code of whatever the assertion was sent for."""


def check_times(claims: Mapping[str, Any], now: Instant, refused: Refused) -> Instant:
    """When it expires. Raises what `refused` makes of the fault."""
    expires_at = instant_of(claims, "exp", refused)
    if expires_at is None:
        raise refused("exp is missing")
    if expires_at - now > LONGEST + SKEW:
        raise refused(f"exp lies more than {seconds_of(LONGEST)} s ahead")
    if now - expires_at >= SKEW:
        raise refused(f"it expired {seconds_of(now - expires_at)} s ago; is the client's clock slow?")
    for name in ("nbf", "iat"):
        at = instant_of(claims, name, refused)
        if at is not None and at - now > SKEW:
            raise refused(f"{name} lies {seconds_of(at - now)} s ahead; is the client's clock fast?")
    return expires_at


def check_jti(claims: Mapping[str, Any], refused: Refused) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MOST_JTI:
        raise refused("jti is missing or too long")
    return jti


def instant_of(claims: Mapping[str, Any], name: str, refused: Refused) -> Instant | None:
    """A NumericDate of RFC 7519 §2."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"{name} is no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise refused(f"{name} is no time") from None


def seconds_of(span: timedelta) -> int:
    return round(span.total_seconds())
