"""The registry as the rest of the program reads it: citizens by id, and ids by what people know of themselves.

Only rows of visible loads exist for a reader; of a citizen's rows the one of the highest visible load is today's, and who
has no data key any more is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from gapura.crypto.blind_index import BlindIndex, Kind
from gapura.crypto.keyring import Vault
from gapura.crypto.sealing import open_data_key, open_record
from gapura.identity.citizen import Citizen, Status
from gapura.identity.names import name_birth_key, name_key
from gapura.identity.nik import Nik
from gapura.storage.database import Database, Row, Transaction
from gapura.storage.gather import Gather
from gapura.values import CitizenId, Instant

TODAY = """
cross join lateral (
    select v.load_id, v.status, v.record
    from citizen_version v join registry_load l on l.id = v.load_id and l.state = 'visible'
    where v.citizen_id = wanted.id
    order by v.load_id desc
    limit 1
) v"""

READ = f"""
select wanted.id, v.load_id, v.record, k.wrapped
from unnest(%s::uuid[]) as wanted (id) {TODAY} join citizen_key k on k.citizen_id = wanted.id"""

STATUS = f"""
select wanted.id, v.status
from unnest(%s::uuid[]) as wanted (id) {TODAY} join citizen_key k on k.citizen_id = wanted.id"""

RECORDED = f"""
select coalesce(l.visible_at, l.started_at) from (select %s::uuid as id) wanted {TODAY} join registry_load l on l.id = v.load_id"""

FIND = {
    kind: f"""
select distinct i.{kind}, i.citizen_id
from citizen_index i join registry_load l on l.id = i.load_id and l.state = 'visible'
join citizen_key k on k.citizen_id = i.citizen_id
where i.{kind} = any(%s)"""
    for kind in ("nik", "kk", "name_birth")
}

ERASE = """
with key as (delete from citizen_key where citizen_id = %(id)s),
    found_by as (delete from citizen_index where citizen_id = %(id)s),
    absence as (delete from citizen_absence where citizen_id = %(id)s)
delete from citizen_version where citizen_id = %(id)s"""


class Registry:
    """Reads citizens; what is asked at the same moment travels in one statement.

    All readers raise Unavailable when the database or a root key is away, never mistaken for "not there".
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault, self._index = database, vault, BlindIndex(vault)
        self._reads: Gather[CitizenId, Row | None] = Gather(self._rows)
        self._statuses: Gather[CitizenId, Status | None] = Gather(self._status)

    async def find_by_nik(self, nik: Nik) -> CitizenId | None:
        """A NIK never changes, so what the index says needs no second look."""
        found = await self._find("nik", nik.digits)
        return found[0] if found else None

    async def find_by_name_birth(self, name: str, birth_date: date) -> tuple[CitizenId, ...]:
        """Everybody of this name, in whatever spelling, born on this day."""
        key = name_key(name)
        if not key:
            return ()
        found = await self.read_many(await self._find("name_birth", name_birth_key(name, birth_date)))
        return tuple(
            citizen_id
            for citizen_id, citizen in found.items()
            if citizen.birth_date == birth_date and name_key(citizen.full_name) == key
        )

    async def find_by_kk(self, kk: str) -> tuple[CitizenId, ...]:
        """The members of a family card today; `kk` is its 16 digits."""
        found = await self.read_many(await self._find("kk", kk))
        return tuple(citizen_id for citizen_id, citizen in found.items() if citizen.kk == kk)

    async def read(self, citizen_id: CitizenId) -> Citizen | None:
        row = await self._reads(citizen_id)
        return self._opened(row) if row else None

    async def recorded_at(self, citizen_id: CitizenId) -> Instant | None:
        """When the load that today's record is of became visible."""
        rows = await self._database.fetch(RECORDED, [citizen_id])
        return rows[0][0] if rows else None

    async def read_many(self, citizen_ids: Sequence[CitizenId]) -> dict[CitizenId, Citizen]:
        """The citizens that are there, by id, in the order of `citizen_ids`."""
        rows = await self._rows(citizen_ids) if citizen_ids else ()
        return {CitizenId(row[0]): self._opened(row) for row in rows if row}

    async def status(self, citizen_id: CitizenId) -> Status | None:
        return await self._statuses(citizen_id)

    async def erase(self, tx: Transaction, citizen_id: CitizenId) -> None:
        """Forget a citizen: without the data key, records in backups are noise. The caller writes the audit row."""
        await tx.execute(ERASE, {"id": citizen_id})

    async def _find(self, kind: Kind, value: str) -> tuple[CitizenId, ...]:
        rows = await self._database.fetch(FIND[kind], [list(self._index.candidates(kind, value))])
        return tuple(dict.fromkeys(CitizenId(row[1]) for row in rows))

    async def _rows(self, citizen_ids: Sequence[CitizenId]) -> Sequence[Row | None]:
        found = {row[0]: row for row in await self._database.fetch(READ, [list(citizen_ids)])}
        return [found.get(citizen_id) for citizen_id in citizen_ids]

    async def _status(self, citizen_ids: Sequence[CitizenId]) -> Sequence[Status | None]:
        found: dict[UUID, str] = dict(await self._database.fetch(STATUS, [list(citizen_ids)]))
        return [Status(found[one]) if one in found else None for one in citizen_ids]

    def _opened(self, row: Row) -> Citizen:
        citizen_id, load_id, record, wrapped = row
        key = open_data_key(self._vault, citizen_id, wrapped)
        return Citizen.from_record(open_record(key, citizen_id, load_id, record))
