from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.registry.columns import NAMES
from gapura.registry.importing import ImportOrder, LoadTarget, Summary, run_import
from gapura.storage.database import Database
from gapura.storage.registry import Registry
from gapura.storage.registry_load import Mode
from gapura.values import Secret
from tests.registry.citizen_rows import NOW, Import, Row, WriteExtract, cells


@pytest.fixture
def extract(tmp_path: Path) -> WriteExtract:
    """Writes a file of these people: `extract(person(), somebody(2))`."""

    def write(*rows: Row, name: str = "extract.csv") -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(NAMES)
            out.writerows(map(cells, rows))
        return path

    return write


@pytest.fixture
def vault(root_keys: Secret) -> Vault:
    return Vault(RootKeys.parse(root_keys.reveal()))


@pytest.fixture
def target(database_url: str, root_keys: Secret) -> LoadTarget:
    return LoadTarget(database_url, root_keys, sandbox=True)


@pytest.fixture
def do_import(target: LoadTarget, vault: Vault) -> Import:
    """Imports as `ImportOrder` says: `do_import(path, "delta", max_rejects=0.5)`."""

    def run(path: Path, mode: Mode = "full", **more: float) -> Summary:
        order = ImportOrder(path, mode, **more)  # type: ignore[arg-type]  # max_rejects and workers, both numbers
        return run_import(order, target, vault, lambda: NOW, lambda _: None)

    return run


@pytest.fixture
def query(database_url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield lambda statement, *bound: connection.execute(statement, bound).fetchall()


@pytest.fixture
async def registry(database_url: str, vault: Vault) -> AsyncIterator[Registry]:
    async with Database(database_url, size=2) as database:
        yield Registry(database, vault)
