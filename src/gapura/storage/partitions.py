"""The days of the records, made ahead: a row whose day is missing is kept in the rest, at the price of a slower read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import psycopg
from psycopg import sql

from gapura.storage.database import Database, Transaction

TABLES = ("audit", "data_use")

# Any number will do that no other lock of Gapura has; one maker at a time, the others wait and find it done.
LOCK = 0x6761_7001
# Read from the catalogue itself: `to_regclass` may answer from before the wait for the lock.
NAMES = r"""
select relname from pg_inherits join pg_class on oid = inhrelid
where inhparent = %s::regclass and relname ~ '_\d{8}$' order by relname"""


async def ensure_partitions(database: Database, today: date, days: int = 7) -> int:
    """Make the partitions of `today` (UTC) and the next `days` where they are missing; gives how many were made."""
    made = 0
    for table in TABLES:
        known = await _names(database, table)
        for day in (today + timedelta(n) for n in range(days + 1)):
            if partition_name(table, day) not in known:
                made += await _make(database, table, day)
    return made


def partition_name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


async def days_before(database: Database, table: str, before: date) -> Sequence[str]:
    """The partitions of days before `before`, the oldest first."""
    return [name for name in await _names(database, table) if name < partition_name(table, before)]


async def _names(database: Database, table: str) -> Sequence[str]:
    return [name for (name,) in await database.fetch(NAMES, [table])]


async def _make(database: Database, table: str, day: date) -> bool:
    try:
        async with database.transaction() as tx:
            await tx.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            known = await (await tx.execute(NAMES, [table])).fetchall()
            if (partition_name(table, day),) in known:
                return False
            await _attach(tx, table, day)
    except psycopg.errors.CheckViolation:
        return False  # the rest holds rows of this day already: they stay there, readers find them
    return True


async def _attach(tx: Transaction, table: str, day: date) -> None:
    """Attached, not made as `partition of`: writers of the other days go on meanwhile."""
    await tx.execute("set local lock_timeout = '2s'")
    names = {"name": sql.Identifier(partition_name(table, day)), "table": sql.Identifier(table)}
    bounds = {"low": sql.Literal(f"{day} 00:00+00"), "high": sql.Literal(f"{day + timedelta(1)} 00:00+00")}
    for statement in (
        "create table {name} (like {table} including defaults including constraints)",
        "alter table {table} attach partition {name} for values from ({low}) to ({high})",
    ):
        await tx.execute(sql.SQL(statement).format(**names, **bounds))
