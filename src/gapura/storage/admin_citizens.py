"""Citizens' accounts as operators see and change them, and the looks at citizens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gapura.flow.admin_citizens import Act, HeldAccount
from gapura.flow.order import Order
from gapura.flow.records import AuditEntry, DataUse
from gapura.storage.account_changes import REINSTATE, SUSPEND, change_account, end_all_sessions
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.values import AccountId, CitizenId, SessionId

KIND = "operator-look"
OF_CITIZEN = """
select a.id, a.status, a.created_at, exists (
    select from credential c where c.account_id = a.id and c.kind <> 'password'
)
from account a where a.citizen_id = %s"""
REGION = "select name from region where code = any(%s) order by length(code) desc"
CHANGES = {"suspend": SUSPEND, "reinstate": REINSTATE}


class AdminAccounts:
    """Implements `flow.admin_citizens.AdministersAccounts`."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database, self._records = database, records

    async def of_citizen(self, citizen_id: CitizenId) -> HeldAccount | None:
        rows = await self._database.fetch(OF_CITIZEN, (citizen_id,))
        return HeldAccount(*rows[0]) if rows else None

    async def act(self, act: Act, account_id: AccountId, order: Order) -> bool:
        async with self._database.transaction() as tx:
            if act in CHANGES:
                return await change_account(tx, self._records, CHANGES[act], account_id, order)
            await end_all_sessions(tx, self._records, account_id, order)
        return True


class Regions:
    """Implements `flow.admin_citizens.DescribesRegions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def region(self, code: str) -> str:
        parts = code.split(".")
        wanted = [".".join(parts[:length]) for length in (3, 2)]  # 31.71.01 is a district of 31.71
        return ", ".join(row[0] for row in await self._database.fetch(REGION, (wanted,)))


class Looks:
    """Implements `flow.admin_citizens.RecordsLooks`."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database, self._records = database, records

    async def record(self, entry: AuditEntry, uses: Sequence[DataUse]) -> None:
        async with self._database.transaction() as tx:
            await self._records.write_audit(tx, entry)
            await self._records.write_use(tx, *uses)


class Reasons:
    """Implements `flow.admin_citizens.KeepsReasons`."""

    def __init__(self, cache: Cache, lifetime: timedelta) -> None:
        self._cache, self._lifetime = cache, int(lifetime.total_seconds())

    async def keep(self, session_id: SessionId, citizen_id: CitizenId, reason: str) -> None:
        await self._cache.put(KIND, session_id.bytes + citizen_id.bytes, reason.encode(), self._lifetime)

    async def reason(self, session_id: SessionId, citizen_id: CitizenId) -> str | None:
        kept = await self._cache.get(KIND, session_id.bytes + citizen_id.bytes)
        return None if kept is None else kept.decode()
