"""A new root key takes over: everything is there before, in the middle and after, with the old key gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from gapura.crypto.keyring import RootKeyMissing
from gapura.errors import StartRefused
from gapura.flow.order import Order
from gapura.identity.citizen import Status
from gapura.registry.importing import ImportFailed, ImportOrder, LoadTarget, run_import
from gapura.registry.synth.extract import write_extract
from gapura.storage.database import Database
from gapura.storage.key_needs import left_to_move
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.registry import Registry
from gapura.storage.registry_load import Counts
from gapura.storage.reindex import Walked
from gapura.storage.root_key_changes import Reindexed, reindex
from gapura.storage.root_keys import confirm_root_keys, hold_root_key, refuse_behind
from gapura.values import CitizenId
from tests.rekey.towns import BOTH, COUNT, EMAIL, NOW, ONE, TWO, Town, text_of, vault_of

pytestmark = pytest.mark.anyio

SRC = Path(__file__).parents[2] / "src"
REINDEX = (sys.executable, "-m", "gapura", "keys", "reindex")
ORDER = Order.of_system("test", NOW)
MOVED = {
    "registry_turn": 0, "citizen_index": COUNT + 1, "citizen_key": COUNT, "account_contact": 3, "credential": 2,
    "session": 1, "signing_key": 12, "client": 1, "chain_start": 0,
}  # fmt: skip


class KilledError(Exception):
    pass


async def move(database: Database, batch: int = 20, most: int = 10_000) -> Reindexed:
    """Killed after `most` rows."""
    counted: dict[str, int] = {}

    def report(walked: Walked) -> None:
        counted[walked.name] = walked.moved.total()
        if sum(counted.values()) >= most:
            raise KilledError

    return await reindex(database, vault_of(BOTH), ORDER, lambda: NOW, report, batch)


async def test_everything_is_there_before_in_the_middle_and_after_with_the_old_key_gone(
    town: Town, database: Database
) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    await town.is_as_it_was(BOTH)
    for most in (25, 50, 30, 4):  # in the index, in its second half, among the data keys, further on
        with suppress(KilledError):
            await move(database, 7, most)
        await town.is_as_it_was(BOTH)
    outcome = await move(database)
    assert outcome.left == {}
    assert set(await left_to_move(database)) == {2}
    await town.is_as_it_was(TWO)
    again = await move(database)
    assert all(walked.moved.total() == 0 for walked in again.walked)


async def test_a_third_key_in_the_middle_of_a_move_loses_nobody(town: Town, database: Database) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    with suppress(KilledError):
        await move(database, 7, 30)
    three = {**BOTH, 3: bytes([3]) * 32}
    await confirm_root_keys(database, vault_of(three), NOW)
    await town.is_as_it_was(three)
    assert town.bring(three, town.citizens).counts == Counts(COUNT, 0, COUNT)
    outcome = await reindex(database, vault_of(three), ORDER, lambda: NOW, lambda _: None)
    assert outcome.left == {}
    await town.is_as_it_was({3: three[3]})


async def test_a_walk_says_what_it_moved_in_the_audit(town: Town, database: Database) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    outcome = await move(database)
    assert {walked.name: walked.moved.total() for walked in outcome.walked} == MOVED
    rows = await database.fetch(
        "select action, object, detail from audit where action like 'root_key.%%' order by action desc"
    )
    assert [row[:2] for row in rows] == [
        ("root_key.reindex_start", "root_key:2"), ("root_key.reindex_end", "root_key:2")
    ]  # fmt: skip
    assert rows[0][2] == {name: count for name, count in MOVED.items() if count}
    assert rows[1][2] == {f"moved.{name}": count for name, count in MOVED.items()}


async def test_the_same_file_finds_everybody_again_and_changes_nothing(
    town: Town, database: Database
) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    with suppress(KilledError):
        await move(database, 7, 30)
    assert town.bring(BOTH, town.citizens).counts == Counts(COUNT, 0, COUNT)
    await move(database)
    assert town.bring(BOTH, town.citizens).counts == Counts(COUNT, 0, COUNT)
    await database.execute("update root_key set retired_at = now() where version = 1")
    assert town.bring(TWO, town.citizens).counts == Counts(COUNT, 0, COUNT)
    await town.is_as_it_was(TWO)


async def test_people_sign_in_and_an_import_runs_beside_the_walk(town: Town, database: Database) -> None:
    await town.settle(1_500)
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    done = asyncio.Event()

    async def keep_signing_in() -> int:
        rounds = 0
        while not done.is_set():
            await town.is_as_it_was_for_one(BOTH)
            rounds += 1
            await town.proves_code(vault_of(BOTH), NOW + timedelta(seconds=30 * rounds))
        return rounds

    async def keep_importing() -> list[Counts]:
        counts = []
        while not done.is_set():
            counts.append((await asyncio.to_thread(town.bring, BOTH, town.citizens)).counts)
        return counts

    signing_in, importing = asyncio.create_task(keep_signing_in()), asyncio.create_task(keep_importing())
    outcome = await move(database, 3)
    done.set()
    assert await signing_in > 3
    assert set(await importing) == {Counts(1_500, 0, 1_500)}
    assert outcome.left == {}
    assert await database.fetch("select count(*), count(distinct nik) from citizen_index") == [(1_501, 1_500)]
    await town.is_as_it_was(TWO)


async def test_an_erased_citizen_stays_erased(town: Town, database: Database) -> None:
    await town.settle(400)
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    registry = Registry(database, vault_of(BOTH))

    async def erase(citizen_id: CitizenId) -> None:
        async with database.transaction() as tx:
            await registry.erase(tx, citizen_id)

    erased = town.ids[1:200]
    erasing = asyncio.gather(*map(erase, erased))
    outcome = await move(database, 5)
    await erasing
    assert outcome.left == {}
    for table in ("citizen_key", "citizen_index", "citizen_version"):
        assert await database.fetch(f"select from {table} where citizen_id = any(%s)", [list(erased)]) == []


async def test_the_walk_waits_for_nobody(town: Town, database: Database) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    async with database.transaction() as tx:
        await tx.execute("select from citizen_index where citizen_id = %s for update", [town.ids[3]])
        await tx.execute("select from session for update")
        outcome = await asyncio.wait_for(move(database), 4)
    assert outcome.left == {"citizen_index": 1, "session": 1}
    assert (await move(database)).left == {}


async def test_a_walk_that_is_killed_for_good_goes_on(town: Town, database: Database) -> None:
    await town.settle(2_000)
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    await asyncio.to_thread(kill_in_the_middle, town)
    assert (await left_to_move(database))[1]["citizen_index"]
    await town.is_as_it_was_for_one(BOTH)
    done = await asyncio.to_thread(reindex_when_free, town)
    assert done.returncode == 0, done.stderr
    assert "root key 1" in done.stdout
    assert "@" not in done.stdout
    await town.is_as_it_was(TWO)


def kill_in_the_middle(town: Town) -> None:
    with (
        psycopg.connect(town.url, autocommit=True) as connection,
        subprocess.Popen(REINDEX, env=environment_of(town)) as process,
    ):
        until = time.monotonic() + 60
        moved = "select count(*) >= 500 from citizen_index where key_version = 2"
        while connection.execute(moved).fetchone() == (False,):
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()


def reindex_when_free(town: Town) -> subprocess.CompletedProcess[str]:
    """The server notices within moments that a killed one is gone, and frees its lock."""
    until = time.monotonic() + 20
    while True:
        done = subprocess.run(REINDEX, env=environment_of(town), capture_output=True, text=True, check=False)
        if "another" not in done.stderr or time.monotonic() > until:
            return done


def environment_of(town: Town) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "DATABASE_URL": town.url,
        "GAPURA_ROOT_KEYS": text_of(BOTH).reveal(),
    }


async def test_a_row_that_does_not_open_is_named_and_stops_nothing(town: Town, database: Database) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    await database.execute(
        "update citizen_key set wrapped = overlay(wrapped placing '\\x00' from 20) where citizen_id = %s",
        [town.ids[9]],
    )
    outcome = await move(database)
    broken = {walked.name: walked.broken for walked in outcome.walked if walked.broken}
    assert broken == {"citizen_index": {str(town.ids[9])}, "citizen_key": {str(town.ids[9])}}
    assert outcome.left == {"citizen_index": 1, "citizen_key": 1}


async def test_a_survivor_is_found_by_a_load_that_was_interrupted_before(
    town: Town, database: Database
) -> None:
    await town.settle()
    twin = replace(town.citizens[7], status=Status.DUPLICATE, merged_into=town.citizens[0].nik)
    town.citizens = [*town.citizens[:7], twin, *town.citizens[8:]]

    def stop(_: object) -> None:
        raise ImportFailed("stopped")

    path = town.folder / "twins.csv"
    write_extract(path, town.citizens)
    target = LoadTarget(town.url, text_of(ONE), sandbox=True)
    with pytest.raises(ImportFailed):
        run_import(ImportOrder(path, workers=1), target, vault_of(ONE), lambda: NOW, stop)
    await asyncio.sleep(1)
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    outcome = await move(database)
    assert outcome.walked[0].moved.total() == 1
    target = LoadTarget(town.url, text_of(BOTH), sandbox=True)
    summary = run_import(ImportOrder(path), target, vault_of(BOTH), lambda: NOW, lambda _: None)
    assert summary.continued
    assert summary.effects.survivors_missing == 0


async def test_the_same_address_is_nobody_elses_while_it_moves(town: Town, database: Database) -> None:
    await town.settle()
    vault = vault_of(BOTH)
    other = NewAccount(town.ids[1], {"email": EMAIL})
    with pytest.raises(UniqueViolation):
        async with database.transaction() as tx:
            await add_account(tx, vault, Records(database, vault), other, ORDER)


async def test_a_key_that_nothing_has_started_with_moves_nothing(town: Town, database: Database) -> None:
    await town.settle()
    with pytest.raises(StartRefused, match="root key 2 is not in use yet"):
        await move(database)


async def test_an_import_that_does_not_know_the_new_key_keeps_the_walk_waiting(
    town: Town, database: Database, database_url: str
) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    with psycopg.connect(database_url, autocommit=True) as connection:
        hold_root_key(connection, 1)
        with pytest.raises(StartRefused, match="an import that began before root key 2"):
            await move(database)
        connection.execute("select pg_advisory_unlock_all()")
        hold_root_key(connection, 2)
        assert (await move(database)).left == {}


async def test_an_import_without_the_new_key_does_not_begin(town: Town, database: Database) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    with pytest.raises(StartRefused, match="root key 2 is missing"):
        town.bring(ONE, town.citizens)
    with (
        psycopg.connect(town.url, autocommit=True) as connection,
        pytest.raises(RootKeyMissing, match="version 2"),
    ):
        refuse_behind(connection, 1)
