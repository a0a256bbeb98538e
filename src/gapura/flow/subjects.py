"""Pairwise subjects: made by HMAC at first use and stored; whatever happens to keys or hosts, the row is read."""

from __future__ import annotations

import base64
from typing import Protocol

from gapura.crypto.keyring import Vault
from gapura.values import CitizenId, Instant


class StoresSubjects(Protocol):
    async def stored_subject(
        self, citizen_id: CitizenId, sector: str, sub: str, key_version: int, now: Instant
    ) -> str:
        """The subject that stands: `sub` at first use, the one already stored ever after."""
        ...


class Subjects:
    def __init__(self, vault: Vault, store: StoresSubjects) -> None:
        self._vault = vault
        self._store = store

    async def subject(self, citizen_id: CitizenId, sector: str, now: Instant) -> str:
        """The `sub` of a citizen for a sector (OpenID Connect Core §8.1)."""
        tag = self._vault.mac("subject", citizen_id.bytes, sector.encode())
        sub = base64.urlsafe_b64encode(tag[:24]).decode()
        return await self._store.stored_subject(citizen_id, sector, sub, self._vault.versions[0], now)
