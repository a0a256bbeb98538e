from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from gapura.crypto.keyring import RootKeys, Vault
from gapura.flow.records import Note
from gapura.storage.chain import MOST, Chain, canonical, chain_once
from gapura.storage.chain_check import Verification
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.values import Instant
from tests.delivery.samples import entry, use

pytestmark = pytest.mark.anyio

KEYS = {1: b"a" * 32, 2: b"b" * 32}


async def faults(
    database: Database, vault: Vault, now: Instant, table: str = "audit", **anchors: bytes
) -> list[tuple[str, int]]:
    known = {int(seq.removeprefix("n")): value for seq, value in anchors.items()}
    verification = Verification(database, Chain(vault, table), known)
    return [(fault.kind, fault.seq) async for fault in verification.faults(now)]


async def write(database: Database, records: Records, vault: Vault, now: Instant, count: int = 6) -> None:
    """`count` chained rows in each table."""
    async with database.transaction() as tx:
        times = [now + timedelta(seconds=n) for n in range(count)]
        await records.write_audit(
            tx, *(entry(at, note=Note(reason="surat"), detail={"n": "ä"}) for at in times)
        )
        await records.write_use(tx, *map(use, times))
    for table in ("audit", "data_use"):
        await chain_once(database, vault, table)


async def tamper(database: Database, *statements: str) -> None:
    """As somebody who owns the database and so gets round its triggers, but has no root key."""
    async with database.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        for statement in statements:
            await tx.execute(statement)


def test_the_canonical_row_is_what_the_documentation_says() -> None:
    at = datetime(2026, 1, 31, 23, 59, 59, 1, tzinfo=timezone(timedelta(hours=7)))
    row = {
        "id": UUID(int=7),
        "at": at,
        "sealed": b"\x00\xff",
        "detail": {"b": 1, "a": ["é", None]},
        "seq": 4,
        "hash": b"x",
    }
    assert (
        canonical(row)
        == (
            '{"at":"2026-01-31T16:59:59.000001Z","detail":{"a":["é",null],"b":1},'
            '"id":"00000000-0000-0000-0000-000000000007","sealed":"00ff"}'
        ).encode()
    )


async def test_an_untouched_chain_verifies(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    for turn in range(3):
        await write(database, records, vault, now + timedelta(minutes=turn))
    for table in ("audit", "data_use"):
        assert await faults(database, vault, now, table) == []
    assert await database.fetch("select seq from audit order by seq") == [(n,) for n in range(1, 19)]


async def test_an_empty_chain_verifies(database: Database, vault: Vault, now: Instant) -> None:
    assert await faults(database, vault, now) == []


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["update audit set actor = 'operator:2' where seq = 3"], [("changed", 3)]),
        (["update audit set detail = '{}' where seq = 1"], [("changed", 1)]),
        (["update audit set sealed = null where seq = 6"], [("changed", 6)]),
        (["update audit set at = at + interval '1 microsecond' where seq = 2"], [("changed", 2)]),
        (["update audit set hash = null where seq = 6"], [("changed", 6), ("head", 6)]),
        (["delete from audit where seq = 4"], [("missing", 4)]),
        (["delete from audit where seq in (2, 3, 5)"], [("missing", 2), ("missing", 5)]),
        (["delete from audit where seq = 1"], [("missing", 1)]),
        (["delete from audit where seq > 4"], [("cut", 4)]),
        (["delete from audit"], [("cut", 0)]),
        (
            ["update audit set seq = 9 - seq where seq in (4, 5)"],
            [("changed", 4), ("changed", 5), ("changed", 6)],
        ),
        (
            ["update audit set seq = null, hash = null where seq = 3"],
            [("missing", 3)],
        ),
        (
            [
                "update audit set seq = seq + 1 where seq > 3",
                "update chain_head set seq = 7 where name = 'audit'",
            ],
            [("missing", 4), ("changed", 6), ("changed", 7)],
        ),
        (
            [
                (
                    "insert into audit select gen_random_uuid(), at, actor_kind, actor, action, object, detail, sealed, seq, hash "
                    "from audit where seq = 3"
                )
            ],
            [("doubled", 3)],
        ),
        (
            [
                (
                    "insert into audit select gen_random_uuid(), at, actor_kind, actor, action, object, detail, sealed, 7, hash "
                    "from audit where seq = 6"
                ),
                "update chain_head set seq = 7 where name = 'audit'",
            ],
            [("changed", 7)],
        ),
        (["update audit set hash = '\\x63' || substr(hash, 2) where seq = 6"], [("key", 6), ("head", 6)]),
    ],
    ids=lambda value: value[0][:60] if isinstance(value[0], str) else "",
)
async def test_whatever_the_database_owner_does_shows(
    database: Database,
    records: Records,
    vault: Vault,
    now: Instant,
    statements: Sequence[str],
    found: Sequence[object],
) -> None:
    await write(database, records, vault, now)
    await tamper(database, *statements)
    kinds = await faults(database, vault, now)
    assert [fault for fault in kinds if fault in found] == list(found)


