"""The sector that a client's pairwise subjects are of (OpenID Connect Core §8.1, Registration §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registered_uri import host_of

# What else the sector's document lists for a client of backchannel authentication, by delivery mode (CIBA §4).
BESIDE: Mapping[str, str] = MappingProxyType(
    {"poll": "jwks_uri", "ping": "backchannel_client_notification_endpoint"}
)
LISTED = ("redirect_uris", *BESIDE.values())


def sector_of(metadata: Mapping[str, Any]) -> str | None:
    """The sector of a client that registers itself (decision 10); None when it redirects nowhere."""
    if uri := metadata.get("sector_identifier_uri"):
        return host_of(uri)
    # Hosts that no document joins are a sector of their own: a foreign host beside one's own opens nobody's `sub`
    return ",".join(sorted({host_of(uri) for uri in metadata.get("redirect_uris", ())})) or None


def check_sector(metadata: Mapping[str, Any], document: object) -> None:
    """What stands at `sector_identifier_uri` lists every address that must be of the sector, and there is one.

    Raises OAuthError("invalid_client_metadata").
    """
    listed = {item for item in document if isinstance(item, str)} if isinstance(document, list) else set()
    beside = BESIDE.get(metadata.get("backchannel_token_delivery_mode", ""), "")
    must = {name: _addresses(metadata.get(name, ())) for name in ("redirect_uris", beside)}
    if not any(must.values()):  # then every document of a stranger would do
        raise invalid_client_metadata("sector_identifier_uri has no address of this client to list")
    for name, addresses in must.items():
        if not listed.issuperset(addresses):
            raise invalid_client_metadata(
                f"sector_identifier_uri does not list every {name.removesuffix('s')}"
            )


def _addresses(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value
