"""A PostgreSQL that can be made to hang, to refuse and to lose its answers."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.storage.proxy import Proxy, proxy


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose sockets' paths stay under 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="gp-") as folder:
        yield Path(folder)


@pytest.fixture
async def database_proxy(database_url: str, sockets: Path) -> AsyncIterator[Proxy]:
    parts = conninfo_to_dict(database_url)
    host, port = str(parts.get("host", "localhost")), int(str(parts.get("port", 5432)))
    server = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
    async with proxy(server, sockets / ".s.PGSQL.5432") as between:
        yield between


@pytest.fixture
def proxied_url(database_proxy: Proxy, database_url: str, sockets: Path) -> str:
    assert database_proxy
    return make_conninfo(database_url, host=str(sockets), port=5432, sslmode="disable")
