"""A database knows which root keys it needs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gapura.crypto.keyring import RootKeys, Vault
from gapura.errors import StartRefused
from gapura.storage.database import Database
from gapura.storage.root_keys import confirm_root_keys

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


def vault(**keys: bytes) -> Vault:
    versions = {int(name[1:]): key for name, key in keys.items()}
    return Vault(RootKeys(max(versions), versions))


async def test_keys_are_known_from_their_first_use_on_and_new_ones_join_them(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        for keys in (vault(v1=ONE), vault(v1=ONE), vault(v1=ONE, v2=TWO)):
            await confirm_root_keys(database, keys, NOW)
        assert await database.fetch("select version from root_key order by 1") == [(1,), (2,)]


async def test_a_missing_key_is_named(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        await confirm_root_keys(database, vault(v1=ONE, v2=TWO), NOW)
        with pytest.raises(StartRefused, match="root key 1 is missing"):
            await confirm_root_keys(database, vault(v2=TWO), NOW)


async def test_another_key_under_a_known_version_is_refused(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        await confirm_root_keys(database, vault(v1=ONE), NOW)
        with pytest.raises(StartRefused, match="root key 1 is not the one"):
            await confirm_root_keys(database, vault(v1=TWO), NOW)