async def test_a_tail_cut_off_with_its_head_shows_by_the_anchor(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    await write(database, records, vault, now)
    [(anchor,)] = await database.fetch("select hash from audit where seq = 6")
    assert await faults(database, vault, now, n6=anchor) == []
    await tamper(
        database,
        "delete from audit where seq > 4",
        "update chain_head set seq = 4, hash = (select hash from audit where seq = 4) where name = 'audit'",
    )
    assert await faults(database, vault, now) == []
    assert await faults(database, vault, now, n6=anchor) == [("anchor", 6)]
    assert await faults(database, vault, now, n2=anchor) == [("anchor", 2)]


async def test_rows_that_wait_for_ten_seconds_are_told(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    await write(database, records, vault, now)
    async with database.transaction() as tx:
        await records.write_audit(tx, entry(now))
    assert await faults(database, vault, now + timedelta(seconds=9)) == []
    assert await faults(database, vault, now + timedelta(seconds=11)) == [("late", 6)]


async def test_a_chain_goes_on_under_a_new_root_key_and_still_verifies(
    database: Database, now: Instant
) -> None:
    old, new = Vault(RootKeys(1, {1: KEYS[1]})), Vault(RootKeys(2, KEYS))
    await write(database, Records(database, old), old, now)
    await write(database, Records(database, new), new, now + timedelta(minutes=1))
    assert await faults(database, new, now) == []
    assert ("key", 7) in await faults(database, old, now)


async def test_many_sequencers_beside_one_another_make_one_chain(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    async def write_on() -> None:
        for n in range(20):
            async with database.transaction() as tx:
                await records.write_audit(tx, *(entry(now + timedelta(milliseconds=n)) for _ in range(5)))

    async def chain_on() -> None:
        for _ in range(40):
            await chain_once(database, vault, "audit")
            await asyncio.sleep(0.002)

    await asyncio.gather(write_on(), write_on(), chain_on(), chain_on(), chain_on())
    while await chain_once(database, vault, "audit"):
        pass
    assert await database.fetch("select count(*), count(distinct seq), max(seq) from audit") == [
        (200, 200, 200)
    ]
    assert await faults(database, vault, now) == []


async def test_rows_beyond_one_turn_are_left_for_the_next(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    async with database.transaction() as tx:
        await records.write_audit(tx, *(entry(now) for _ in range(MOST + 1)))
    first, second = [await chain_once(database, vault, "audit") for _ in range(2)]
    assert first is not None
    assert second is not None
    assert (first.count, second.count, second.head.seq) == (MOST, 1, MOST + 1)
    assert await chain_once(database, vault, "audit") is None
    assert await faults(database, vault, now + timedelta(days=1)) == []


async def test_only_the_days_asked_for_are_looked_at(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    async with database.transaction() as tx:
        await records.write_audit(tx, entry(now - timedelta(days=3)), entry(now))
    chained = await chain_once(database, vault, "audit", since=now - timedelta(days=1))
    assert chained is not None
    assert (chained.count, chained.oldest) == (1, now.astimezone(UTC))
