"""`gapura worker` and `gapura audit`, as an operator runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gapura.crypto.keyring import Vault
from gapura.settings import Settings
from gapura.storage.chain import chain_once
from gapura.storage.database import Database
from gapura.storage.records import Records
from tests.delivery.samples import entry

pytestmark = pytest.mark.anyio

SRC = Path(__file__).parents[2] / "src"


def environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "COLUMNS": "200",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "GAPURA_ROOT_KEYS": settings.root_keys.reveal(),
        "GAPURA_MODE": "sandbox",
        "GAPURA_METRICS_PORT": "0",
    }


def gapura(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gapura", *words],
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd="/",
    )


async def chained(database: Database, vault: Vault, count: int) -> None:
    async with database.transaction() as tx:
        now = datetime.now(UTC) - timedelta(minutes=1)
        await Records(database, vault).write_audit(tx, *(entry(now) for _ in range(count)))
    while await chain_once(database, vault, "audit"):
        pass


async def test_verify_says_that_the_chain_holds(settings: Settings, database: Database, vault: Vault) -> None:
    await chained(database, vault, 3)
    done = gapura(settings, "audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "audit: 3 rows: the chain holds\ndata_use: 0 rows: the chain holds\n"


async def test_verify_names_what_was_tampered_with(
    settings: Settings, database: Database, vault: Vault
) -> None:
    await chained(database, vault, 5)
    before = gapura(settings, "audit", "anchor").stdout.split()[0]
    async with database.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        await tx.execute("delete from audit where seq = 2")
        await tx.execute("update audit set actor = 'operator:2' where seq = 4")
    done = gapura(settings, "audit", "verify", "--anchor", before)
    assert done.returncode == 3
    assert "audit: number 2: missing: 1 row(s) before number 3 are gone" in done.stderr
    assert "audit: number 4: changed: row " in done.stderr
    assert "audit: 4 rows: 1 missing, 1 changed" in done.stdout


async def test_verify_alarms_on_rows_that_nobody_chains(
    settings: Settings, database: Database, vault: Vault
) -> None:
    async with database.transaction() as tx:
        await Records(database, vault).write_audit(tx, entry(datetime.now(UTC) - timedelta(seconds=11)))
    done = gapura(settings, "audit", "verify")
    assert done.returncode == 4
    assert "late: 1 row(s) wait" in done.stderr


async def test_verify_does_not_take_an_absent_database_for_a_proof(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    done = gapura(away, "audit", "verify")
    assert done.returncode == 1
    assert "gapura: the records could not be read: database" in done.stderr
    assert gapura(settings, "audit", "verify", "--anchor", "nonsense").returncode == 2


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_worker_does_its_jobs_and_stops_when_told(settings: Settings) -> None:
    command = [sys.executable, "-m", "gapura", "worker"]
    with (
        psycopg.connect(settings.database_url, autocommit=True) as connection,
        subprocess.Popen(
            command, env=environment(settings), stdout=subprocess.PIPE, text=True, cwd="/"
        ) as worker,
    ):

        def found(query: str) -> bool:
            return bool(connection.execute(query).fetchone())

        try:
            until(lambda: found("select 1 from signing_key where state = 'active' having count(*) = 6"))
            until(
                lambda: found(
                    "select 1 from pg_class where relname ~ '^data_use_\\d{8}$' having count(*) = 8"
                )
            )
            until(
                lambda: found(
                    "select 1 from audit having count(*) filter (where seq is null) = 0 and count(*) = 12"
                )
            )
        finally:
            worker.send_signal(signal.SIGTERM)
        out, _ = worker.communicate(timeout=10)
    assert worker.returncode == 0
    assert '"worker_started"' in out
    assert '"worker_stopped"' in out
    assert "job_failed" not in out
