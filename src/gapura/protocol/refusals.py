"""Refusals that several endpoints share."""

from __future__ import annotations

from gapura.errors import OAuthError


def invalid_client(description: str, *, detail: str = "") -> OAuthError:
    """RFC 6749 §5.2: 401 with a challenge, whichever way the client came."""
    return OAuthError(
        "invalid_client",
        detail=detail,
        status=401,
        headers={"WWW-Authenticate": 'Basic realm="client", charset="UTF-8"'},
        description=description,
    )


def invalid_client_metadata(description: str, *, detail: str = "") -> OAuthError:
    """RFC 7591 §3.2.2."""
    return OAuthError("invalid_client_metadata", detail=detail, description=description)


def invalid_grant(description: str, *, detail: str = "") -> OAuthError:
    return OAuthError("invalid_grant", detail=detail, description=description)
