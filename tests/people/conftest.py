from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gapura.crypto.keyring import RootKeys, Vault
from gapura.crypto.passwords import Passwords
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.storage.sessions import Sessions
from gapura.values import Instant, Secret
from tests.people.worlds import FakeWorld, RealWorld, World


@pytest.fixture
def now() -> Instant:
    return datetime(2026, 8, 17, 3, 0, 0, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=6) as database:
        yield database


@pytest.fixture
def vault(root_keys: Secret) -> Vault:
    return Vault(RootKeys.parse(root_keys.reveal()))


@pytest.fixture
async def cache(redis_url: str, vault: Vault) -> AsyncIterator[Cache]:
    cache = Cache(redis_url, vault)
    yield cache
    await cache.close()


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(memory_kib=64, time_cost=1, parallelism=1, threads=2, queue=200)
    yield passwords
    passwords.close()


@pytest.fixture
def records(database: Database, vault: Vault) -> Records:
    return Records(database, vault)


@pytest.fixture
def sessions(database: Database, cache: Cache, vault: Vault) -> Sessions:
    return Sessions(database, cache, vault, timedelta(minutes=15), timedelta(hours=12))


@pytest.fixture
def real_world(
    database: Database, cache: Cache, vault: Vault, passwords: Passwords, records: Records, now: Instant
) -> RealWorld:
    return RealWorld(database, cache, vault, passwords, records, now)


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest, passwords: Passwords) -> World:
    """The same people and the same rules, once in memory and once in PostgreSQL and Valkey."""
    if request.param == "fake":
        return FakeWorld(passwords)
    real: RealWorld = request.getfixturevalue("real_world")
    return real
