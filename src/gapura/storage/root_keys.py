"""Table root_key: which root keys this database needs, so that a missing one is named before anything is served.

A key is known from its first use on. After a newer one came, `storage/reindex.py` moves what hangs on it, and once nothing
does it can be retired: then nothing misses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from gapura.crypto.keyring import RootKeyMissing, Vault
from gapura.errors import StartRefused
from gapura.storage.database import Database, Transaction
from gapura.values import Instant

PURPOSE = "root-key-check"
CHECK_BYTES = 16

KNOW = "insert into root_key (version, check_value, created_at) values (%s, %s, %s) on conflict do nothing"
ALL = "select version, check_value, retired_at from root_key order by version"
KNOWN = "select version, created_at, unused_since, retired_at from root_key order by version desc"
UNUSED = "update root_key set unused_since = %s where version = any(%s)"
RETIRE = "update root_key set retired_at = %s where version = %s and retired_at is null"

# An import that doesn't know the newest key would not find whom the walk has moved, and register them again.
_LOCK = "hashtextextended('gapura import under root key ' || %s::text, 0)"
HOLD = f"select pg_advisory_lock_shared({_LOCK})"
IS_FREE = f"select pg_try_advisory_xact_lock({_LOCK})"
NEWER = "select version from root_key where version > %s"


@dataclass(frozen=True, slots=True)
class KnownRootKey:
    """`unused_since`: of an older one, when the walk began that moved the last of it."""

    version: int
    created_at: Instant
    unused_since: Instant | None
    retired_at: Instant | None


async def confirm_root_keys(database: Database, vault: Vault, now: Instant) -> None:
    """Note the given root keys at first sight, and hold them against the ones in use.

    Raises StartRefused when one that the database needs is missing or is another key under the same version, and
    Unavailable.
    """
    for version in vault.versions:
        await database.execute(KNOW, (version, _check_value(vault, version), now))
    _compare(vault, await database.fetch(ALL))


def confirm_root_keys_on(connection: psycopg.Connection, vault: Vault, now: Instant) -> None:
    """The same for a command with a connection of its own. Raises StartRefused."""
    for version in vault.versions:
        connection.execute(KNOW, (version, _check_value(vault, version), now))
    _compare(vault, connection.execute(ALL).fetchall())


async def compare_root_keys(database: Database, vault: Vault) -> None:
    """The same for who must not be the first to use a key. Raises StartRefused."""
    rows = await database.fetch(ALL)
    _compare(vault, rows)
    if vault.versions[0] not in {row[0] for row in rows}:
        raise StartRefused(f"root key {vault.versions[0]} is not in use yet: start the servers with it first")


async def known_root_keys(database: Database) -> tuple[KnownRootKey, ...]:
    """The newest first."""
    return tuple(KnownRootKey(*row) for row in await database.fetch(KNOWN))


async def retire_root_key(tx: Transaction, version: int, now: Instant) -> bool:
    """False when it is retired already."""
    return (await tx.execute(RETIRE, [now, version])).rowcount == 1


def hold_root_key(connection: psycopg.Connection, version: int) -> None:
    """Say, for as long as the connection lives, that an import goes on whose newest root key is this one."""
    connection.execute(HOLD, [version])


def refuse_behind(connection: psycopg.Connection, version: int) -> None:
    """Raises RootKeyMissing when the database knows a newer root key than this one."""
    if newer := connection.execute(NEWER, [version]).fetchone():
        raise RootKeyMissing("root_key_missing", f"version {newer[0]}")


async def refuse_beside_older(database: Database, vault: Vault) -> None:
    """Raises StartRefused while an import is under way that began before the current root key was given.

    None such begins later: every import holds its key before it looks at the table.
    """
    current = vault.versions[0]
    for known in await known_root_keys(database):
        if known.version < current and not (await database.fetch(IS_FREE, [known.version]))[0][0]:
            raise StartRefused(
                f"an import that began before root key {current} is under way: let it end first"
            )


def _compare(vault: Vault, needed: Iterable[tuple[Any, ...]]) -> None:
    for version, check_value, retired_at in needed:
        if version not in vault.versions:
            if retired_at is None:
                raise StartRefused(
                    f"root key {version} is missing: what lies in the database is sealed with it"
                )
        elif _check_value(vault, version) != check_value:
            raise StartRefused(f"root key {version} is not the one that this database was sealed with")
        elif retired_at is not None and version == vault.versions[0]:
            raise StartRefused(f"root key {version} is retired and can't be the current one")


def _check_value(vault: Vault, version: int) -> bytes:
    return vault.mac_with(version, PURPOSE)[:CHECK_BYTES]
