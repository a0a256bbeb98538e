"""What an operator may agree on with a client that gets tokens by others' tokens or words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.client import PUBLIC
from gapura.protocol.grants.jwt_bearer import NAME as JWT_BEARER
from gapura.protocol.grants.token_exchange import NAME as TOKEN_EXCHANGE

NEEDS = {TOKEN_EXCHANGE: "token_exchange", JWT_BEARER: "jwt_bearer_issuer"}
"""Grant types that do nothing without what an operator writes."""


def check_agreements(metadata: Mapping[str, Any]) -> None:
    """Raises OAuthError("invalid_client_metadata")."""
    for grant_type in set(NEEDS).intersection(metadata["grant_types"]):
        if metadata["token_endpoint_auth_method"] == PUBLIC:
            raise _refused(f"{grant_type} is not for public clients")
    keys = [name for name in ("jwt_bearer_jwks", "jwt_bearer_jwks_uri") if name in metadata]
    if "jwt_bearer_issuer" in metadata and len(keys) != 1:
        raise _refused("jwt_bearer_issuer needs either jwt_bearer_jwks or jwt_bearer_jwks_uri")


def _refused(description: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", description=description)
