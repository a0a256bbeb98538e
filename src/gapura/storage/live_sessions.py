"""The sessions of one account that live now, with where they came from and which clients they reached."""

from __future__ import annotations

import orjson

from gapura.crypto.keyring import Vault
from gapura.flow.account import LiveSession
from gapura.storage.database import Database, Row
from gapura.storage.sessions import BROWSER_PURPOSE
from gapura.values import AccountId, Instant

_LIVE = """
select s.id, s.auth_time, s.acr, s.browser, array(select client_id from session_client where session_id = s.id)
from session s where s.account_id = %s and s.ended_at is null and s.expires_at > %s order by s.auth_time desc
"""


class LiveSessions:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def of(self, account_id: AccountId, now: Instant) -> tuple[LiveSession, ...]:
        return tuple(self._read(row) for row in await self._database.fetch(_LIVE, (account_id, now)))

    def _read(self, row: Row) -> LiveSession:
        session_id, auth_time, acr, sealed, client_ids = row
        opened = orjson.loads(self._vault.open(BROWSER_PURPOSE, sealed, session_id.bytes)) if sealed else {}
        return LiveSession(session_id, auth_time, acr, opened.get("user_agent", ""), tuple(client_ids))
