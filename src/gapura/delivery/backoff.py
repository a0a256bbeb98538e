"""When a failed delivery is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

from gapura.values import Instant

# After the first try, which is made at once; from the last entry on the same wait again and again.
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3_600, 21_600))
GIVE_UP_AFTER = timedelta(hours=24)


def next_try(attempts: int, created_at: Instant, now: Instant) -> Instant | None:
    """When to try again after `attempts` (≥ 1) tries; None: it is dead. The last try falls at 24 h, not after it."""
    give_up = created_at + GIVE_UP_AFTER
    if now >= give_up:
        return None
    return min(now + WAITS[min(attempts, len(WAITS)) - 1], give_up)
