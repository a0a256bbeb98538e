"""The data-use log as its citizen and the agencies read it: newest first, repeats of one grant within the hour as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gapura.crypto.keyring import Vault
from gapura.flow.records import Use, UseFilter, UsePage
from gapura.storage.database import Database
from gapura.storage.records import USE_NOTE, open_note
from gapura.storage.windows import Cursor, hour_of
from gapura.values import CitizenId, Instant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_DAYS = 100  # asked for at once
NEVER_CHAINED = timedelta(days=31)


HEAD_AT = "select at from chain_head where name = 'data_use'"
DAYS = f"""
select day from data_use_day where citizen_id = %s and day >= %s and day < %s order by day desc limit {MOST_DAYS}"""

# A release without a grant repeats nothing, so its own id stands for the grant.
FOLDED = """
select (array_agg(id order by at desc, id desc))[1] as latest, max(at), min(at), count(*), agency_id, client_id, grant_id,
    purpose_ids, legal_basis, action, attributes, (array_agg(sealed order by at desc, id desc))[1]
from data_use
where citizen_id = %(citizen)s and at >= %(low)s and at < %(high)s and at <= %(as_of)s
    and (%(agency)s::text is null or agency_id = %(agency)s) and (hidden_until is null or hidden_until <= %(as_of)s)
group by date_trunc('hour', at, 'UTC'), agency_id, client_id, grant_id, coalesce(grant_id, id), purpose_ids, legal_basis,
    action, attributes
order by max(at) desc, latest desc"""


class UseLog:
    """Reads the log, a day at a time; `kept` is how long rows are kept."""

    def __init__(self, database: Database, vault: Vault, kept: timedelta) -> None:
        self._database, self._vault, self._kept = database, vault, kept

    async def page(
        self, which: UseFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> UsePage:
        """One page of at most `size` lines. Raises PageError for a cursor that is none."""
        start = Cursor.parse(cursor) if cursor else Cursor.first(now)
        since = max(now - self._kept, which.since or now - self._kept)
        until = min(hour_of(start.at) + HOUR, which.until or start.at + HOUR)
        lines: list[Use] = []
        async for low, high in self._days(which.citizen_id, since, until):
            found = await self._folded(which, start.as_of, low, high)
            lines += [use for use in found if (use.at, use.id) <= (start.at, start.id)]
            if len(lines) > size:
                following = Cursor(start.as_of, lines[size].at, lines[size].id)
                return UsePage(tuple(lines[:size]), str(following))
        return UsePage(tuple(lines), None)

    async def _days(
        self, citizen_id: CitizenId, since: Instant, until: Instant
    ) -> AsyncIterator[tuple[Instant, Instant]]:
        """The stretches between `since` and `until` that may hold something, none longer than a day, the newest first."""
        settled = await self._settled(until)
        before = until.date() + DAY
        while before > max(settled, since.date()):
            before -= DAY
            yield _within(before, since, until)
        while days := await self._database.fetch(DAYS, [citizen_id, since.date(), before]):
            for (before,) in days:
                yield _within(before, since, until)

    async def _settled(self, until: Instant) -> date:
        """The day before which every row is chained, and its day therefore listed."""
        [(head,)] = await self._database.fetch(HEAD_AT)
        return ((head or until - NEVER_CHAINED) - DAY).date()

    async def _folded(self, which: UseFilter, as_of: Instant, low: Instant, high: Instant) -> list[Use]:
        bounds = {
            "citizen": which.citizen_id,
            "agency": which.agency_id,
            "as_of": as_of,
            "low": low,
            "high": high,
        }
        return [self._use(row) for row in await self._database.fetch(FOLDED, bounds)]

    def _use(self, row: Sequence[Any]) -> Use:
        *ids, purposes, basis, action, attributes, sealed = row
        note = open_note(self._vault, USE_NOTE, row[0], sealed)
        return Use(*(*ids, tuple(purposes), basis, action, tuple(attributes), note))


def _within(day: date, since: Instant, until: Instant) -> tuple[Instant, Instant]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return max(since, midnight), min(until, midnight + DAY)
