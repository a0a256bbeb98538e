"""A citizen's registry records under a data key of their own: without the key's row, the record is noise for ever."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gapura.crypto.keyring import NONCE_BYTES, TAG_BYTES, SealBroken, Vault
from gapura.crypto.root_keys import KEY_BYTES
from gapura.values import CitizenId

DATA_KEY_PURPOSE, CONTENT_PURPOSE = "citizen-key", "registry-content"
CONTENT_BYTES = 16
KEY_VERSION = 1
_VERSION = bytes((KEY_VERSION,))
_HEAD_BYTES = 1 + NONCE_BYTES


def new_data_key(vault: Vault, citizen_id: CitizenId) -> tuple[bytes, bytes, int]:
    """A fresh data key, the same wrapped for table citizen_key, and the root key's version it is wrapped with."""
    key = os.urandom(KEY_BYTES)
    return key, vault.seal(DATA_KEY_PURPOSE, key, citizen_id.bytes), vault.versions[0]


def open_data_key(vault: Vault, citizen_id: CitizenId, wrapped: bytes) -> bytes:
    """Raises SealBroken or RootKeyMissing."""
    return vault.open(DATA_KEY_PURPOSE, wrapped, citizen_id.bytes)


def rewrap_data_key(vault: Vault, citizen_id: CitizenId, wrapped: bytes) -> bytes:
    """The same data key under the current root key. Raises SealBroken or RootKeyMissing."""
    return vault.reseal(DATA_KEY_PURPOSE, wrapped, citizen_id.bytes)


def content_digest(vault: Vault, version: int, plain: bytes) -> bytes:
    """By which an import sees that a record is as it was, without opening it; under the root key `version`."""
    return vault.mac_with(version, CONTENT_PURPOSE, plain)[:CONTENT_BYTES]


def seal_record(key: bytes, citizen_id: CitizenId, load_id: int, plain: bytes) -> bytes:
    """Data key version (1 byte), nonce (12), AES-256-GCM; moved to another row or load it doesn't open."""
    nonce = os.urandom(NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, _associated(citizen_id, load_id, _VERSION))


def open_record(key: bytes, citizen_id: CitizenId, load_id: int, sealed: bytes) -> bytes:
    """Raises SealBroken."""
    if len(sealed) < _HEAD_BYTES + TAG_BYTES:
        raise SealBroken("seal_broken", "record: too short")
    associated = _associated(citizen_id, load_id, sealed[:1])
    try:
        return AESGCM(key).decrypt(sealed[1:_HEAD_BYTES], sealed[_HEAD_BYTES:], associated)
    except InvalidTag:
        raise SealBroken("seal_broken", "record") from None


def _associated(citizen_id: CitizenId, load_id: int, version: bytes) -> bytes:
    return citizen_id.bytes + load_id.to_bytes(8, "big", signed=True) + version
