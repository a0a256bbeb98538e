"""The claims of an ID token (OpenID Connect Core §2)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gapura.protocol.algorithms import SIGNING_ALGS
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from gapura.protocol.sid import sid_of
from gapura.values import Instant

TYP = "JWT"

# What no mapping, hook or registry attribute may set (threats 2.10)
RESERVED = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid"}
    | {"at_hash", "c_hash", "s_hash", "cnf", "act", "client_id", "scope", "events"}
)

_NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})


def id_token_claims(
    grant: Grant,
    client: Client,
    issuer: str,
    *,
    issued_at: Instant,
    expires_at: Instant,
    access_token: str | None = None,
    first: bool = True,
    released: Mapping[str, Any] = _NO_CLAIMS,
) -> dict[str, Any]:
    """The claims of an ID token for `client`, whose `grant` it is.

    `first` is True with the code, False after a refresh: the nonce belongs to the authentication (§12.2).
    `released` are the claims that the `claims` parameter asked for here; reserved ones among them are left out.
    """
    claims = {name: value for name, value in released.items() if name not in RESERVED}
    claims |= {
        "iss": issuer,
        "sub": grant.sub,
        "aud": grant.client_id,
        "exp": int(expires_at.timestamp()),
        "iat": int(issued_at.timestamp()),
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "sid": sid_of(grant.session_id, client.sector),
    }
    if first and grant.nonce is not None:
        claims["nonce"] = grant.nonce
    if access_token is not None:
        claims["at_hash"] = half_hash(access_token, client.id_token_signed_response_alg)
    return claims


def half_hash(text: str, alg: str) -> str:
    """The left half of the hash that belongs to `alg`, as `at_hash` and `c_hash` (§3.1.3.6, §3.3.2.11)."""
    digest: bytes = SIGNING_ALGS[alg].digest(text.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")
