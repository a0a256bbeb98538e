"""How this deployment is, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class LastLoad:
    visible_at: Instant
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`unchained` are the audit's rows that wait for their place for more than 10 s; large counts are estimates."""

    citizens: int
    accounts: int
    clients: int
    sessions: int
    unchained: int
    last_load: LastLoad | None


class ReadsFigures(Protocol):
    async def figures(self, now: Instant) -> Figures:
        """Raises Unavailable."""
        ...
