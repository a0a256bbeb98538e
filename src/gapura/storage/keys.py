"""Table signing_key: private parts sealed, every step of a key's life taken by one worker at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import orjson
from psycopg.types.json import Jsonb

from gapura.crypto.algorithms import ALGS, OWN_ALGS, OwnAlg, SignatureKey
from gapura.crypto.keyring import Vault
from gapura.crypto.signing_keys import (
    KEEP_RETIRED,
    ROTATE_EVERY,
    Change,
    KeyRing,
    SigningKey,
    export_private,
    generate,
    import_private,
    plan,
)
from gapura.flow.order import Order
from gapura.flow.records import AuditEntry
from gapura.storage.database import Database, Row, Transaction
from gapura.storage.records import Records
from gapura.values import Instant

PURPOSE = "signing-key"
TURN_SECONDS = 30  # making RSA keys takes its time
LOCK = 0x67617075_6B657973  # "gapukeys"

ALL = """
select kid, alg, state, private_sealed, public_jwk, created_at, active_at, retiring_at, gone_at
from signing_key where state <> 'gone' order by created_at, kid
"""
INSERT = """
insert into signing_key (kid, alg, state, public_jwk, private_sealed, created_at, active_at)
values (%s, %s, %s, %s, %s, %s, %s)
"""
NEW: Mapping[str, Literal["next", "active"]] = {"create_next": "next", "create_active": "active"}
MOVES: Mapping[str, str] = {
    "activate": "update signing_key set state = 'active', active_at = %s where kid = %s and state = 'next'",
    "retire": "update signing_key set state = 'retiring', retiring_at = %s where kid = %s and state = 'active'",
    "remove": """
        update signing_key set state = 'gone', gone_at = %s, private_sealed = null
        where kid = %s and state <> 'gone'""",
}


class Keys:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault, self._records = database, vault, Records(database, vault)
        self._private: dict[str, SignatureKey] = {}

    async def load(self) -> KeyRing:
        """All keys that aren't gone. Raises Unavailable, also when a root key is missing."""
        return KeyRing(await self._read(await self._database.fetch(ALL)))

    async def rotate(
        self,
        order: Order,
        publish_for: timedelta,
        every: timedelta = ROTATE_EVERY,
        keep: timedelta = KEEP_RETIRED,
        algs: Collection[OwnAlg] = OWN_ALGS,
    ) -> tuple[Change, ...]:
        """Take the steps that are due (see `plan`); `every=timedelta(0)` rotates as soon as that is safe.

        Many workers may call it at once: one takes the steps and the others find nothing due. Each step is in the audit.
        """
        now = order.at
        if not plan((await self.load()).keys, now, publish_for, every, keep, algs):
            return ()
        async with self._database.transaction(TURN_SECONDS) as tx:
            await tx.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
            rows = await (await tx.execute(ALL)).fetchall()
            changes = plan(await self._read(rows), now, publish_for, every, keep, algs)
            await self.apply(tx, changes, now)
            if changes:
                await self._records.write_audit(tx, *(_entry(change, order) for change in changes))
        return changes

    async def apply(self, tx: Transaction, changes: Sequence[Change], now: Instant) -> None:
        """Take these steps in the caller's transaction; a step that no longer fits takes nothing."""
        for change in changes:
            if change.kid is None:
                key = await asyncio.to_thread(generate, change.alg, now, NEW[change.step])
                await tx.execute(INSERT, self._row(key))
            else:
                await tx.execute(MOVES[change.step], (now, change.kid))

    def _row(self, key: SigningKey) -> tuple[Any, ...]:
        sealed = self._vault.seal(PURPOSE, export_private(key), key.kid.encode())
        jwk = Jsonb(dict(key.public_jwk), dumps=lambda value: orjson.dumps(value).decode())
        return key.kid, key.alg, key.state, jwk, sealed, key.created_at, key.active_at

    async def _read(self, rows: Sequence[Row]) -> list[SigningKey]:
        keys = [await self._key(row) for row in rows]
        self._private = {key.kid: key.private for key in keys if key.private is not None}
        return keys

    async def _key(self, row: Row) -> SigningKey:
        kid, alg, state, sealed, jwk, *times = row
        private = self._private.get(kid)
        if private is None and sealed is not None and (state != "retiring" or alg not in ALGS):
            der = self._vault.open(PURPOSE, sealed, kid.encode())
            private = await asyncio.to_thread(import_private, alg, der)
        return SigningKey(kid, alg, state, private, jwk, *times)


def _entry(change: Change, order: Order) -> AuditEntry:
    return order.entry(f"key.{change.step}", f"key:{change.kid or change.alg}", {"alg": change.alg})
