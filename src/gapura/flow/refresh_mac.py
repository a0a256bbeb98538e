"""The key that refresh tokens are tagged with, derived from the root key that their first byte names."""

from __future__ import annotations

from gapura.crypto.keyring import Vault
from gapura.protocol.refresh_token import Mac


def refresh_mac(vault: Vault) -> Mac:
    def tag(version: int, head: bytes) -> bytes | None:
        return vault.mac_with(version, "refresh-token", head) if version in vault.versions else None

    return tag
