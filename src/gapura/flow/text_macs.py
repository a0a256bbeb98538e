"""The keys of texts that prove themselves, derived from the root key that their first byte names."""

from __future__ import annotations

from gapura.crypto.keyring import Vault
from gapura.protocol.self_proving import Mac


def refresh_mac(vault: Vault) -> Mac:
    return versioned_mac(vault, "refresh-token")


def access_mac(vault: Vault) -> Mac:
    return versioned_mac(vault, "access-token")


def nonce_mac(vault: Vault) -> Mac:
    return versioned_mac(vault, "dpop-nonce")


def versioned_mac(vault: Vault, purpose: str) -> Mac:
    def tag(version: int, head: bytes) -> bytes | None:
        return vault.mac_with(version, purpose, head) if version in vault.versions else None

    return tag
