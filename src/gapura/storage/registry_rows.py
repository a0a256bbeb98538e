"""The rows of one chunk of a load, and its place in the file: they are committed together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from uuid import UUID

import psycopg

from gapura.errors import GapuraError
from gapura.storage.copying import CopyBuffer

CHUNK_OF_LIVE_LOAD = "select from registry_load where id = %s and state = 'loading' for share"
PLACES = """
select shard, line, accepted, rejected, unchanged from registry_progress where load_id = %s order by shard"""
ADVANCE = """
update registry_progress
set line = %(line)s, accepted = %(accepted)s, rejected = %(rejected)s, unchanged = %(unchanged)s
where load_id = %(load_id)s and shard = %(shard)s and line = %(before)s"""

KNOWN = """
select i.nik, i.citizen_id, today.status, today.content, k.wrapped
from citizen_index i join registry_load l on l.id = i.load_id and l.state = 'visible'
join citizen_key k on k.citizen_id = i.citizen_id
cross join lateral (
    select v.status, v.content
    from citizen_version v join registry_load l on l.id = v.load_id and l.state = 'visible'
    where v.citizen_id = i.citizen_id
    order by v.load_id desc
    limit 1
) today
where i.nik = any(%s)"""

# Field count, then each field behind its length; a text of unknown length ends a Struct.
_VERSION_HEAD = Struct("!hi16siqi").pack
_VERSION_TAIL = Struct("!i16si").pack
_KEY_HEAD = Struct("!hi16si").pack
_KEY_TAIL = Struct("!ih").pack
_INDEX = Struct("!hi16siqihi16si16si16s").pack
_SEEN = Struct("!hiqi16s").pack


class LoadGone(GapuraError):
    """Somebody else goes on with this load, or it was discarded."""

    def __init__(self) -> None:
        super().__init__("load_gone", "another process goes on with this load, or it was discarded")


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """How far a shard has come: the last line it has dealt with, and its counts up to there.

    `accepted` are the good rows, of which `unchanged` wrote nothing.
    """

    line: int = 0
    accepted: int = 0
    rejected: int = 0
    unchanged: int = 0


def places(connection: psycopg.Connection, load_id: int) -> dict[int, ShardPlace]:
    """Where each shard of a load stands."""
    return {shard: ShardPlace(*rest) for shard, *rest in connection.execute(PLACES, [load_id])}


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry has today of a citizen that a row tells of."""

    citizen_id: UUID
    status: str
    content: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class StatusTurn:
    citizen_id: UUID
    from_status: str
    to_status: str
    survivor: Sequence[bytes]


class LoadRows:
    """Collects rows of one shard; `commit` sends them."""

    def __init__(self, connection: psycopg.Connection, load_id: int, shard: int) -> None:
        self._connection, self._load_id, self._shard = connection, load_id, shard
        self._versions = CopyBuffer("citizen_version", "citizen_id", "load_id", "status", "content", "record")
        self._keys = CopyBuffer("citizen_key", "citizen_id", "wrapped", "root_version")
        self._indexes = CopyBuffer(
            "citizen_index", "citizen_id", "load_id", "key_version", "nik", "kk", "name_birth"
        )
        self._seen = CopyBuffer("registry_seen", "load_id", "citizen_id")
        self._turns: list[StatusTurn] = []

    def version(self, citizen_id: bytes, status: str, content: bytes, record: bytes) -> None:
        self._versions.row(
            _VERSION_HEAD(5, 16, citizen_id, 8, self._load_id, len(status))
            + status.encode()
            + _VERSION_TAIL(16, content, len(record))
            + record
        )

    def key(self, citizen_id: bytes, wrapped: bytes, root_version: int) -> None:
        self._keys.row(_KEY_HEAD(3, 16, citizen_id, len(wrapped)) + wrapped + _KEY_TAIL(2, root_version))

    def index(self, citizen_id: bytes, key_version: int, nik: bytes, kk: bytes, name_birth: bytes) -> None:
        self._indexes.row(
            _INDEX(6, 16, citizen_id, 8, self._load_id, 2, key_version, 16, nik, 16, kk, 16, name_birth)
        )

    def seen(self, citizen_id: bytes) -> None:
        self._seen.row(_SEEN(2, 8, self._load_id, 16, citizen_id))

    def turn(self, turn: StatusTurn) -> None:
        self._turns.append(turn)

    def known(self, niks: Sequence[bytes]) -> dict[bytes, Known]:
        """Today's citizens by their NIK's digest."""
        rows = self._connection.execute(KNOWN, [list(niks)])
        return {nik: Known(*rest) for nik, *rest in rows}

    def commit(self, before: int, place: ShardPlace) -> None:
        """Raises LoadGone when this shard isn't at line `before` any more; then nothing was written."""
        with self._connection.transaction():
            if not self._connection.execute(CHUNK_OF_LIVE_LOAD, [self._load_id]).rowcount:
                raise LoadGone
            for buffer in (self._keys, self._versions, self._indexes, self._seen):
                buffer.flush(self._connection)
            self._write_turns()
            moved = self._connection.execute(
                ADVANCE,
                {
                    "load_id": self._load_id,
                    "shard": self._shard,
                    "before": before,
                    "line": place.line,
                    "accepted": place.accepted,
                    "rejected": place.rejected,
                    "unchanged": place.unchanged,
                },
            )
            if not moved.rowcount:
                raise LoadGone

    def _write_turns(self) -> None:
        if self._turns:
            rows = [
                (self._load_id, one.citizen_id, one.from_status, one.to_status, list(one.survivor))
                for one in self._turns
            ]
            self._connection.cursor().executemany(
                "insert into registry_turn (load_id, citizen_id, from_status, to_status, survivor) "
                "values (%s, %s, %s, %s, %s)",
                rows,
            )
            self._turns.clear()
