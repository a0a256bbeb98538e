"""Which response types a client may register (RFC 7591 §2.1, OpenID Connect Registration §2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.response_types import AUTHORIZATION_CODE, IMPLICIT, RESPONSE_TYPES, canonical


def fitting(asked: Iterable[str], grant_types: Collection[str], supported: Collection[str]) -> list[str]:
    """The response types by their names here, when each has the grant types that it takes, and none is left over.

    Raises OAuthError("invalid_client_metadata").
    """
    names = list(dict.fromkeys(canonical(name) for name in asked))
    if not set(names).issubset(supported):
        raise invalid_client_metadata("response_types has a value that is not supported")
    taken = {grant_type for name in names for grant_type in RESPONSE_TYPES[name].grant_types}
    for grant_type in (AUTHORIZATION_CODE, IMPLICIT):
        if (grant_type in grant_types) != (grant_type in taken):
            raise invalid_client_metadata(
                f"response_types and grant_types do not fit: see {grant_type}",
            )
    return names


def holds_token(response_types: Iterable[str]) -> bool:
    """Whether an access token may come by the browser."""
    return any(RESPONSE_TYPES[name].token for name in response_types)


def check_redirects(metadata: Mapping[str, Any], _: object) -> None:
    """Somewhere to redirect to, and by https where a web client gets tokens there.

    Raises OAuthError("invalid_redirect_uri").
    """
    types, uris = metadata["response_types"], metadata.get("redirect_uris", ())
    if types and not uris:
        raise OAuthError("invalid_redirect_uri", description="redirect_uris is missing")
    if metadata["application_type"] != "web" or not any(RESPONSE_TYPES[name].in_front for name in types):
        return
    if any(uri.startswith("http://") for uri in uris):
        raise OAuthError("invalid_redirect_uri", description="tokens by the browser need https redirect_uris")
