"""A load's life: opened, continued after a crash, and then made visible or discarded, each in one transaction.

Synchronous, for a command that runs for minutes beside the servers, on a connection of its own in autocommit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

import psycopg

from gapura.errors import StartRefused
from gapura.storage import grant_ends
from gapura.storage.outbox import ENQUEUE_LOGOUT
from gapura.storage.records import INSERT_AUDIT
from gapura.storage.registry_rows import ShardPlace, places
from gapura.values import Instant

Params: TypeAlias = Sequence[Any] | Mapping[str, Any]
Mode: TypeAlias = Literal["full", "delta"]

# One import at a time, for as long as the connection lives.
LOCK = "select pg_try_advisory_lock(hashtextextended('gapura registry import', 0))"
UNLOCK = "select pg_advisory_unlock_all()"

UNFINISHED = (
    "select id, file_digest, mode, started_at from registry_load where state = 'loading' and mode <> 'event'"
)
OPEN = """
insert into registry_load (file_digest, mode, state, actor, started_at) values (%s, %s, 'loading', %s, %s) returning id"""
EMPTY = "select not exists (select from registry_load where state = 'visible')"

# A first load writes without these and makes them at its end: half the work of one row after the other. Until it is
# visible nobody can be found anyway.
INDEXES = {
    f"citizen_index_{kind}": f"create index if not exists citizen_index_{kind} on citizen_index ({kind})"
    for kind in ("nik", "kk", "name_birth")
}

SHOW = """
update registry_load
set state = 'visible', visible_at = %(now)s, accepted = %(accepted)s, rejected = %(rejected)s, unchanged = %(unchanged)s
where id = %(load_id)s and state = 'loading'"""

# Only who was ACTIVE can be missed: the dead leave the office's extracts one day.
ABSENCES = """
insert into citizen_absence (citizen_id, load_id)
select today.citizen_id, %(load_id)s
from (
    select distinct on (v.citizen_id) v.citizen_id, v.status
    from citizen_version v join registry_load l on l.id = v.load_id and l.state = 'visible'
    where l.id <> %(load_id)s
    order by v.citizen_id, v.load_id desc
) today
where today.status = 'ACTIVE' and not exists (
    select from registry_seen s where s.citizen_id = today.citizen_id and s.load_id = %(load_id)s
)"""

ENDED = "select citizen_id from registry_turn where load_id = %(load_id)s and to_status <> 'ACTIVE'"
TURNED = f"select count(*) from ({ENDED} and from_status <> to_status) turned"
END_CONSENTS = f"""
update consent set ended_at = %(now)s, end_reason = 'registry'
where ended_at is null and citizen_id in ({ENDED})"""
END_SESSIONS = f"""
update session set ended_at = %(now)s, end_reason = 'registry'
where ended_at is null and account_id in (select id from account where citizen_id in ({ENDED}))
returning id"""

MERGES = """
select t.citizen_id, (
    select i.citizen_id from citizen_index i join registry_load l on l.id = i.load_id
    where i.nik = any(t.survivor) and (l.state = 'visible' or l.id = t.load_id) limit 1
)
from registry_turn t where t.load_id = %(load_id)s and t.to_status = 'DUPLICATE'"""
# Also who was merged into the duplicate before: an alias always names the survivor itself.
ALIAS = "update subject set alias_of = %(survivor)s where citizen_id = %(id)s or alias_of = %(id)s"
NO_ALIAS = """
update subject set alias_of = null where alias_of is not null and citizen_id in (
    select citizen_id from registry_turn where load_id = %(load_id)s and from_status = 'DUPLICATE'
)"""

DISCARD = (
    """
delete from citizen_key k using citizen_version v
where v.load_id = %(load_id)s and v.citizen_id = k.citizen_id and not exists (
    select from citizen_version other where other.citizen_id = v.citizen_id and other.load_id <> %(load_id)s
)""",
    "delete from citizen_version where load_id = %(load_id)s",
    "delete from citizen_index where load_id = %(load_id)s",
    "delete from registry_turn where load_id = %(load_id)s",
    "delete from registry_seen where load_id = %(load_id)s",
    """
update registry_load
set state = 'discarded', accepted = %(accepted)s, rejected = %(rejected)s, unchanged = %(unchanged)s
where id = %(load_id)s""",
)


@dataclass(frozen=True, slots=True)
class Load:
    """`places` are where its shards stand; `first` says that the registry holds nobody yet."""

    id: int
    mode: Mode
    started_at: Instant
    places: Mapping[int, ShardPlace]
    first: bool
    continued: bool


@dataclass(frozen=True, slots=True)
class Counts:
    accepted: int
    rejected: int
    unchanged: int

    @classmethod
    def of(cls, places: Iterable[ShardPlace]) -> Counts:
        stands = tuple(places)
        return cls(
            sum(place.accepted for place in stands),
            sum(place.rejected for place in stands),
            sum(place.unchanged for place in stands),
        )


@dataclass(frozen=True, slots=True)
class Effects:
    """What becoming visible did: absences flagged, citizens who are no longer ACTIVE, and what that ended."""

    absent: int = 0
    turned: int = 0
    sessions: int = 0
    grants: int = 0
    consents: int = 0
    survivors_missing: int = 0


class LoadRefused(StartRefused):
    """Another load is in the way."""


def take_lock(connection: psycopg.Connection) -> None:
    """Raises LoadRefused while another import runs."""
    if not _one(connection, LOCK)[0]:
        raise LoadRefused("another import is under way")


def release_lock(connection: psycopg.Connection) -> None:
    """At once: a closed connection's lock lives on until the server has noticed."""
    connection.execute(UNLOCK)


