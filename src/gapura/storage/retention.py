"""Days of the records whose time is over go as whole partitions, and the chain begins where they ended."""

from __future__ import annotations

from datetime import date

import structlog
from psycopg import sql

from gapura.storage.chain import LOCKS, Chain
from gapura.storage.database import Database, Transaction
from gapura.storage.partitions import days_before

log = structlog.get_logger(__name__)

MOVE_START = """
insert into chain_start as kept (name, seq, hash, seal) values (%s, %s, %s, %s)
on conflict (name) do update set seq = excluded.seq, hash = excluded.hash, seal = excluded.seal
where kept.seq < excluded.seq"""


async def remove_days(database: Database, chain: Chain, before: date) -> int:
    """Remove the days of the chain's table that lie before `before`; gives how many went.

    A day with a row that was never chained stays, and says so in the log.
    """
    removed = 0
    for name in await days_before(database, chain.table, before):
        async with database.transaction() as tx:
            await tx.execute("select pg_advisory_xact_lock(%s)", [LOCKS[chain.table]])
            removed += await _remove(tx, chain, name)
    if removed and chain.table == "data_use":
        await database.execute("delete from data_use_day where day < %s", [before])
    return removed


async def _remove(tx: Transaction, chain: Chain, name: str) -> bool:
    day = sql.Identifier(name)
    unchained = await tx.execute(sql.SQL("select 1 from {} where seq is null limit 1").format(day))
    if await unchained.fetchone():
        log.error("day_not_removed", table=name, reason="a row was never chained")
        return False
    newest = sql.SQL("select seq, hash from {} order by seq desc limit 1").format(day)
    last = await (await tx.execute(newest)).fetchone()
    if last:
        seal = chain.start_seal(chain.vault.versions[0], *last)
        await tx.execute(MOVE_START, [chain.table, *last, seal])
    await tx.execute("set local lock_timeout = '2s'")
    await tx.execute(sql.SQL("drop table {}").format(day))
    return True
