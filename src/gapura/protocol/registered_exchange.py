"""What an operator may agree on with a client that gets tokens by others' tokens or words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.protocol.refusals import invalid_client_metadata


def check_agreements(metadata: Mapping[str, Any], _: object) -> None:
    """Raises OAuthError("invalid_client_metadata")."""
    keys = [name for name in ("jwt_bearer_jwks", "jwt_bearer_jwks_uri") if name in metadata]
    if "jwt_bearer_issuer" in metadata and len(keys) != 1:
        raise invalid_client_metadata("jwt_bearer_issuer needs either jwt_bearer_jwks or jwt_bearer_jwks_uri")
