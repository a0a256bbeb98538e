"""What a client has to register so that something can be encrypted, to it or to us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.protocol.algorithms import DEFAULT_ENC, ENCRYPTION_ALGS
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registration_fields import FIELDS

TO_THE_CLIENT = tuple(
    name.removesuffix("_alg") for name in FIELDS if name.endswith("_encrypted_response_alg")
)
TO_US = ("request_object_encryption",)


def complete_encryption(metadata: dict[str, Any], _: object) -> None:
    """Make the default of `enc` plain (OpenID Connect Registration §2), and see that there is a key to encrypt to.

    Raises OAuthError("invalid_client_metadata").
    """
    for name in TO_THE_CLIENT + TO_US:
        if f"{name}_alg" in metadata:
            metadata.setdefault(f"{name}_enc", DEFAULT_ENC)
        elif f"{name}_enc" in metadata:
            raise invalid_client_metadata(f"{name}_enc needs {name}_alg")
    for name in TO_THE_CLIENT:
        row = ENCRYPTION_ALGS.get(metadata.get(f"{name}_alg", ""))
        if row is not None and not _has_key(metadata, row.kty):
            raise invalid_client_metadata(
                f"{name}_alg needs a key in jwks that {row.name} can encrypt to, or jwks_uri"
            )


def _has_key(metadata: Mapping[str, Any], kty: str) -> bool:
    """What stands at `jwks_uri` is seen when it is needed."""
    keys = metadata.get("jwks", {}).get("keys", ())
    return "jwks_uri" in metadata or any(key["kty"] == kty and key.get("use", "enc") == "enc" for key in keys)
