"""Counters of failures in PostgreSQL, where losing the cache opens nothing.

What claims and settles at the same moment is one transaction: lock the rows in the order of their keys, let
`identity/throttle.py` decide one after the other, write what changed. So a storm of guesses at one person is a few
transactions and not a queue of connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from gapura.crypto.keyring import Vault
from gapura.identity import throttle
from gapura.identity.throttle import Blocked, Counted, Counter, Crowded, Place
from gapura.storage.database import Database, Row, Transaction
from gapura.storage.gather import Gather
from gapura.values import Instant

KEY_BYTES = 16

LOCK = """
insert into throttle (key, failures, pending, consecutive, window_started_at, window_seconds)
select key, 0, 0, 0, now, seconds
from unnest(%s::bytea[], %s::timestamptz[], %s::integer[]) as asked (key, now, seconds) order by key
on conflict (key) do update set pending = throttle.pending
returning key, failures, pending, consecutive, window_started_at, window_seconds, blocked_until"""

WRITE = """
update throttle set failures = new.failures, pending = new.pending, consecutive = new.consecutive,
    window_started_at = new.window_started_at, window_seconds = new.window_seconds, blocked_until = new.blocked_until
from unnest(%s::bytea[], %s::integer[], %s::integer[], %s::integer[], %s::timestamptz[], %s::integer[], %s::timestamptz[])
    as new (key, failures, pending, consecutive, window_started_at, window_seconds, blocked_until)
where throttle.key = new.key"""

RELIEVE = "update throttle set consecutive = 0 where key = any(%s)"


@dataclass(frozen=True, slots=True)
class _Claim:
    counters: tuple[Counted, ...]
    now: Instant


@dataclass(frozen=True, slots=True)
class _Settle:
    counters: tuple[Counted, ...]
    now: Instant
    right: bool


_Ask: TypeAlias = _Claim | _Settle
_Answer: TypeAlias = Blocked | Crowded | None
_Counters: TypeAlias = dict[bytes, Counter]


class Throttle:
    """Implements `identity.throttle.LimitsGuesses`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._ask: Gather[_Ask, _Answer] = Gather(self._answer)

    async def claim(self, counters: tuple[Counted, ...], now: Instant) -> Place | Blocked | Crowded:
        return await self._ask(_Claim(counters, now)) or Place(counters)

    async def settle(self, place: Place, now: Instant, *, right: bool) -> None:
        await self._ask(_Settle(place.counters, now, right))

    async def relieve(self, counters: tuple[Counted, ...]) -> None:
        await self._database.execute(RELIEVE, [[self._key(counted) for counted in counters]])

    async def _answer(self, asked: Sequence[_Ask]) -> Sequence[_Answer]:
        async with self._database.transaction() as tx:
            held = await self._lock(tx, asked)
            before = dict(held)
            answers = [self._applied(one, held) for one in asked]
            await _write(tx, {key: counter for key, counter in held.items() if counter != before[key]})
        return answers

    async def _lock(self, tx: Transaction, asked: Sequence[_Ask]) -> _Counters:
        wanted = {
            self._key(counted): (one.now, _seconds(counted.limit.window))
            for one in asked
            for counted in one.counters
        }
        nows, seconds = zip(*wanted.values(), strict=True)
        cursor = await tx.execute(LOCK, [list(wanted), list(nows), list(seconds)])
        return {row[0]: _counter_of(row) for row in await cursor.fetchall()}

    def _applied(self, one: _Ask, held: _Counters) -> _Answer:
        """Let `one` change `held`; all of its counters or none of them."""
        changed: _Counters = {}
        for counted in one.counters:
            key = self._key(counted)
            if isinstance(one, _Settle):
                changed[key] = throttle.settle(held[key], counted.limit, one.now, right=one.right)
                continue
            claimed = throttle.claim(held[key], counted.limit, one.now)
            if not isinstance(claimed, Counter):
                return claimed
            changed[key] = claimed
        held.update(changed)
        return None

    def _key(self, counted: Counted) -> bytes:
        return self._vault.mac("throttle", *(part.encode() for part in counted.name))[:KEY_BYTES]


async def _write(tx: Transaction, changed: _Counters) -> None:
    if not changed:
        return
    columns = zip(*(_row_of(key, counter) for key, counter in sorted(changed.items())), strict=True)
    await tx.execute(WRITE, [list(column) for column in columns])


def _counter_of(row: Row) -> Counter:
    _, failures, pending, consecutive, window_started_at, seconds, blocked_until = row
    window = timedelta(seconds=seconds)
    return Counter(failures, pending, consecutive, window_started_at, window, blocked_until)


def _row_of(key: bytes, counter: Counter) -> Row:
    return (
        key,
        counter.failures,
        counter.pending,
        counter.consecutive,
        counter.window_started_at,
        _seconds(counter.window),
        counter.blocked_until,
    )


def _seconds(window: timedelta) -> int:
    return int(window.total_seconds())
