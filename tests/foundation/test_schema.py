"""`gapura db`: the schema comes to this version once, whoever asks and however often."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from gapura.cli.db import revisions, upgrade_to_head
from gapura.errors import StartRefused
from tests.conftest import Servers

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture
def empty_database_url(servers: Servers) -> Iterator[str]:
    with _empty(servers.database_url) as url:
        yield url


@contextmanager
def _empty(server_url: str) -> Iterator[str]:
    name = f"gapura_empty_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        connection.execute(f"drop database {name} with (force)")


def test_an_upgrade_brings_an_empty_database_to_this_version_and_can_run_again(
    empty_database_url: str,
) -> None:
    found, wanted = revisions(empty_database_url)
    assert found is None
    for _ in range(2):
        upgrade_to_head(empty_database_url)
        assert revisions(empty_database_url) == (wanted, wanted)


def test_two_upgrades_at_once_are_safe(empty_database_url: str) -> None:
    command = [sys.executable, "-m", "gapura", "db", "upgrade"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), "DATABASE_URL": empty_database_url}
    upgrades = [
        subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    assert [upgrade.wait(60) for upgrade in upgrades] == [0, 0, 0]
    found, wanted = revisions(empty_database_url)
    assert found == wanted


def test_a_schema_of_a_later_version_is_refused_in_one_line(empty_database_url: str) -> None:
    upgrade_to_head(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(StartRefused, match="9999") as refused:
        upgrade_to_head(empty_database_url)
    assert "\n" not in str(refused.value)


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    with pytest.raises(StartRefused) as refused:
        revisions("postgresql://gapura:hidden@127.0.0.1:1/gapura")
    assert "hidden" not in str(refused.value)
