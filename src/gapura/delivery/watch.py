"""Looks, from every worker alike, whether the others do what they should."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from gapura.delivery import metrics
from gapura.delivery.sequencer import RECENT
from gapura.storage.chain import COLUMNS, oldest_unchained
from gapura.storage.chain_check import LATE
from gapura.storage.database import Database
from gapura.storage.outbox import Outbox
from gapura.values import Instant

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """How long what waits has waited; rows that nobody chains are an alarm."""

    database: Database

    async def __call__(self, now: Instant) -> None:
        count, oldest = await Outbox(self.database).waiting()
        metrics.WAITING.set(count)
        metrics.WAITING_SECONDS.set(_age(oldest, now))
        for table in COLUMNS:
            await self._chain(table, now)

    async def _chain(self, table: str, now: Instant) -> None:
        oldest = await oldest_unchained(self.database, table, now - RECENT)
        metrics.CHAIN_WAITING.labels(table).set(_age(oldest, now))
        if oldest and now - oldest > LATE:
            log.error("chain_late", table=table, since=oldest.isoformat(timespec="seconds"))


def _age(since: Instant | None, now: Instant) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
