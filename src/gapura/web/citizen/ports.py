"""What the account pages read."""

from __future__ import annotations

from typing import Protocol

from gapura.flow.account import LiveSession
from gapura.flow.records import UseFilter, UsePage
from gapura.values import AccountId, Instant


class ReadsUses(Protocol):
    async def page(
        self, which: UseFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> UsePage:
        """One page of the data-use log, newest first. Raises PageError for a cursor that is none."""
        ...


class ReadsLiveSessions(Protocol):
    async def of(self, account_id: AccountId, now: Instant) -> tuple[LiveSession, ...]: ...
