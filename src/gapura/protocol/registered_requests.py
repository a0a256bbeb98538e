"""What a registration says about the client's authorization requests."""

from __future__ import annotations

from typing import Any

from gapura.protocol.profiles import PROFILES
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registration_fields import has_keys
from gapura.protocol.request_object import NONE


def complete_requests(metadata: dict[str, Any], _: object) -> None:
    """Make plain what the profile demands anyway, and see that what must be signed can be (RFC 9101 §10.5).

    Raises OAuthError("invalid_client_metadata").
    """
    profile = PROFILES[metadata["security_profile"]]
    if profile.pushed_requests:
        metadata["require_pushed_authorization_requests"] = True
    if profile.signed_requests:
        metadata["require_signed_request_object"] = True
    if not metadata.get("require_signed_request_object"):
        return
    if metadata.get("request_object_signing_alg") == NONE:
        raise invalid_client_metadata(
            "require_signed_request_object and request_object_signing_alg none exclude one another",
        )
    if not has_keys(metadata):
        raise invalid_client_metadata("require_signed_request_object needs jwks or jwks_uri")
