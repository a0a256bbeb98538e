"""Pairwise subjects: the row of a citizen in a sector, written once."""

from __future__ import annotations

from gapura.storage.database import Database
from gapura.values import AccountId, CitizenId, Instant

_SUBJECT = """
with made as (
    insert into subject (citizen_id, sector, sub, key_version, created_at) values (%s, %s, %s, %s, %s)
    on conflict do nothing returning sub)
select sub from made union all select sub from subject where citizen_id = %s and sector = %s limit 1
"""

# After a merge of two citizens the old rows lead to the survivor (decision 10).
_ACCOUNT = """
select a.id from subject s join account a on a.citizen_id = coalesce(s.alias_of, s.citizen_id)
where s.sector = %s and s.sub = %s"""


class StoredSubjects:
    """Implements `flow.subjects.StoresSubjects` and `flow.hinted_person.FindsSubjects`."""

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

    async def account_of(self, sector: str, sub: str) -> AccountId | None:
        rows = await self._database.fetch(_ACCOUNT, (sector, sub))
        return AccountId(rows[0][0]) if rows else None
