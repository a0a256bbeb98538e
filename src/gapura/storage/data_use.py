"""The data-use log as its citizen and the agencies read it: newest first, repeats of one grant within the hour as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from gapura.crypto.keyring import Vault
from gapura.flow.records import Note
from gapura.storage.database import Database
from gapura.storage.records import USE_NOTE, open_note
from gapura.storage.windows import Cursor, hour_of, stretches
from gapura.values import AgencyId, CitizenId, ClientId, GrantId, Instant, PurposeId

HOUR = timedelta(hours=1)
FIRST_ROWS = 500


@dataclass(frozen=True, slots=True)
class UseFilter:
    """Whose rows, and which of them; `until` itself is not included."""

    citizen_id: CitizenId
    agency_id: AgencyId | None = None
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """`count` releases of the same attributes under the same grant, from `first_at` to `at`; `id` is the latest's."""

    id: UUID
    at: Instant
    first_at: Instant
    count: int
    agency_id: AgencyId
    client_id: ClientId
    grant_id: GrantId | None
    purpose_ids: tuple[PurposeId, ...]
    legal_basis: str
    action: str
    attributes: tuple[str, ...]
    note: Note = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsePage:
    """`older` is the cursor of the next page, None on the last."""

    uses: tuple[Use, ...]
    older: str | None


WHERE = """
where citizen_id = %(citizen)s and at >= %(low)s and at < %(high)s and at <= %(as_of)s
    and (%(agency)s::text is null or agency_id = %(agency)s) and (hidden_until is null or hidden_until <= %(as_of)s)"""

EDGE = f"select at from data_use {WHERE} order by at desc offset %(rows)s limit 1"  # noqa: S608 -- WHERE stands above

# A release without a grant repeats nothing, so its own id stands for the grant.
FOLDED = f"""
select (array_agg(id order by at desc, id desc))[1] as latest, max(at), min(at), count(*), agency_id, client_id, grant_id,
    purpose_ids, legal_basis, action, attributes, (array_agg(sealed order by at desc, id desc))[1]
from data_use {WHERE}
group by date_trunc('hour', at, 'UTC'), agency_id, client_id, grant_id, coalesce(grant_id, id), purpose_ids, legal_basis,
    action, attributes
order by max(at) desc, latest desc"""  # noqa: S608 -- as above


class UseLog:
    """Reads the log; `kept` is how long rows are kept, so how far back there is anything to look for."""

    def __init__(self, database: Database, vault: Vault, kept: timedelta) -> None:
        self._database, self._vault, self._kept = database, vault, kept

    async def page(
        self, which: UseFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> UsePage:
        """One page of at most `size` lines. Raises PageError for a cursor that is none."""
        start = Cursor.parse(cursor) if cursor else Cursor.first(now)
        oldest = max(now - self._kept, which.since or now - self._kept)
        newest = min(hour_of(start.at) + HOUR, which.until or start.at + HOUR)
        lines: list[Use] = []
        for low, high in stretches(newest, oldest):
            async for some in self._stretch(which, start.as_of, low, high):
                lines += [use for use in some if (use.at, use.id) <= (start.at, start.id)]
                if len(lines) > size:
                    following = Cursor(start.as_of, lines[size].at, lines[size].id)
                    return UsePage(tuple(lines[:size]), str(following))
        return UsePage(tuple(lines), None)

    async def _stretch(
        self, which: UseFilter, as_of: Instant, low: Instant, high: Instant
    ) -> AsyncIterator[Sequence[Use]]:
        """Whole hours down from `high`, about `rows` rows at a time and twice as many each time."""
        rows = FIRST_ROWS
        while high > low:
            bounds = {"citizen": which.citizen_id, "agency": which.agency_id, "as_of": as_of, "high": high}
            edge = await self._database.fetch(EDGE, {**bounds, "low": low, "rows": rows})
            bottom = max(low, hour_of(edge[0][0])) if edge else low
            found = await self._database.fetch(FOLDED, {**bounds, "low": bottom})
            yield [self._use(row) for row in found]
            high, rows = bottom, rows * 2

    def _use(self, row: Sequence[Any]) -> Use:
        *ids, purposes, basis, action, attributes, sealed = row
        note = open_note(self._vault, USE_NOTE, row[0], sealed)
        return Use(*(*ids, tuple(purposes), basis, action, tuple(attributes), note))
