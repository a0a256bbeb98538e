"""An import from its file to the moment when all its good rows become visible together.

Worker processes read the file and commit chunks under the load's id, each chunk with the place it ends at; a killed
import, run again with the same file, goes on from there. No reader sees a row before the last transaction.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC
from pathlib import Path
from typing import TypeAlias

import orjson
import psycopg

from gapura.crypto.keyring import Vault
from gapura.errors import StartRefused
from gapura.flow.order import Order
from gapura.flow.records import ActorKind, Note
from gapura.registry.regions import Region
from gapura.registry.rejects import merge_rejects
from gapura.registry.source import FileRefused, file_digest
from gapura.registry.worker import ShardJob
from gapura.storage.connection import conninfo
from gapura.storage.records import audit_text
from gapura.storage.regions import write_regions
from gapura.storage.registry_load import (
    Counts,
    Effects,
    Load,
    Mode,
    discard,
    interrupted_load,
    make_indexes,
    open_load,
    release_lock,
    show,
    take_lock,
    write_audit,
)
from gapura.storage.registry_rows import ShardPlace
from gapura.storage.root_keys import confirm_root_keys_on, hold_root_key
from gapura.values import Instant, Secret


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """Where a load goes and how it is sealed."""

    database_url: str = field(repr=False)
    root_keys: Secret
    sandbox: bool


Actor: TypeAlias = tuple[ActorKind, str]
SHELL: Actor = ("system", "shell")


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is to be imported and who wants it: `actor` as in the audit. `max_rejects` is a share of the rows."""

    path: Path
    mode: Mode = "full"
    max_rejects: float = 0.01
    workers: int = 2
    actor: Actor = SHELL
    note: Note = field(default=Note(), repr=False)

    def at(self, now: Instant) -> Order:
        return Order(*self.actor, now, self.note)


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `size` bytes of the file."""

    load_id: int
    done: int
    size: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Summary:
    """How a load ended; `rejects` is the reject file, where there is one."""

    load_id: int
    visible: bool
    continued: bool
    counts: Counts
    warnings: Mapping[str, int]
    effects: Effects
    rejects: Path | None


class ImportFailed(StartRefused):
    """A worker could not go on; the load can be continued with the same file."""


def run_import(
    order: ImportOrder,
    target: LoadTarget,
    vault: Vault,
    now: Callable[[], Instant],
    report: Callable[[Progress], None],
) -> Summary:
    """Import a file; blocks for as long as it takes. Raises StartRefused, whose text has no personal data."""
    digest = file_digest(order.path)
    with _locked(target) as connection:
        hold_root_key(connection, vault.versions[0])
        # Without the keys in use nobody would be found again, and everybody be registered a second time.
        confirm_root_keys_on(connection, vault, now())
        load = open_load(connection, digest, order.mode, order.actor[1], now(), order.workers)
        workers = Workers(order, target, load, _districts(connection))

        def settled(*, visible: bool) -> Effects:
            return _settle(connection, vault, load, workers.counts, order.at(now()), visible=visible)

        try:
            workers.run(report)
            rejects = merge_rejects(order.path, workers.reject_files)
        except FileRefused:
            settled(visible=False)
            raise
        finally:
            workers.clean_up()
        visible = _good_enough(workers.counts, order.max_rejects)
        effects = settled(visible=visible)
    return Summary(load.id, visible, load.continued, workers.counts, workers.warnings, effects, rejects)


def discard_load(load_id: int, target: LoadTarget, vault: Vault, order: Order) -> None:
    """Give up a load that was interrupted. Raises StartRefused where there is none such."""
    with _locked(target) as connection:
        load = interrupted_load(connection, load_id)
        _settle(connection, vault, load, Counts.of(load.places.values()), order, visible=False)


def _settle(
    connection: psycopg.Connection, vault: Vault, load: Load, counts: Counts, order: Order, *, visible: bool
) -> Effects:
    """End a load one way or the other, with its audit row, in one commit."""
    make_indexes(connection)
    with connection.transaction():
        effects = (
            show(connection, load, counts, order.at) if visible else discard(connection, load.id, counts)
        )
        detail = {"mode": load.mode, **asdict(counts), **asdict(effects)}
        action = "registry.import" if visible else "registry.discard"
        write_audit(connection, audit_text(vault, order.entry(action, f"load:{load.id}", detail)))
    if visible and load.first:
        connection.execute("analyze citizen_version, citizen_key, citizen_index")
    return effects


def store_regions(regions: Sequence[Region], target: LoadTarget, vault: Vault, order: Order) -> int:
    """Add and correct regions, all or none."""
    rows = ((it.code, it.name, it.level, it.valid_from, it.valid_to, it.successor) for it in regions)
    with _locked(target) as connection, connection.transaction():
        count = write_regions(connection, rows)
        entry = order.entry("registry.regions", "regions", {"count": count})
        write_audit(connection, audit_text(vault, entry))
    return count


@contextmanager
def _locked(target: LoadTarget) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(conninfo(target.database_url), autocommit=True) as connection:
            take_lock(connection)
            try:
                yield connection
            finally:
                if not connection.closed:
                    release_lock(connection)
    except psycopg.Error as error:  # the driver's own text may quote values
        raise ImportFailed(
            f"the database failed ({type(error).__name__} {error.sqlstate or ''}); run it again to go on"
        ) from None


class Workers:
    """The processes of one import and what they have told so far."""

    def __init__(self, order: ImportOrder, target: LoadTarget, load: Load, districts: Sequence[str]) -> None:
        self._order, self._target, self._load, self._districts = order, target, load, districts
        self._places: dict[int, ShardPlace] = dict(load.places)
        self._read: dict[int, int] = {}
        self.warnings: Counter[str] = Counter()
        self.reject_files = [
            order.path.with_name(f".{order.path.name}.{load.id}-{shard}.rejects") for shard in load.places
        ]

    @property
    def counts(self) -> Counts:
        return Counts.of(self._places.values())

    def run(self, report: Callable[[Progress], None]) -> None:
        """Raises FileRefused or ImportFailed; no worker is left behind."""
        receive, send = os.pipe()
        processes: list[subprocess.Popen[bytes]] = []
        try:
            with os.fdopen(receive, "rb") as lines:
                with os.fdopen(send, "wb") as told:
                    processes += [self._start(shard, told.fileno()) for shard in self._load.places]
                for line in lines:
                    self._hear(orjson.loads(line))
                    report(self._progress())
            if any(map(subprocess.Popen.wait, processes)):
                raise ImportFailed(
                    "a worker of the import ended early; run it again with the same file to go on"
                )
        finally:
            for process in processes:
                process.kill()
                process.wait()

    def clean_up(self) -> None:
        for part in self.reject_files:
            part.unlink(missing_ok=True)

    def _start(self, shard: int, send: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "gapura.registry.worker"],
            stdin=subprocess.PIPE,
            stdout=send,
            start_new_session=True,  # Ctrl-C is for the parent, which ends them
        )
        assert process.stdin is not None  # noqa: S101 -- it is a pipe
        with suppress(BrokenPipeError), process.stdin:  # it has ended already; its exit code tells
            process.stdin.write(orjson.dumps(asdict(self._job(shard))))
        return process

    def _job(self, shard: int) -> ShardJob:
        return ShardJob(
            database_url=self._target.database_url,
            root_keys=self._target.root_keys.reveal(),
            path=str(self._order.path),
            rejects=str(self.reject_files[shard]),
            load_id=self._load.id,
            shard=shard,
            shards=len(self._load.places),
            today=self._load.started_at.astimezone(UTC).date().isoformat(),
            sandbox=self._target.sandbox,
            first=self._load.first,
            full=self._load.mode == "full",
            districts=self._districts,
        )

    def _hear(self, message: dict[str, object]) -> None:
        match message:
            case {"failed": "file", "detail": str(detail)}:
                raise FileRefused(detail)
            case {"failed": code, "detail": detail}:
                raise ImportFailed(f"{code}: {detail}; run it again with the same file to go on")
            case {"shard": int(shard), "read": int(read), "place": dict(place)}:
                self._read[shard], self._places[shard] = read, ShardPlace(**place)
            case {"warnings": dict(warnings)}:
                self.warnings.update(warnings)

    def _progress(self) -> Progress:
        done = sum(self._read.values()) // len(self._places)
        return Progress(self._load.id, done, self._order.path.stat().st_size, self.counts)


def _good_enough(counts: Counts, max_rejects: float) -> bool:
    return counts.rejected <= max_rejects * (counts.accepted + counts.rejected)


def _districts(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute("select code from region where level = 'district'")]
