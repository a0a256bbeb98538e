"""Real stores for every test: one PostgreSQL and one Valkey per run, a fresh migrated database per test.

GAPURA_TEST_DATABASE_URL and GAPURA_TEST_REDIS_URL take servers of your own instead. The first names a role that may
create databases; databases 0 and 1 of the second are emptied.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql

from gapura.cli.db import upgrade_to_head
from gapura.embedded import run_engines
from gapura.settings import Settings
from gapura.values import Secret

CHROMIUM = shutil.which("chromium")

NewDatabase = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the tests' PostgreSQL and Valkey answer."""

    database_url: str
    redis_url: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the drills in full size")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "long" in item.keywords and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="a full-size drill: scripts/test --long"))
        if "browser" in item.keywords and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no chromium here"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of the journeys marked `browser`, which do not run without it."""
    assert CHROMIUM is not None, "mark this test with pytest.mark.browser"
    return CHROMIUM


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}  # the loop that production runs on


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    database_url, redis_url = (os.environ.get(f"GAPURA_TEST_{name}_URL") for name in ("DATABASE", "REDIS"))
    if database_url and redis_url:
        yield Servers(database_url, redis_url)
        return
    with run_engines(tmp_path_factory.mktemp("home"), durable=False) as engines:
        yield Servers(database_url or engines.database_url, redis_url or engines.redis_url)


@pytest.fixture(scope="session")
def new_database(servers: Servers) -> Iterator[NewDatabase]:
    """Makes databases: each call is a context, whose value is the URL of a migrated database of its own."""
    template = f"gapura_template_{uuid4().hex[:8]}"

    @contextmanager
    def new() -> Iterator[str]:
        name = f"gapura_test_{uuid4().hex[:12]}"
        with _database(servers.database_url, name, template) as url:
            yield url

    with _database(servers.database_url, template, "template0") as url:
        upgrade_to_head(url)
        yield new


@contextmanager
def _database(server_url: str, name: str, template: str) -> Iterator[str]:
    def tell(statement: str, *names: str) -> None:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    tell("create database {} template {}", name, template)
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        tell("drop database {} with (force)", name)


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    """A fresh migrated database for one test."""
    with new_database() as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(new_database: NewDatabase) -> Iterator[str]:
    """A fresh migrated database for all tests of a file, for servers that take long to start."""
    with new_database() as url:
        yield url


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Valkey database for one test."""
    return _emptied(servers.redis_url, 0)


@pytest.fixture(scope="module")
def module_redis_url(servers: Servers) -> str:
    """An empty Valkey database for all tests of a file."""
    return _emptied(servers.redis_url, 1)


def _emptied(server_url: str, number: int) -> str:
    url = f"{server_url.partition('?')[0]}?db={number}"  # in all its forms `db` stands above the path
    with redis.Redis.from_url(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture(scope="session")
def root_keys() -> Secret:
    """Two root keys, of which version 2 is current."""
    return Secret(
        ",".join(f"{version}:{base64.b64encode(bytes([version]) * 32).decode()}" for version in (1, 2))
    )


@pytest.fixture
def settings(database_url: str, redis_url: str, root_keys: Secret) -> Settings:
    """A sandbox on this test's own stores."""
    return Settings(mode="sandbox", database_url=database_url, redis_url=redis_url, root_keys=root_keys)
