from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gapura.crypto.passwords import Passwords
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from tests.rekey.towns import ONE, Town, vault_of


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=8) as database:
        yield database


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(memory_kib=64, time_cost=1, parallelism=1, threads=2, queue=200)
    yield passwords
    passwords.close()


@pytest.fixture
async def town(
    database: Database, database_url: str, redis_url: str, passwords: Passwords, tmp_path: Path
) -> AsyncIterator[Town]:
    cache = Cache(redis_url, vault_of(ONE))
    yield Town(database, cache, redis_url, passwords, tmp_path, database_url)
    await cache.close()
