"""Work that one process at a time shall do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gapura.storage.database import Database

TRY = "select pg_try_advisory_xact_lock(hashtextextended('gapura:' || %s, 0))"


@asynccontextmanager
async def alone(database: Database, name: str) -> AsyncIterator[bool]:
    """True where nobody else holds `name`, and then nobody does until the block ends, however it ends.

    The lock is a transaction's, so that it also holds behind a pooler, and goes with the connection.
    """
    async with database.transaction(None) as tx:
        await tx.execute("set local idle_in_transaction_session_timeout = 0")
        [(ours,)] = await (await tx.execute(TRY, [name])).fetchall()
        yield ours
