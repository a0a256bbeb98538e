"""Signing keys in the database: sealed, rotated by one worker of many, followed by all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gapura.crypto.jose import sign, verify
from gapura.crypto.keyring import RootKeyMissing, RootKeys, Vault
from gapura.crypto.signing_keys import OWN_ALGS
from gapura.flow.order import Order
from gapura.storage.database import Database
from gapura.storage.keys import Keys
from gapura.storage.snapshot import Snapshot
from gapura.values import Instant, Secret

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PUBLISH = timedelta(seconds=600)


def ordered(at: Instant) -> Order:
    return Order.of_system("keys", at)


def keys_of(database: Database, root_keys: Secret) -> Keys:
    return Keys(database, Vault(RootKeys.parse(root_keys.reveal())))


async def test_many_workers_at_once_make_one_active_and_one_next_key_of_each_algorithm(
    database_url: str, root_keys: Secret
) -> None:
    async with Database(database_url) as database:
        workers = [keys_of(database, root_keys) for _ in range(4)]
        changes = await asyncio.gather(*(worker.rotate(ordered(NOW), PUBLISH) for worker in workers))
        ring = await workers[0].load()
        assert sorted(map(len, changes)) == [0, 0, 0, 2 * len(OWN_ALGS)]
        assert sorted((key.alg, key.state) for key in ring.keys) == sorted(
            (alg, state) for alg in OWN_ALGS for state in ("active", "next")
        )
        stored = b"".join(row[0] for row in await database.fetch("select private_sealed from signing_key"))
        assert b"\x30\x82" not in stored[:2]  # no PKCS #8 in clear


async def test_what_one_worker_signs_another_verifies_before_and_after_a_rotation(
    database_url: str, root_keys: Secret
) -> None:
    async with Database(database_url) as database:
        one, other = keys_of(database, root_keys), keys_of(database, root_keys)
        await one.rotate(ordered(NOW), PUBLISH)
        before = await other.load()
        token = sign(before.active("ES256"), {"exp": NOW.timestamp() + 86_400}, "JWT")
        assert await one.rotate(ordered(NOW + PUBLISH - timedelta(seconds=1)), PUBLISH, timedelta(0)) == ()
        assert await one.rotate(ordered(NOW + PUBLISH), PUBLISH, timedelta(0)) != ()
        after = await other.load()
        assert after.active("ES256").kid != before.active("ES256").kid
        assert verify(token, after.public_keys, algs=("ES256",), now=NOW)
        assert sign(after.active("ES256"), {}, "JWT")


async def test_a_removed_key_leaves_no_private_part(database_url: str, root_keys: Secret) -> None:
    async with Database(database_url) as database:
        keys = keys_of(database, root_keys)
        await keys.rotate(ordered(NOW), PUBLISH)
        await keys.rotate(ordered(NOW + PUBLISH), PUBLISH, timedelta(0))
        await keys.rotate(ordered(NOW + timedelta(days=31)), PUBLISH)
        gone = await database.fetch("select private_sealed, gone_at from signing_key where state = 'gone'")
        assert [row[0] for row in gone] == [None] * len(OWN_ALGS)
        assert not {key.kid for key in (await keys.load()).keys if key.state == "retiring"}


async def test_a_missing_root_key_is_named(database_url: str) -> None:
    async with Database(database_url) as database:
        await Keys(database, Vault(RootKeys(7, {7: bytes(32)}))).rotate(ordered(NOW), PUBLISH)
        with pytest.raises(RootKeyMissing, match="version 7"):
            await Keys(database, Vault(RootKeys(8, {8: bytes(32)}))).load()


async def test_a_rotation_reaches_the_snapshots_of_all_workers(database_url: str, root_keys: Secret) -> None:
    async with Database(database_url) as database, Database(database_url) as elsewhere:
        keys = keys_of(elsewhere, root_keys)
        async with Snapshot(keys.load, "keys", elsewhere) as snapshot:
            assert snapshot.value.keys == ()
            await keys_of(database, root_keys).rotate(ordered(NOW), PUBLISH)
            async with asyncio.timeout(1):
                while not snapshot.value.keys:  # noqa: ASYNC110 -- a snapshot has no event of its own
                    await asyncio.sleep(0.01)
