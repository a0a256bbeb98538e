"""Signing keys as an operator sees and rotates them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.flow.order import Order
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class KeyLine:
    """`changes_at` is when this state is over at the earliest, None once it is gone."""

    kid: str
    alg: str
    state: str
    created_at: Instant
    changes_at: Instant | None


class AdministersKeys(Protocol):
    """Raises Unavailable."""

    async def all(self) -> tuple[KeyLine, ...]:
        """Those that are in use first, then the newest of those that are gone."""
        ...

    async def rotate(self, order: Order) -> bool:
        """Let the next keys sign; False, and nothing written, when none was published long enough."""
        ...
