"""One shard of an import, in a process of its own: `python -m gapura.registry.worker`.

It reads the whole file and takes the rows whose NIK falls to its shard, so that no row travels between processes and
rows of one NIK keep their order. The job comes as JSON on stdin; what it has done goes as JSON lines to stdout.
"""

from __future__ import annotations

import csv
import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from zlib import crc32

import orjson
import psycopg

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import GapuraError
from gapura.identity.citizen import Citizen
from gapura.identity.nik import digits_of
from gapura.registry.rows import Reject, RowReader
from gapura.registry.seal import Sealing
from gapura.registry.seen import SeenNiks
from gapura.registry.source import Extract, FileRefused
from gapura.storage.connection import conninfo
from gapura.storage.registry_rows import LoadRows, ShardPlace, places
from gapura.storage.root_keys import hold_root_key, refuse_behind

CHUNK = 2_000  # good rows to a commit: large enough for COPY, and little is done twice after a crash
LINES = 50_000  # or so many lines, when few of them are this shard's or good


@dataclass(frozen=True, slots=True, repr=False)
class ShardJob:
    """What the parent tells a worker; it holds the root keys and is never printed."""

    database_url: str
    root_keys: str
    path: str
    rejects: str
    load_id: int
    shard: int
    shards: int
    today: str
    sandbox: bool
    first: bool
    full: bool
    districts: Sequence[str]


class Shard:
    """Reads the file from its start; what an earlier run has committed is judged again, but not written."""

    def __init__(self, job: ShardJob, connection: psycopg.Connection, place: ShardPlace) -> None:
        self._job, self._place = job, place
        self._done_before = place.line
        self._reader = RowReader(
            date.fromisoformat(job.today), sandbox=job.sandbox, districts=frozenset(job.districts)
        )
        self._rows = LoadRows(connection, job.load_id, job.shard)
        self._sealing = Sealing(
            Vault(RootKeys.parse(job.root_keys)), self._rows, job.load_id, full=job.full, first=job.first
        )
        self._seen = SeenNiks()
        self._good: list[Citizen] = []
        self._rejected = place.rejected

    def run(self) -> None:
        line = since = self._done_before
        with Extract(Path(self._job.path)) as extract, Path(self._job.rejects).open("w", newline="") as file:
            rejects = csv.writer(file)
            for line, cells in extract.rows():
                judged = self._judge(line, cells)
                if isinstance(judged, Reject):
                    rejects.writerow((judged.line, judged.column, judged.reason))
                if line <= self._done_before:
                    since = line
                    continue
                if isinstance(judged, Citizen):
                    self._good.append(judged)
                self._rejected += isinstance(judged, Reject)
                if len(self._good) >= CHUNK or line - since >= LINES:
                    since = line
                    self._commit(line, extract.read_bytes)
            if line > self._place.line:
                self._commit(line, extract.read_bytes)
        tell({"shard": self._job.shard, "warnings": self._reader.warnings})

    def _judge(self, line: int, cells: Sequence[str] | Reject) -> Citizen | Reject | None:
        """None for a row of another shard; rows that are none are the first shard's."""
        if isinstance(cells, Reject):
            return cells if self._job.shard == 0 else None
        number = digits_of(cells[0].strip())  # as the reader takes it, so that all its spellings meet here
        if crc32(number.encode("utf-8", "surrogatepass")) % self._job.shards != self._job.shard:
            return None
        judged = self._reader.read(line, cells)
        if isinstance(judged, Citizen) and not self._seen.add(judged.nik):
            return Reject(line, "nik", "duplicate")
        return judged

    def _commit(self, line: int, read_bytes: int) -> None:
        before = self._place
        unchanged = self._sealing.put(self._good)
        self._place = ShardPlace(
            line, before.accepted + len(self._good), self._rejected, before.unchanged + unchanged
        )
        self._rows.commit(before.line, self._place)
        self._good.clear()
        tell({"shard": self._job.shard, "read": read_bytes, "place": asdict(self._place)})


def tell(message: dict[str, object]) -> None:
    """One line to the parent, in one write; when nobody listens any more, this process ends."""
    os.write(sys.stdout.fileno(), orjson.dumps(message) + b"\n")


def main() -> int:
    """Exit code 1 after a failure, which was told by its kind alone: a driver's own words may quote values."""
    gc.set_threshold(200_000)  # rows come and go without cycles
    job = ShardJob(**orjson.loads(sys.stdin.buffer.read()))
    try:
        with psycopg.connect(conninfo(job.database_url), autocommit=True) as connection:
            # A crash of the server may lose the last chunks, each with its place; the last commit waits for the disk.
            connection.execute("set synchronous_commit = off")
            # Its parent may be gone by now and its lock with it.
            current = RootKeys.parse(job.root_keys).current
            hold_root_key(connection, current)
            refuse_behind(connection, current)
            Shard(job, connection, places(connection, job.load_id)[job.shard]).run()
    except BrokenPipeError:
        return 1
    except FileRefused as refused:
        tell({"shard": job.shard, "failed": "file", "detail": str(refused)})
        return 1
    except OSError as error:
        tell({"shard": job.shard, "failed": "the reject file", "detail": error.strerror})
        return 1
    except GapuraError as error:
        tell({"shard": job.shard, "failed": error.code, "detail": error.detail})
        return 1
    except psycopg.Error as error:
        tell({"shard": job.shard, "failed": "database", "detail": f"{type(error).__name__} {error.sqlstate}"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
