"""Removes what has expired and nobody may still ask for, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gapura.storage.database import Database
from gapura.values import Instant

BATCH = 5_000
TURNS = 20  # batches of one table in one run; the next run goes on


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` where `condition` holds go; `%(before)s` in it is now minus `age`."""

    table: str
    condition: str
    age: timedelta


DAY = timedelta(days=1)


def rules(activity: timedelta) -> tuple[Rule, ...]:
    """`activity` is how long it can be read when somebody signed in."""
    return (
        Rule("access_token", "expires_at < %(before)s", timedelta(hours=1)),
        Rule("assertion_used", "expires_at < %(before)s", timedelta(hours=1)),
        # A code that nobody redeemed leaves nothing behind (docs/decisions/0001).
        Rule("grants", "redeemed_at is null and code_expires_at < %(before)s", timedelta(hours=1)),
        Rule("grants", "expires_at < %(before)s", DAY),
        Rule("decoupled_request", "expires_at < %(before)s", timedelta(hours=1)),
        # Long rows of failures stay: they are what a slow guesser leaves (NIST SP 800-63B §5.2.2).
        Rule(
            "throttle",
            "window_started_at + make_interval(secs => window_seconds) < %(before)s and consecutive < 10 "
            "and coalesce(blocked_until, '-infinity') < %(before)s",
            30 * DAY,
        ),
        Rule("enrolment", "expires_at < %(before)s", 30 * DAY),
        Rule("known_browser", "last_at < %(before)s", 365 * DAY),
        Rule("outbox", "delivered_at < %(before)s", 30 * DAY),
        Rule("outbox", "dead_at < %(before)s", 90 * DAY),
        Rule(
            "session_client", "session_id in (select id from session where ended_at < %(before)s)", activity
        ),
        # One that still has its clients waits for the next run.
        Rule(
            "session",
            "ended_at < %(before)s and not exists (select from session_client where session_id = session.id)",
            activity,
        ),
    )


CLEAN = (
    "delete from {table} where ctid = any(array(select ctid from {table} where {condition} limit {batch}))"
)


async def remove_expired(database: Database, now: Instant, wanted: Iterable[Rule]) -> Mapping[str, int]:
    """How many rows went, by table."""
    gone: dict[str, int] = {}
    for rule in wanted:
        statement = CLEAN.format(table=rule.table, condition=rule.condition, batch=BATCH)
        for _ in range(TURNS):
            count = await database.execute(statement, {"before": now - rule.age})
            gone[rule.table] = gone.get(rule.table, 0) + count
            if count < BATCH:
                break
    return gone
