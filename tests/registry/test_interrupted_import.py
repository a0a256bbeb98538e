"""Imports that are killed in the middle, and readers beside an import that runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gapura.crypto.keyring import Vault
from gapura.flow.order import Order
from gapura.registry.importing import (
    ImportFailed,
    ImportOrder,
    LoadTarget,
    Progress,
    discard_load,
    run_import,
)
from gapura.registry.synth.extract import write_extract
from gapura.registry.synth.people import people
from gapura.storage.registry import Registry
from gapura.storage.registry_load import LoadRefused
from tests.registry.citizen_rows import NOW, TODAY, Import, WriteExtract, nik, person, somebody

pytestmark = pytest.mark.anyio

ROWS = 20_000
SRC = Path(__file__).parents[2] / "src"
STAND = """
select (select count(*) from citizen_version), (select count(*) from citizen_key), (select count(*) from citizen_index),
    (select count(distinct nik) from citizen_index)"""

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def big_extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("extract") / "big.csv"
    write_extract(path, islice(people(7, TODAY), ROWS))
    with path.open("a") as file:
        file.write("not a row\n")
    return path


@contextmanager
def running_import(path: Path, target: LoadTarget) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "DATABASE_URL": target.database_url,
        "GAPURA_ROOT_KEYS": target.root_keys.reveal(),
        "GAPURA_MODE": "sandbox",
    }
    command = [sys.executable, "-m", "gapura", "registry", "import", str(path)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        yield process
        process.kill()


def wait_for_rows(query: Query, least: int) -> None:
    until = time.monotonic() + 60
    while query("select coalesce(sum(accepted), 0) from registry_progress")[0][0] < least:
        assert time.monotonic() < until
        time.sleep(0.01)


async def test_rows_of_a_load_under_way_are_seen_by_nobody(
    big_extract: Path, target: LoadTarget, registry: Registry, extract: WriteExtract, do_import: Import,
    query: Query,
) -> None:  # fmt: skip
    do_import(extract(person()))
    first = next(people(7, TODAY))
    with running_import(big_extract, target) as process:
        wait_for_rows(query, 4_000)
        assert await registry.find_by_nik(nik(first.nik)) is None
        assert await registry.find_by_kk(first.kk) == ()
        assert await registry.find_by_nik(nik(person()["nik"]))
        with pytest.raises(LoadRefused, match="another import is under way"):
            do_import(extract(somebody(2)), "delta")
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert f"{ROWS:,} rows accepted (0 unchanged), 1 rejected" in output.decode()
    citizen_id = await registry.find_by_nik(nik(first.nik))
    assert citizen_id
    assert await registry.read(citizen_id) == first


@pytest.mark.parametrize("victim", ["parent", "worker"])
def test_a_killed_import_goes_on_with_the_same_file_and_ends_the_same(
    victim: str, big_extract: Path, target: LoadTarget, do_import: Import, query: Query
) -> None:
    with running_import(big_extract, target) as process:
        wait_for_rows(query, 4_000)
        if victim == "parent":
            process.kill()
        else:
            os.kill(_worker_of(process.pid), signal.SIGKILL)
        process.wait(60)
        assert process.returncode
    assert query("select state from registry_load") == [("loading",)]
    summary = _import_when_free(do_import, big_extract)
    assert summary.continued
    assert summary.visible
    assert (summary.counts.accepted, summary.counts.rejected, summary.counts.unchanged) == (ROWS, 1, 0)
    assert summary.rejects
    assert summary.rejects.read_text().splitlines()[1:] == [
        f"{ROWS + 2},,the row has more or fewer cells than the header"
    ]
    assert query(STAND) == [(ROWS, ROWS, ROWS, ROWS)]
    assert query("select state, accepted, rejected from registry_load") == [("visible", ROWS, 1)]


def test_an_interrupted_load_of_another_file_is_named_and_can_be_given_up(
    big_extract: Path,
    target: LoadTarget,
    vault: Vault,
    extract: WriteExtract,
    do_import: Import,
    query: Query,
) -> None:
    def stop(progress: Progress) -> None:
        if progress.counts.accepted >= 4_000:
            raise ImportFailed("stopped")

    with pytest.raises(ImportFailed):
        run_import(ImportOrder(big_extract), target, vault, lambda: NOW, stop)
    with pytest.raises(LoadRefused, match="load 1 was interrupted"):
        do_import(extract(person()))
    with pytest.raises(LoadRefused, match="load 1 was interrupted"):
        do_import(big_extract, "delta")
    with pytest.raises(LoadRefused, match="not one that was interrupted"):
        discard_load(2, target, vault, Order.of_system("shell", NOW))
    discard_load(1, target, vault, Order.of_system("shell", NOW))
    assert query(STAND) == [(0, 0, 0, 0)]
    assert query("select action from audit") == [("registry.discard",)]
    assert do_import(extract(person())).visible


def test_a_load_that_somebody_else_went_on_with_is_left_alone(
    big_extract: Path, target: LoadTarget, vault: Vault, database_url: str
) -> None:
    def overtake(_: Progress) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("update registry_progress set line = line + 1")

    with pytest.raises(ImportFailed, match="another process goes on"):
        run_import(ImportOrder(big_extract), target, vault, lambda: NOW, overtake)


def test_a_load_continued_tomorrow_judges_by_the_day_it_began(
    extract: WriteExtract, target: LoadTarget, vault: Vault
) -> None:
    path = extract(person(), somebody(2, birth_date="2026-11-25"))
    tomorrow = NOW.replace(day=25)

    def stop(_: Progress) -> None:
        raise ImportFailed("stopped")

    with pytest.raises(ImportFailed):
        run_import(ImportOrder(path, max_rejects=1), target, vault, lambda: NOW, stop)
    summary = run_import(ImportOrder(path, max_rejects=1), target, vault, lambda: tomorrow, lambda _: None)
    assert (summary.counts.accepted, summary.counts.rejected) == (1, 1)
    assert tomorrow.date() == date(2026, 11, 25)


def _worker_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


def _import_when_free(do_import: Import, path: Path) -> Any:
    """The server notices a killed importer's closed connection within moments, and frees its lock."""
    until = time.monotonic() + 20
    while True:
        try:
            return do_import(path)
        except LoadRefused:
            assert time.monotonic() < until
            time.sleep(0.05)
