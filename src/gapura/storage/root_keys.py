"""Table root_key: which root keys this database needs, so that a missing one is named before anything is served."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from gapura.crypto.keyring import Vault
from gapura.errors import StartRefused
from gapura.storage.database import Database
from gapura.values import Instant

PURPOSE = "root-key-check"
CHECK_BYTES = 16

KNOW = "insert into root_key (version, check_value, created_at) values (%s, %s, %s) on conflict do nothing"
ALL = "select version, check_value from root_key order by version"


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


def _compare(vault: Vault, needed: Iterable[tuple[Any, ...]]) -> None:
    for version, check_value in needed:
        if version not in vault.versions:
            raise StartRefused(f"root key {version} is missing: what lies in the database is sealed with it")
        if _check_value(vault, version) != check_value:
            raise StartRefused(f"root key {version} is not the one that this database was sealed with")


def _check_value(vault: Vault, version: int) -> bytes:
    return vault.mac_with(version, PURPOSE)[:CHECK_BYTES]
