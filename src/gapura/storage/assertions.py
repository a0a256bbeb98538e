"""Client assertions that were used: each `jti` of a client once, by one insert (RFC 7523 §3)."""

from __future__ import annotations

from gapura.protocol.ports import AssertionUse
from gapura.storage.database import Database

_CLAIM = """
insert into assertion_used (client_id, jti_digest, expires_at) values (%s, %s, %s) on conflict do nothing
"""


class Assertions:
    """Implements `protocol.ports.AssertionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_assertion(self, use: AssertionUse, /) -> bool:
        return await self._database.execute(_CLAIM, (use.client_id, use.jti_digest, use.expires_at)) == 1
