"""What a registration says about the client's authorization requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.request_object import NONE


def check_signed_requests(metadata: Mapping[str, Any], _: object) -> None:
    """RFC 9101 §10.5: what must be signed has an algorithm and a key.

    Raises OAuthError("invalid_client_metadata").
    """
    if not metadata.get("require_signed_request_object"):
        return
    if metadata.get("request_object_signing_alg") == NONE:
        raise OAuthError(
            "invalid_client_metadata",
            description="require_signed_request_object and request_object_signing_alg none exclude one another",
        )
    if not ("jwks" in metadata or "jwks_uri" in metadata):
        raise OAuthError(
            "invalid_client_metadata", description="require_signed_request_object needs jwks or jwks_uri"
        )
