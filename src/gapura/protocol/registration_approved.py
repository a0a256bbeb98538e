"""What a client may still change in its registration once an operator has approved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registration_fields import FIELDS

# What nobody approves: by none of it a client gets at more, or looks like another.
OWN_AFFAIRS = frozenset(
    {
        "jwks",
        "jwks_uri",
        "contacts",
        "software_id",
        "software_version",
        "initiate_login_uri",
        "default_max_age",
    }
    | {
        "require_auth_time",
        "default_acr_values",
        "backchannel_logout_uri",
        "backchannel_logout_session_required",
        "frontchannel_logout_uri",
        "frontchannel_logout_session_required",
    }
    | {name for name in FIELDS if name.endswith(("_alg", "_enc"))}
)
SHRINKING = frozenset(
    {"redirect_uris", "post_logout_redirect_uris", "grant_types", "response_types", "scope"}
    | {"authorization_details_types"}
)


def check_approved(stored: Mapping[str, Any], replaced: Mapping[str, Any]) -> None:
    """A client that an operator has approved goes on as it was approved, or with less.

    Raises OAuthError("invalid_client_metadata").
    """
    for name in stored.keys() | replaced.keys():
        before, after = stored.get(name), replaced.get(name)
        if name in OWN_AFFAIRS or before == after or (name in SHRINKING and _is_less(before, after)):
            continue
        raise invalid_client_metadata(
            f"{name.partition('#')[0]} was approved as it is, and an operator changes it",
        )


def _is_less(before: str | list[str] | None, after: str | list[str] | None) -> bool:
    """Of two lists, or of two texts of scopes."""
    had, has = (value.split() if isinstance(value, str) else value or () for value in (before, after))
    return set(has).issubset(had)
