from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import Unavailable
from gapura.protocol.dpop_nonce import Home
from gapura.storage.assertions import Assertions
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.storage.proofs import Proofs
from gapura.values import Secret

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def vault(root_keys: Secret) -> Vault:
    return Vault(RootKeys.parse(root_keys.reveal()))


@pytest.fixture
async def assertions(database_url: str) -> AsyncIterator[Assertions]:
    async with Database(database_url, size=4) as database:
        yield Assertions(database)


@pytest.mark.parametrize("home", Home)
async def test_of_many_uses_of_a_proof_at_once_one_counts(
    redis_url: str, vault: Vault, assertions: Assertions, home: Home
) -> None:
    cache = Cache(redis_url, vault)
    proofs = Proofs(cache, assertions)
    claims = await asyncio.gather(*(proofs.claim(home, b"d" * 32, NOW) for _ in range(20)))
    assert claims.count(True) == 1
    assert await proofs.claim(home, b"e" * 32, NOW)
    await cache.close()


async def test_a_cache_that_is_away_is_no_used_proof(vault: Vault, assertions: Assertions) -> None:
    cache = Cache("redis://localhost:1", vault)
    with pytest.raises(Unavailable):
        await Proofs(cache, assertions).claim(Home.CACHE, b"d" * 32, NOW)
    await cache.close()
