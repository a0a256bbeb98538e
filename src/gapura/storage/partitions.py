"""The days of the records, made ahead: a row whose day is missing is kept in the rest, at the price of a slower read."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
from psycopg import sql

from gapura.storage.database import Database, Transaction

TABLES = ("audit", "data_use")

# Any number will do that no other lock of Gapura has; one maker at a time, the others wait and find it done.
LOCK = 0x6761_7001
EXISTS = "select to_regclass(%s) is not null"


async def ensure_partitions(database: Database, today: date, days: int = 7) -> int:
    """Make the partitions of `today` (UTC) and the next `days` where they are missing; gives how many were made."""
    made = 0
    for table in TABLES:
        for day in (today + timedelta(n) for n in range(days + 1)):
            try:
                async with database.transaction() as tx:
                    made += await _make(tx, table, day)
            except psycopg.errors.CheckViolation:
                continue  # the rest holds rows of this day already: they stay there, readers find them
    return made


def partition_name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


async def _make(tx: Transaction, table: str, day: date) -> bool:
    """Attach instead of `partition of`: writers of the other days go on meanwhile."""
    name = partition_name(table, day)
    if await _exists(tx, name):
        return False
    await tx.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    if await _exists(tx, name):
        return False
    await tx.execute("set local lock_timeout = '2s'")
    parts = {"name": sql.Identifier(name), "table": sql.Identifier(table)}
    await tx.execute(
        sql.SQL("create table {name} (like {table} including defaults including constraints)").format(**parts)
    )
    bounds = {"low": sql.Literal(f"{day} 00:00+00"), "high": sql.Literal(f"{day + timedelta(1)} 00:00+00")}
    await tx.execute(
        sql.SQL("alter table {table} attach partition {name} for values from ({low}) to ({high})").format(
            **parts, **bounds
        )
    )
    return True


async def _exists(tx: Transaction, name: str) -> bool:
    [(found,)] = await (await tx.execute(EXISTS, [name])).fetchall()
    return bool(found)
