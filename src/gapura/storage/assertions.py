"""Client assertions that were used: each `jti` of a client once (RFC 7523 §3), by one insert for all that wait."""

from __future__ import annotations

from collections.abc import Sequence

from gapura.protocol.ports import AssertionUse
from gapura.storage.database import Database
from gapura.storage.gather import Gather

# In order, so that two batches that hold the same two never wait for one another.
_CLAIM = """
insert into assertion_used (client_id, jti_digest, expires_at)
select * from unnest(%s::text[], %s::bytea[], %s::timestamptz[]) as asked(client_id, jti_digest, expires_at)
order by client_id, jti_digest
on conflict do nothing returning client_id, jti_digest
"""


class Assertions:
    """Implements `protocol.ports.AssertionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = Gather(self._claim_all)

    async def claim_assertion(self, use: AssertionUse, /) -> bool:
        return await self._claims(use)

    async def _claim_all(self, uses: Sequence[AssertionUse]) -> Sequence[bool]:
        columns = list(zip(*((use.client_id, use.jti_digest, use.expires_at) for use in uses), strict=True))
        rows = await self._database.fetch(_CLAIM, [list(column) for column in columns], write=True)
        new = {(client_id, bytes(digest)) for client_id, digest in rows}
        # Of two in one batch the first has it, as if they had come one after the other.
        return [_taken(new, (use.client_id, use.jti_digest)) for use in uses]


def _taken(new: set[tuple[str, bytes]], key: tuple[str, bytes]) -> bool:
    if key not in new:
        return False
    new.remove(key)
    return True
