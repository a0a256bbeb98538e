"""What the work cost: CPU of processes from /proc, statements from pg_stat_statements, commands from Valkey's INFO."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")

# The worker looks every few seconds whether its snapshots are current: no request asks for that.
STATEMENTS = """
select coalesce(sum(calls), 0)::bigint from pg_stat_statements
where query not like '%%snapshot_version%%' and query not like '%%pg_stat_statements%%'
and dbid = (select oid from pg_database where datname = %s)
"""
NOT_ASKED = {"info", "select", "config", "client", "ping", "hello", "auth"}
IN_TRANSACTION = {"multi", "exec"}  # they frame commands that are counted themselves


def tree(root: int) -> list[int]:
    """A process and all that it started, theirs included."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                parents.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None  # it has ended meanwhile


def cpu_of(pids: Iterable[int]) -> dict[int, float]:
    """User and system time of each, in µs."""
    return {pid: used for pid in pids if (used := _cpu(pid)) is not None}


def _cpu(pid: int) -> float | None:
    try:
        threads = [int((t / "schedstat").read_text().split()[0]) for t in (PROC / f"{pid}/task").iterdir()]
        if any(threads):
            return sum(threads) / 1000  # the scheduler's own count, in ns
        fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1e6 / TICK
    except OSError:
        return None


def spent(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Who started in between counts whole."""
    return sum(used - before.get(pid, 0.0) for pid, used in after.items())


def memory_of(pids: Iterable[int]) -> float:
    """Proportional set size, in MiB."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / f"{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


@dataclass(frozen=True, slots=True)
class Counts:
    statements: int
    commands: int

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.statements - other.statements, self.commands - other.commands)


class Stores:
    """The two stores as counters."""

    def __init__(self, database_url: str, redis_url: str, postgres: int, valkey: int) -> None:
        self.database_url, self.redis_url = database_url, redis_url
        self.postgres, self.valkey = postgres, valkey
        self._sql = psycopg.connect(database_url, autocommit=True)
        self._redis = redis.Redis.from_url(redis_url)

    def counts(self, database: str) -> Counts:
        (statements,) = self._sql.execute(STATEMENTS, [database]).fetchone() or (0,)
        stats: Mapping[str, Mapping[str, int]] = self._redis.info("commandstats")
        commands = {name.removeprefix("cmdstat_"): told["calls"] for name, told in stats.items()}
        asked = (
            calls
            for name, calls in commands.items()
            if name.partition("|")[0] not in NOT_ASKED | IN_TRANSACTION
        )
        return Counts(statements, sum(asked))

    def close(self) -> None:
        self._sql.close()
        self._redis.close()
