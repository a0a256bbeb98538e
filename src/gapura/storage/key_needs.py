"""What each root key is still needed by: counts of rows, never whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from gapura.storage.database import Database
from gapura.storage.root_keys import KnownRootKey
from gapura.values import Instant

Kind = Literal["moves", "records", "runs_out"]


@dataclass(frozen=True, slots=True)
class Need:
    """`count` things of one kind that hang on a root key, until when, and why they can't be moved.

    What `moves` is the walk's to move; `records` are append only; the rest `runs_out`. `until` None is without an end of
    its own, `count` None where only time can be told.
    """

    what: str
    count: int | None
    kind: Kind
    why: str = ""
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long data-use rows are kept, and values in the cache at most."""

    uses: timedelta
    cache: timedelta


# An index row without its citizen's data key is what an erased one left: nothing can be read by it.
MOVES = {
    "citizen_index": """
select i.key_version, count(*) from citizen_index i join citizen_key k on k.citizen_id = i.citizen_id group by 1""",
    "citizen_key": "select root_version, count(*) from citizen_key group by 1",
    "account_contact": "select key_version, count(*) from account_contact group by 1",
    "credential": "select get_byte(secret, 0), count(*) from credential where kind = 'totp' group by 1",
    "session": "select get_byte(browser, 0), count(*) from session where browser is not null group by 1",
    "signing_key": """
select get_byte(private_sealed, 0), count(*) from signing_key where private_sealed is not null group by 1""",
    "client": "select get_byte(secret_sealed, 0), count(*) from client where secret_sealed is not null group by 1",
    "chain_start": "select get_byte(seal, 0), count(*) from chain_start group by 1",
}
NOTES, LINKS = "sealed notes in append-only rows", "MACs of the chain, which name their root key"
RECORDS = {
    (table, column): f"""
select get_byte({column}, 0), count(*), max(at) from {table} where {column} is not null group by 1"""
    for table in ("audit", "data_use")
    for column in ("sealed", "hash")
}
WHY = {"sealed": NOTES, "hash": LINKS}
# The version that a token names is nowhere stored: older than the key's last use, it may be of that key.
REFRESH_TOKENS = """
select count(*), max(least(refresh_expires_at, expires_at)) from grants
where refresh_generation is not null and revoked_at is null and refreshed_at <= %(since)s
    and least(refresh_expires_at, expires_at) > %(now)s"""
# Sealed, and never moved: an answer or their own end takes them away sooner.
REQUESTS = """
select get_byte(content, 0), count(*), max(expires_at) from decoupled_request where expires_at > %(now)s group by 1"""

Needs = Mapping[int, tuple[Need, ...]]


async def left_to_move(database: Database) -> Mapping[int, Mapping[str, int]]:
    """Rows by root key and table, of the tables that move."""
    left: dict[int, dict[str, int]] = {}
    for table, counted in MOVES.items():
        async with database.connection(None) as connection:
            for version, count in await (await connection.execute(counted)).fetchall():
                left.setdefault(version, {})[table] = count
    return left


async def needs(
    database: Database, known: Iterable[KnownRootKey], lifetimes: Lifetimes, now: Instant
) -> Needs:
    """What hangs on each root key; reads each table once, which takes its time."""
    found: dict[int, list[Need]] = {key.version: [] for key in known}
    for version, tables in (await left_to_move(database)).items():
        rows = found.setdefault(version, [])
        rows += [Need(table, count, "moves") for table, count in tables.items()]
    for (table, column), counted in RECORDS.items():
        async with database.connection(None) as connection:
            rows_by_version = await (await connection.execute(counted)).fetchall()
        for version, count, last in rows_by_version:
            until = last + lifetimes.uses + timedelta(days=1) if table == "data_use" else None
            found.setdefault(version, []).append(Need(table, count, "records", WHY[column], until))
    async with database.connection(None) as connection:
        requests = await (await connection.execute(REQUESTS, {"now": now})).fetchall()
    for version, count, until in requests:
        need = Need(
            "decoupled_request", count, "runs_out", "requests that wait for an answer elsewhere", until
        )
        found.setdefault(version, []).append(need)
    for key in known:
        if key.unused_since is not None:
            found[key.version] += [
                need async for need in _running_out(database, key.unused_since, lifetimes, now)
            ]
    return {version: tuple(rows) for version, rows in found.items()}


async def _running_out(
    database: Database, since: Instant, lifetimes: Lifetimes, now: Instant
) -> AsyncIterator[Need]:
    """What was handed out before `since` and lives on by itself."""
    if now < since + lifetimes.cache:
        why = "sessions and pages in Valkey, sealed until they end"
        yield Need("cache", None, "runs_out", why, since + lifetimes.cache)
    async with database.connection(None) as connection:
        cursor = await connection.execute(REFRESH_TOKENS, {"since": since, "now": now})
        [(count, until)] = await cursor.fetchall()
    if count:
        yield Need("grants", count, "runs_out", "refresh tokens, which name their root key", until)
