"""Reading the days of the records from the newest on, a stretch at a time.

A bound on `at` lets PostgreSQL look at the days between and at no others; stretches grow, so that rare rows cost few
statements and frequent ones no more than the page needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gapura.errors import PageError
from gapura.values import Instant

FIRST, LONGEST = timedelta(days=31), timedelta(days=124)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def hour_of(at: Instant) -> Instant:
    return at.replace(minute=0, second=0, microsecond=0)


def stretches(newest: Instant, oldest: Instant) -> Iterator[tuple[Instant, Instant]]:
    """Pairs (from, before) that cover `oldest` to `newest` without a gap, the newest first, each longer than the one before."""
    high, length = newest, FIRST
    while high > oldest:
        low = max(oldest, hour_of(high - length))
        yield low, high
        high, length = low, min(length * 2, LONGEST)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: at the row (`at`, `id`), as the table was at `as_of`."""

    as_of: Instant
    at: Instant
    id: UUID

    @classmethod
    def first(cls, now: Instant) -> Cursor:
        return cls(now, now, UUID(int=2**128 - 1))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises PageError for a text that `str` did not make."""
        try:
            as_of, at, row_id = text.split(".")
            return cls(EPOCH + int(as_of) * MICROSECOND, EPOCH + int(at) * MICROSECOND, UUID(row_id))
        except (ValueError, OverflowError) as error:
            raise PageError("bad_request", "no cursor of a record") from error

    def __str__(self) -> str:
        return f"{(self.as_of - EPOCH) // MICROSECOND}.{(self.at - EPOCH) // MICROSECOND}.{self.id.hex}"
