"""Keyed digests by which sealed values are found: equal values meet, and nobody without the root key can guess one."""

from __future__ import annotations

from typing import Literal, get_args

from gapura.crypto.keyring import Vault

# Never of a name or a date alone: frequencies would betray them.
Kind = Literal["nik", "kk", "name_birth", "email", "phone", "operator"]
DIGEST_BYTES = 16
_PURPOSES = {kind: f"blind-index:{kind}" for kind in get_args(Kind)}


class BlindIndex:
    """Values come in their normal form; `value` is the text that the owner of its kind calls equal."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @property
    def key_version(self) -> int:
        return self._vault.versions[0]

    def digest(self, kind: Kind, value: str) -> bytes:
        return self._vault.mac(_PURPOSES[kind], value.encode())[:DIGEST_BYTES]

    def candidates(self, kind: Kind, value: str) -> tuple[bytes, ...]:
        """What the value may be stored as while an index moves to a new root key: current version first.

        Of every key that is given, not of two: a third one in the middle of a move must not make anybody unfindable.
        """
        purpose, content = _PURPOSES[kind], value.encode()
        return tuple(
            self._vault.mac_with(version, purpose, content)[:DIGEST_BYTES] for version in self._vault.versions
        )