def open_load(
    connection: psycopg.Connection, digest: bytes, mode: Mode, actor: str, now: Instant, shards: int
) -> Load:
    """Begin a load, or go on with the one of the same file that was interrupted.

    Raises LoadRefused when that was another file.
    """
    first = bool(_one(connection, EMPTY)[0])
    unfinished = connection.execute(UNFINISHED).fetchone()
    if unfinished is None:
        with connection.transaction():
            [load_id] = _one(connection, OPEN, [digest, mode, actor, now])
            if first:
                connection.execute(f"drop index if exists {', '.join(INDEXES)}")
            connection.execute(
                "insert into registry_progress select %s, shard, 0, 0, 0, 0 from generate_series(0, %s) shard",
                [load_id, shards - 1],
            )
        return Load(load_id, mode, now, dict.fromkeys(range(shards), ShardPlace()), first, continued=False)
    load_id, its_digest, its_mode, started_at = unfinished
    if (its_digest, its_mode) != (digest, mode):
        raise LoadRefused(
            f"load {load_id} was interrupted: import its file again in mode {its_mode}, "
            f"or give it up with `gapura registry discard {load_id}`"
        )
    return Load(load_id, mode, started_at, places(connection, load_id), first, continued=True)


def make_indexes(connection: psycopg.Connection) -> None:
    """Make what a first load did without; does nothing when all is there."""
    connection.execute("set maintenance_work_mem = '128MB'")
    for statement in INDEXES.values():
        connection.execute(statement)


def show(connection: psycopg.Connection, load: Load, counts: Counts, now: Instant) -> Effects:
    """Make the load visible, with all that follows from it, in the caller's transaction."""
    bound = {"load_id": load.id, "now": now, **_columns(counts)}
    if not connection.execute(SHOW, bound).rowcount:
        raise LoadRefused(f"load {load.id} is no longer loading")
    missing = _merge(connection, load.id)
    sessions = [row[0] for row in connection.execute(END_SESSIONS, bound)]
    if sessions:
        connection.execute(ENQUEUE_LOGOUT, {"sessions": sessions, "now": now, "clients": None})
    return Effects(
        absent=_absences(connection, load, bound),
        turned=_one(connection, TURNED, bound)[0],
        sessions=len(sessions),
        grants=connection.execute(*grant_ends.of_citizens(ENDED, bound, now, "registry")).rowcount,
        consents=connection.execute(END_CONSENTS, bound).rowcount,
        survivors_missing=missing,
    )


def interrupted_load(connection: psycopg.Connection, load_id: int) -> Load:
    """Raises LoadRefused where this is none that was interrupted."""
    row = connection.execute(f"{UNFINISHED} and id = %s", [load_id]).fetchone()
    if row is None:
        raise LoadRefused(f"load {load_id} is not one that was interrupted")
    _, _, mode, started_at = row
    first = bool(_one(connection, EMPTY)[0])
    return Load(load_id, mode, started_at, places(connection, load_id), first, continued=True)


def discard(connection: psycopg.Connection, load_id: int, counts: Counts) -> Effects:
    """Take every row of a load back, in the caller's transaction; workers that still live find it gone."""
    connection.execute("select from registry_load where id = %s for update", [load_id])
    for statement in DISCARD:
        connection.execute(statement, {"load_id": load_id, **_columns(counts)})
    return Effects()


def write_audit(connection: psycopg.Connection, text: str) -> None:
    """`text` is made by `records.audit_text`."""
    connection.execute(INSERT_AUDIT, [text])


def _absences(connection: psycopg.Connection, load: Load, bound: Mapping[str, object]) -> int:
    if load.mode != "full" or load.first:
        return 0
    count = connection.execute(ABSENCES, bound).rowcount
    connection.execute("delete from registry_seen where load_id = %(load_id)s", bound)
    return count


def _merge(connection: psycopg.Connection, load_id: int) -> int:
    """Point the duplicates' subjects at the survivors; returns how many survivors nobody knows."""
    connection.execute(NO_ALIAS, {"load_id": load_id})
    survivors: dict[UUID, UUID | None] = dict(connection.execute(MERGES, {"load_id": load_id}).fetchall())
    for citizen_id in survivors:
        if survivor := _last(citizen_id, survivors):
            connection.execute(ALIAS, {"id": citizen_id, "survivor": survivor})
    return sum(survivor is None for survivor in survivors.values())


def _last(citizen_id: UUID, survivors: Mapping[UUID, UUID | None]) -> UUID | None:
    """The end of a chain of merges; None for a ring, in which nobody survives."""
    met, survivor = {citizen_id}, survivors[citizen_id]
    while survivor is not None and survivor in survivors:
        if survivor in met:
            return None
        met.add(survivor)
        survivor = survivors[survivor]
    return survivor


def _columns(counts: Counts) -> dict[str, int]:
    return {"accepted": counts.accepted, "rejected": counts.rejected, "unchanged": counts.unchanged}


def _one(connection: psycopg.Connection, statement: str, bound: Params | None = None) -> tuple[Any, ...]:
    """The one row of a statement that always has one."""
    [row] = connection.execute(statement, bound).fetchall()
    return row
