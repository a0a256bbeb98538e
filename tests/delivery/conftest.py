from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from gapura.crypto.keyring import RootKeys, Vault
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.values import Instant, Secret


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=6) as database:
        yield database


@pytest.fixture
def vault(root_keys: Secret) -> Vault:
    return Vault(RootKeys.parse(root_keys.reveal()))


@pytest.fixture
def records(database: Database, vault: Vault) -> Records:
    return Records(database, vault)


@pytest.fixture
def now() -> Instant:
    return datetime(2026, 3, 14, 9, 26, 53, 589_793, tzinfo=UTC)
