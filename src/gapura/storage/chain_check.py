"""Proves the chain of the records: every row is what was written, in its place, and none is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any, Literal, TypeAlias

from psycopg.rows import dict_row

from gapura.crypto.keyring import RootKeyMissing
from gapura.storage.chain import COLUMNS, START, Chain
from gapura.storage.database import Database, Transaction
from gapura.values import Instant

LATE = timedelta(seconds=10)  # the sequencer has one second (decision 21)
FETCHED = 2_000  # rows held at a time

Kind: TypeAlias = Literal["changed", "missing", "doubled", "cut", "head", "start", "anchor", "key", "late"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit, and at which number.

    changed: the row was edited, forged or moved. missing: rows were deleted. doubled: a row was put in under a number
    that is taken. cut: the chain is shorter than its head says. head, start: they do not belong to this chain.
    anchor: the number written down elsewhere has another hash, or is gone. key: the root key of the row is not held.
    late: a row waits for its place too long.
    """

    table: str
    kind: Kind
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the chain: the number and hash of one row."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Extent:
    """What stands in the table at one moment: `start` to `head`, and since when rows wait for their place."""

    start: Mark
    seal: bytes  # of a start other than the first row's
    head: Mark
    waiting: int
    oldest: Instant | None


class Check:
    """Takes the chained rows in the order of their numbers."""

    def __init__(self, chain: Chain, start: Mark, anchors: Mapping[int, bytes]) -> None:
        self._chain, self._at, self._anchors = chain, start, dict(anchors)
        self.rows = 0

    def row(self, row: Mapping[str, Any]) -> Iterator[Fault]:
        before, self._at = self._at, Mark(row["seq"], bytes(row["hash"] or b""))
        self.rows += 1
        gap = row["seq"] - before.seq - 1
        if gap > 0:  # what comes after a gap has nothing to be checked against
            yield self._fault("missing", before.seq + 1, f"{gap} row(s) before number {row['seq']} are gone")
        elif gap < 0:
            yield self._fault("doubled", row["seq"], f"row {row['id']} has a number that is taken")
        else:
            yield from self._content(before.hash, row)
        anchor = self._anchors.pop(row["seq"], None)
        if anchor and not compare_digest(anchor, self._at.hash):
            yield self._fault("anchor", row["seq"], "another hash was written down for this number")

    def _content(self, before: bytes, row: Mapping[str, Any]) -> Iterator[Fault]:
        try:
            if not self._chain.fits(before, row):
                yield self._fault("changed", row["seq"], f"row {row['id']} was edited, forged or moved")
        except RootKeyMissing as missing:
            yield self._fault("key", row["seq"], f"row {row['id']} needs a root key: {missing.detail}")

    def end(self, head: Mark) -> Iterator[Fault]:
        if self._at.seq != head.seq:
            yield self._fault("cut", self._at.seq, f"the last row has this number, the head says {head.seq}")
        elif not compare_digest(self._at.hash, head.hash):
            yield self._fault("head", head.seq, "the head has another hash than the last row")
        for seq in sorted(self._anchors):
            yield self._fault("anchor", seq, "a number that was written down is gone")

    def _fault(self, kind: Kind, seq: int, text: str) -> Fault:
        return Fault(self._chain.table, kind, seq, text)


class Verification:
    """One run over one table: faults as they are found; `rows` so far, of `total`, and `report` is called now and then."""

    def __init__(self, database: Database, chain: Chain, anchors: Mapping[int, bytes]) -> None:
        self._database, self._chain, self._anchors = database, chain, anchors
        self.report: Callable[[], None] = lambda: None
        self.total = 0
        self.rows = 0

    async def faults(self, now: Instant) -> AsyncIterator[Fault]:
        """Reads one snapshot, some rows at a time. Raises Unavailable."""
        async with self._database.connection(None) as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read, read only")
            extent = await _extent(connection, self._chain.table, now)
            self.total = extent.head.seq - extent.start.seq
            for fault in _start(self._chain, extent):
                yield fault
            check = Check(self._chain, extent.start, self._anchors)
            async for row in _rows(connection, self._chain.table, extent.start.seq):
                for fault in check.row(row):
                    yield fault
                self.rows = check.rows
                if not self.rows % FETCHED:
                    self.report()
            for fault in (*check.end(extent.head), *_late(self._chain.table, extent)):
                yield fault


async def _extent(tx: Transaction, table: str, now: Instant) -> Extent:
    heads = await tx.execute("select seq, hash from chain_head where name = %s", [table])
    [head] = await heads.fetchall()
    starts = await tx.execute("select seq, hash, seal from chain_start where name = %s", [table])
    *start, seal = await starts.fetchone() or (0, START, b"")
    late = f"select count(*), min(at) from {table} where seq is null and at < %s"
    [(waiting, oldest)] = await (await tx.execute(late, [now - LATE])).fetchall()
    return Extent(Mark(*start), seal, Mark(*head), waiting, oldest)


async def _rows(tx: Transaction, table: str, after: int) -> AsyncIterator[Mapping[str, Any]]:
    columns = ", ".join((*COLUMNS[table], "seq", "hash"))
    query = f"select {columns} from {table} where seq > %s order by seq, id"
    async with tx.cursor(name="chain", row_factory=dict_row) as cursor:
        cursor.itersize = FETCHED
        await cursor.execute(query, [after])
        async for row in cursor:
            yield row


def _start(chain: Chain, extent: Extent) -> Iterator[Fault]:
    if not extent.start.seq:
        return
    version = extent.seal[0] if extent.seal else 0
    known = version in chain.vault.versions
    if not known or not compare_digest(
        extent.seal, chain.start_seal(version, extent.start.seq, extent.start.hash)
    ):
        yield Fault(chain.table, "start", extent.start.seq, "no day was removed up to here by the worker")


def _late(table: str, extent: Extent) -> Iterator[Fault]:
    if extent.oldest:
        since = extent.oldest.isoformat(timespec="seconds")
        yield Fault(
            table, "late", extent.head.seq, f"{extent.waiting} row(s) wait for their place since {since}"
        )
