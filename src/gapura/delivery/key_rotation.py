"""Moves the signing keys on when their time has come, each step in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gapura.crypto.signing_keys import Change
from gapura.flow.order import Order
from gapura.storage.database import Transaction
from gapura.storage.keys import Keys
from gapura.storage.records import Records
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """`publish_for` is how long a key is in the JWKS before it signs: at least twice the JWKS's max-age."""

    keys: Keys
    records: Records
    publish_for: timedelta

    async def __call__(self, now: Instant) -> None:
        """Take the steps that are due; on an empty database that makes the first keys."""
        order = Order.of_system("keys", now)

        async def note(tx: Transaction, changes: Sequence[Change]) -> None:
            entries = (
                order.entry(f"key.{change.step}", f"key:{change.kid or change.alg}") for change in changes
            )
            await self.records.write_audit(tx, *entries)

        await self.keys.rotate(now, self.publish_for, note=note)
