"""Moves the signing keys on when their time has come, each step in the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gapura.flow.order import Order
from gapura.storage.keys import Keys
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """`publish_for` is how long a key is in the JWKS before it signs: at least twice the JWKS's max-age."""

    keys: Keys
    publish_for: timedelta

    async def __call__(self, now: Instant) -> None:
        """Take the steps that are due; on an empty database that makes the first keys."""
        await self.keys.rotate(Order.of_system("keys", now), self.publish_for)
