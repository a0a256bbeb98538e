"""Pairwise subjects: the row of a citizen in a sector, written once."""

from __future__ import annotations

from gapura.storage.database import Database
from gapura.values import CitizenId, Instant

_SUBJECT = """
with made as (
    insert into subject (citizen_id, sector, sub, key_version, created_at) values (%s, %s, %s, %s, %s)
    on conflict do nothing returning sub)
select sub from made union all select sub from subject where citizen_id = %s and sector = %s limit 1
"""


class StoredSubjects:
    """Implements `flow.subjects.StoresSubjects`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stored_subject(
        self, citizen_id: CitizenId, sector: str, sub: str, key_version: int, now: Instant
    ) -> str:
        values = (citizen_id, sector, sub, key_version, now, citizen_id, sector)
        rows = await self._database.fetch(_SUBJECT, values, write=True)
        if not rows:  # another request's insert was committed after this statement had begun
            rows = await self._database.fetch(_SUBJECT, values, write=True)
        return str(rows[0][0])
