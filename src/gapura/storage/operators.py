"""Operators: name and permissions in one statement, read at every request, so that a role taken away is gone at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gapura.flow.operators import Standing
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.values import AccountId, SessionId

KIND = "operator-idle"
STANDING = """
select a.display_name, array(
    select p.permission from account_role r join role_permission p on p.role = r.role where r.account_id = a.id
)
from account a where a.id = %s and a.kind = 'operator' and a.status = 'active'"""
NAMES = "select id, display_name from account where kind = 'operator'"


class Operators:
    """Implements `flow.operators.ReadsOperators`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, account_id: AccountId) -> Standing | None:
        rows = await self._database.fetch(STANDING, (account_id,))
        return Standing(rows[0][0], frozenset(rows[0][1])) if rows else None

    async def names(self) -> Mapping[str, str]:
        return {str(row[0]): row[1] for row in await self._database.fetch(NAMES)}


class IdleClocks:
    """Implements `flow.operators.KeepsIdleClocks`."""

    def __init__(self, cache: Cache, idle: timedelta) -> None:
        self._cache, self._idle = cache, int(idle.total_seconds())

    async def goes_on(self, session_id: SessionId) -> bool:
        return await self._cache.touch(KIND, session_id.bytes, self._idle) is not None

    async def start(self, session_id: SessionId) -> None:
        await self._cache.put(KIND, session_id.bytes, b"1", self._idle)
