"""What the worker does every so often, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gapura.crypto.keyring import Vault
from gapura.delivery.cleanup import remove_expired, rules
from gapura.delivery.sequencer import Sequencer
from gapura.delivery.watch import Watch
from gapura.delivery.worker import Job, Tick
from gapura.storage.chain import Chain
from gapura.storage.database import Database
from gapura.storage.locks import alone
from gapura.storage.partitions import ensure_partitions
from gapura.storage.retention import remove_days
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class Kept:
    """How long records are kept."""

    uses: timedelta
    activity: timedelta


def jobs(
    database: Database, vault: Vault, *, rotate_keys: Tick, end_overdue_sessions: Tick, kept: Kept
) -> tuple[Job, ...]:
    """The jobs of one worker; each takes its own lock where two at once would do harm or work in vain."""

    async def make_days(now: Instant) -> None:
        await ensure_partitions(database, now.date())

    async def clean(now: Instant) -> None:
        async with alone(database, "clean") as ours:
            if ours:
                await remove_expired(database, now, rules(kept.activity))
                await remove_days(database, Chain(vault, "data_use"), (now - kept.uses).date())

    return (
        Job("chain", 0.5, Sequencer(database, vault)),
        Job("end-sessions", 5, end_overdue_sessions),
        Job("watch", 10, Watch(database)),
        Job("keys", 60, rotate_keys),
        Job("make-days", 3_600, make_days),
        Job("clean", 300, clean),
    )
