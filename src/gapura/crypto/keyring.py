"""Sealing and keyed digests under root keys: each purpose gets subkeys of its own (RFC 5869)."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from gapura.crypto.root_keys import KEY_BYTES, GivenRootKeys, RootKeys, RootKeySource
from gapura.errors import Unavailable

__all__ = ["GivenRootKeys", "RootKeyMissing", "RootKeySource", "RootKeys", "SealBroken", "Vault"]

NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD_BYTES = 1 + NONCE_BYTES


@dataclass(eq=False)
class SealBroken(Unavailable):
    """What was opened isn't what was sealed, or not for this purpose and associated data."""


@dataclass(eq=False)
class RootKeyMissing(Unavailable):
    """A root key of this version is needed and wasn't given; `detail` names it."""


class Vault:
    """Seals bytes for one purpose and makes keyed digests.

    Sealed: key version (1 byte), nonce (12), AES-256-GCM of the content with its tag (16). Nonces are random, so one
    purpose may seal about 2**32 contents under one root key (NIST SP 800-38D §8.3): spread what is more over purposes.
    """

    def __init__(self, root_keys: RootKeys) -> None:
        self._root_keys = root_keys
        self._current = root_keys.current
        self._ciphers: dict[tuple[int, str], AESGCM] = {}
        self._mac_keys: dict[tuple[int, str], bytes] = {}
        others = sorted(root_keys.keys.keys() - {root_keys.current}, reverse=True)
        self.versions: tuple[int, ...] = (root_keys.current, *others)

    def seal(self, purpose: str, plain: bytes, aad: bytes = b"") -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return (
            bytes((self._current,)) + nonce + self._cipher(self._current, purpose).encrypt(nonce, plain, aad)
        )

    def open(self, purpose: str, sealed: bytes, aad: bytes = b"") -> bytes:
        """Raises SealBroken or RootKeyMissing."""
        if len(sealed) < _HEAD_BYTES + TAG_BYTES:
            raise SealBroken("seal_broken", f"{purpose}: too short")
        try:
            return self._cipher(sealed[0], purpose).decrypt(sealed[1:_HEAD_BYTES], sealed[_HEAD_BYTES:], aad)
        except InvalidTag:
            raise SealBroken("seal_broken", purpose) from None

    def reseal(self, purpose: str, sealed: bytes, aad: bytes = b"") -> bytes:
        """The same content under the current root key. Raises SealBroken or RootKeyMissing."""
        return self.seal(purpose, self.open(purpose, sealed, aad), aad)

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) of the parts under the current root key; ("a", "bc") differs from ("ab", "c")."""
        return self.mac_with(self._current, purpose, *parts)

    def mac_with(self, version: int, purpose: str, *parts: bytes) -> bytes:
        """The same under an older root key. Raises RootKeyMissing."""
        key = self._mac_keys.get((version, purpose))
        if key is None:
            key = self._mac_keys[version, purpose] = self._subkey(version, f"mac:{purpose}")
        return hmac.digest(key, b"".join([len(part).to_bytes(4, "big") + part for part in parts]), "sha256")

    def _cipher(self, version: int, purpose: str) -> AESGCM:
        cipher = self._ciphers.get((version, purpose))
        if cipher is None:
            cipher = self._ciphers[version, purpose] = AESGCM(self._subkey(version, f"seal:{purpose}"))
        return cipher

    def _subkey(self, version: int, info: str) -> bytes:
        root = self._root_keys.keys.get(version)
        if root is None:
            raise RootKeyMissing("root_key_missing", f"version {version}")
        # RFC 5869 §3.3: a uniformly random root needs no extract step.
        return HKDFExpand(SHA256(), KEY_BYTES, f"gapura:{info}".encode()).derive(root)
