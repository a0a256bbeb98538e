"""Where each endpoint is: routes and discovery both follow from this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "authorization_endpoint": "/authorize",
        "pushed_authorization_request_endpoint": "/par",
        "token_endpoint": "/token",
        "userinfo_endpoint": "/userinfo",
        "introspection_endpoint": "/introspect",
        "revocation_endpoint": "/revoke",
        "registration_endpoint": "/register",
        "backchannel_authentication_endpoint": "/backchannel-authentication",
        "device_authorization_endpoint": "/device_authorization",
        "end_session_endpoint": "/logout",
        "check_session_iframe": "/check-session",
        "jwks_uri": "/jwks",
    }
)
# What browsers visit, and what needs no key, has no other address for who brings a certificate.
NO_ALIAS = ("authorization_endpoint", "end_session_endpoint", "registration_endpoint")
WELL_KNOWN = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def aliases(origin: str) -> dict[str, str]:
    """Where to call with a certificate (RFC 8705 §5)."""
    called = [name for name in PATHS if name.endswith("_endpoint") and name not in NO_ALIAS]
    return {name: url_of(origin, name) for name in called}


def url_of(issuer: str, endpoint: str) -> str:
    return issuer + PATHS[endpoint]


def client_url(issuer: str, client_id: str) -> str:
    """Where a client reads and changes its registration (RFC 7592)."""
    return f"{url_of(issuer, 'registration_endpoint')}/{client_id}"
