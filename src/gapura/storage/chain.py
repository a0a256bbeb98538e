"""The chain of the records: each row's hash is a MAC over its number, the hash before it and its own content.

    hash = version of the root key (1 byte) ‖ HMAC-SHA256(key, table, seq (8 bytes), hash before, canonical row)

The canonical row is JSON of all columns but `seq` and `hash`: UTF-8, no blanks, names sorted, uuids in their usual form,
instants as `2026-01-31T23:59:59.000001Z` with six digits always, bytes as hex, arrays in their order. The vault prefixes
each part with its length. The first row follows the hash `00`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from uuid import UUID

import orjson

from gapura.crypto.keyring import Vault
from gapura.storage.database import Database
from gapura.values import Instant

PURPOSE, START_PURPOSE = "chain", "chain-start"
START = b"\x00"
SIZE = 33

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "audit": ("id", "at", "actor_kind", "actor", "action", "object", "detail", "sealed"),
    "data_use": (
        "id",
        "at",
        "citizen_id",
        "agency_id",
        "client_id",
        "grant_id",
        "purpose_ids",
        "legal_basis",
        "action",
        "attributes",
        "sealed",
        "hidden_until",
    ),
}

ID, AT, CITIZEN = 0, 1, 2  # where these stand in each row

LOCKS: Mapping[str, int] = {"audit": 0x6761_7002, "data_use": 0x6761_7003}
MOST = 2_000  # rows in one turn


def canonical(row: Mapping[str, Any]) -> bytes:
    """The bytes that a row is remembered by, `seq` and `hash` left out."""
    content = {name: _plain(value) for name, value in row.items() if name not in {"seq", "hash"}}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- what a column can hold
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case bytes():
            return value.hex()
        case UUID():
            return str(value)
        case list():
            return [_plain(one) for one in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Chain:
    """The rule of one table's chain."""

    vault: Vault
    table: str

    def link(self, version: int, seq: int, before: bytes, row: Mapping[str, Any]) -> bytes:
        """The hash of `row` as number `seq` after the hash `before`. Raises RootKeyMissing."""
        parts = (self.table.encode(), seq.to_bytes(8, "big"), before, canonical(row))
        return bytes((version,)) + self.vault.mac_with(version, PURPOSE, *parts)

    def start_seal(self, version: int, seq: int, kept: bytes) -> bytes:
        """What makes a later start of the chain ours: the row `seq` with the hash `kept` was the last to be removed."""
        parts = (self.table.encode(), seq.to_bytes(8, "big"), kept)
        return bytes((version,)) + self.vault.mac_with(version, START_PURPOSE, *parts)

    def fits(self, before: bytes, row: Mapping[str, Any]) -> bool:
        """Whether a chained row is what was written, in its place. Raises RootKeyMissing."""
        kept = bytes(row["hash"] or b"")
        return len(kept) == SIZE and compare_digest(kept, self.link(kept[0], row["seq"], before, row))


# Hex in letters: no run of digits that a log's redaction could take for a person's number.
TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
FROM_LETTERS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a chain, as it is written down outside of the database: `audit:1234:cabj…`."""

    table: str
    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.table}:{self.seq}:{self.hash.hex().translate(TO_LETTERS)}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Raises ValueError for a text that `str` did not make."""
        table, seq, letters = text.split(":")
        if table not in COLUMNS or set(letters) - set("abcdefghijklmnop"):
            raise ValueError("no anchor of a chain")
        return cls(table, int(seq), bytes.fromhex(letters.translate(FROM_LETTERS)))


@dataclass(frozen=True, slots=True)
class Chained:
    """What one turn did: `oldest` is the time of the first row it numbered, `head` where the chain ends now."""

    count: int
    oldest: Instant
    head: Anchor


def _unchained(table: str) -> str:
    return (
        f"select {', '.join(COLUMNS[table])} from {table} "
        "where seq is null and at >= coalesce(%s, '-infinity'::timestamptz) order by at, id limit %s"
    )


def _place(table: str) -> str:
    return (
        f"update {table} set seq = placed.seq, hash = placed.hash "
        "from unnest(%s::timestamptz[], %s::uuid[], %s::bigint[], %s::bytea[]) as placed (at, id, seq, hash) "
        f"where {table}.at = placed.at and {table}.id = placed.id and {table}.at between %s and %s"  # spares other days
    )


STATEMENTS = {table: (_unchained(table), _place(table)) for table in COLUMNS}
HEAD = "select seq, hash from chain_head where name = %s for update"
MOVE_HEAD = "update chain_head set seq = %s, hash = %s, at = greatest(at, %s) where name = %s"
LIST_DAYS = """
insert into data_use_day select distinct * from unnest(%s::uuid[], %s::date[]) on conflict do nothing"""


async def chain_once(
    database: Database, vault: Vault, table: str, since: Instant | None = None
) -> Chained | None:
    """Give the next committed rows of `table` their numbers and hashes; None when there are none, or another is at it.

    `since` spares looking at every day ever kept; without it the whole table is looked at.
    """
    unchained, place = STATEMENTS[table]
    async with database.transaction() as tx:
        [(ours,)] = await (
            await tx.execute("select pg_try_advisory_xact_lock(%s)", [LOCKS[table]])
        ).fetchall()
        rows = await (await tx.execute(unchained, [since, MOST])).fetchall() if ours else []
        if not rows:
            return None
        [(seq, head)] = await (await tx.execute(HEAD, [table])).fetchall()
        hashes = list(_links(Chain(vault, table), seq, head, rows))
        numbers = list(range(seq + 1, seq + 1 + len(rows)))
        times, ids = [row[AT] for row in rows], [row[ID] for row in rows]
        await tx.execute(place, [times, ids, numbers, hashes, times[0], times[-1]])
        await tx.execute(MOVE_HEAD, [numbers[-1], hashes[-1], times[-1], table])
        if table == "data_use":
            await tx.execute(
                LIST_DAYS, [[row[CITIZEN] for row in rows], [at.astimezone(UTC).date() for at in times]]
            )
    return Chained(len(rows), times[0], Anchor(table, numbers[-1], hashes[-1]))


def _links(chain: Chain, seq: int, head: bytes, rows: Sequence[Sequence[Any]]) -> Iterator[bytes]:
    version, columns = chain.vault.versions[0], COLUMNS[chain.table]
    for number, row in enumerate(rows, seq + 1):
        head = chain.link(version, number, head, dict(zip(columns, row, strict=True)))
        yield head


async def oldest_unchained(database: Database, table: str, since: Instant) -> Instant | None:
    """Since when the oldest row of the days from `since` on waits for its place."""
    waiting = f"select min(at) from {table} where seq is null and at >= %s"
    [(oldest,)] = await database.fetch(waiting, [since])
    at: Instant | None = oldest
    return at
