"""What hangs on an older root key moves to the current one, beside everything else that goes on.

A batch takes some rows that are not moved yet, in the order of their primary key, locks them, works out their new values
and commits. It passes by rows that somebody else has locked, so it never waits while it holds any, and whoever waits for
it waits milliseconds. Nothing but the rows says how far the walk is: what is killed loses a batch and can be run again.
Look-ups try every root key in one statement, which sees each row either before its move or after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from psycopg.errors import UniqueViolation

from gapura.crypto.keyring import RootKeyMissing, SealBroken, Vault
from gapura.storage.database import Database, Row, Transaction

BATCH = 500
BATCH_SECONDS = 600.0  # after a kill it first goes past all that is moved
UNREADABLE = (SealBroken, RootKeyMissing, ValueError, KeyError, TypeError)  # the last three: of another form
PASSES = 5  # for rows that were locked when the walk came by

Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How one table's rows move.

    `take` selects rows after the primary key `%(after)s` that are not under root key `%(current)s`: first their key, then
    the version they are under, then what `move` wants. `put` writes what `move` gives; None is nothing to write.
    """

    name: str
    start: tuple[Any, ...]
    take: str
    move: Callable[[Vault, Row], Values | None]
    put: tuple[str, ...]


@dataclass(slots=True)
class Walked:
    """What became of one table: rows moved, by the version that they were under, and the keys of rows that don't open."""

    name: str
    moved: Counter[int] = field(default_factory=Counter)
    broken: set[str] = field(default_factory=set)


Report = Callable[[Walked], None]


async def walk(database: Database, vault: Vault, step: Step, report: Report, batch: int = BATCH) -> Walked:
    """Move all rows of one table. Raises Unavailable; then it can be called again."""
    walked = Walked(step.name)
    for _ in range(PASSES):
        before = walked.moved.total()
        await _pass(database, vault, step, walked, report, batch)
        if walked.moved.total() == before:
            break
    return walked


async def _pass(
    database: Database, vault: Vault, step: Step, walked: Walked, report: Report, batch: int
) -> None:
    after: Sequence[Any] | None = step.start
    while after is not None:
        names = {f"after{place}": value for place, value in enumerate(after)}
        bound = {**names, "current": vault.versions[0], "most": batch}
        try:
            async with database.transaction(BATCH_SECONDS) as tx:
                rows = await (await tx.execute(step.take, bound)).fetchall()
                after = rows[-1][: len(step.start)] if rows else None
                moved = await _move(tx, vault, step, rows, walked)
        except UniqueViolation:  # somebody took the value at this moment: the next pass sees it
            continue
        walked.moved.update(moved)
        report(walked)


async def _move(
    tx: Transaction, vault: Vault, step: Step, rows: Sequence[Row], walked: Walked
) -> Counter[int]:
    changes: list[Values] = []
    versions: list[int] = []
    for row in rows:
        try:
            values = step.move(vault, row)
        except UNREADABLE:
            walked.broken.add(str(row[0]))
            continue
        if values is not None:
            changes.append(values)
            versions.append(row[len(step.start)])
    written = [await _write(tx, statement, changes) for statement in step.put] if changes else [()]
    return Counter(version for version, count in zip(versions, written[0], strict=True) if count)


async def _write(tx: Transaction, statement: str, changes: Sequence[Values]) -> Sequence[int]:
    """How many rows each change wrote; all travel together."""
    cursor = tx.cursor()
    await cursor.executemany(statement, changes, returning=True)
    counts = [cursor.rowcount]
    while cursor.nextset():
        counts.append(cursor.rowcount)
    return counts
