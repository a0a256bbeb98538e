"""What a browser loads so that a portal ends its own session there (OpenID Connect Front-Channel Logout)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gapura.protocol.client import Client
from gapura.protocol.redirect import with_query
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.sid import sid_of
from gapura.values import SessionId

PORTS = {"http": 80, "https": 443}


def frontchannel_uri(client: Client, issuer: str, session_id: SessionId) -> str | None:
    """§3: who ended which session stands in it, also for a client that could do without: its cookies stay away in a frame."""
    uri = client.frontchannel_logout_uri
    if uri is None:
        return None
    return with_query(uri, {"iss": issuer, "sid": sid_of(session_id, client.sector)})


def check_frontchannel_uri(metadata: Mapping[str, Any], _: object) -> None:
    """§2: it is at home where the client's redirect URIs are.

    Raises OAuthError("invalid_client_metadata").
    """
    uri = metadata.get("frontchannel_logout_uri")
    homes = {_origin(one) for one in metadata.get("redirect_uris", ())}
    if uri is not None and _origin(uri) not in homes:
        raise invalid_client_metadata(
            "frontchannel_logout_uri is not at scheme, host and port of a redirect_uri",
        )


def _origin(uri: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
