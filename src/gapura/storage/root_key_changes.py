"""What can be done about older root keys, with its audit rows: move everything off them, and retire one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gapura.crypto.keyring import Vault
from gapura.errors import StartRefused
from gapura.flow.order import Order
from gapura.storage.database import Database
from gapura.storage.key_needs import Lifetimes, Need, left_to_move, needs
from gapura.storage.locks import alone
from gapura.storage.records import Records
from gapura.storage.reindex import BATCH, Report, Walked, walk
from gapura.storage.reindex_steps import STEPS
from gapura.storage.root_keys import (
    UNUSED,
    compare_root_keys,
    known_root_keys,
    refuse_beside_older,
    retire_root_key,
)
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class Reindexed:
    """`left` are rows by table that are not under the current key yet."""

    walked: Sequence[Walked]
    left: Mapping[str, int]


async def reindex(
    database: Database,
    vault: Vault,
    order: Order,
    clock: Callable[[], Instant],
    report: Report,
    batch: int = BATCH,
) -> Reindexed:
    """Move all that can be moved to the current root key; run again, it goes on.

    Raises StartRefused where it must not begin: the key is not in use, another walk or an import of before is under way.
    """
    async with alone(database, "reindex") as ours:
        if not ours:
            raise StartRefused("another `gapura keys reindex` is under way")
        await compare_root_keys(database, vault)
        await refuse_beside_older(database, vault)
        await _note(database, vault, order, "root_key.reindex_start", await _left(database, vault))
        walked = [await walk(database, vault, step, report, batch) for step in STEPS]
        await _note_unused(database, vault, walked, order.at)
        left = await _left(database, vault)
        ended = Order(order.actor_kind, order.actor, clock(), order.note)
        moved = {f"moved.{one.name}": one.moved.total() for one in walked}
        await _note(
            database, vault, ended, "root_key.reindex_end", moved | {f"left.{k}": v for k, v in left.items()}
        )
    return Reindexed(walked, left)


async def retire(
    database: Database, vault: Vault, version: int, lifetimes: Lifetimes, order: Order, *, give_up: bool
) -> Sequence[Need]:
    """Retire an older root key, so that nothing misses it any more; what stands against it, and then it was not.

    With `give_up` the append-only records don't count: without the key their notes can't be read, nor their MACs checked.
    Raises StartRefused for a version that can't be retired at all.
    """
    await compare_root_keys(database, vault)
    known = {key.version: key for key in await known_root_keys(database)}
    if version not in known:
        raise StartRefused(f"this database knows no root key {version}")
    if version == vault.versions[0]:
        raise StartRefused(f"root key {version} is the current one")
    if known[version].retired_at is not None:
        raise StartRefused(f"root key {version} is retired already")
    if known[version].unused_since is None:
        raise StartRefused(f"root key {version} may still be in use: run `gapura keys reindex` first")
    found = (await needs(database, known.values(), lifetimes, order.at))[version]
    against = [need for need in found if not (give_up and need.kind == "records")]
    if not against:
        async with database.transaction() as tx:
            if await retire_root_key(tx, version, order.at):
                detail = {"records_given_up": bool(found)}
                entry = order.entry("root_key.retire", f"root_key:{version}", detail)
                await Records(database, vault).write_audit(tx, entry)
    return against


async def _note(
    database: Database, vault: Vault, order: Order, action: str, detail: Mapping[str, int]
) -> None:
    entry = order.entry(action, f"root_key:{vault.versions[0]}", dict(detail))
    async with database.transaction() as tx:
        await Records(database, vault).write_audit(tx, entry)


async def _note_unused(database: Database, vault: Vault, walked: Sequence[Walked], began: Instant) -> None:
    """What this walk moved was written before it passed; a key of which it found nothing keeps its earlier date."""
    moved: Counter[int] = Counter()
    for one in walked:
        moved += one.moved
    left = await left_to_move(database)
    done = [
        key.version
        for key in await known_root_keys(database)
        if key.version < vault.versions[0]
        and key.version not in left
        and (key.unused_since is None or moved[key.version])
    ]
    await database.execute(UNUSED, [began, done])


async def _left(database: Database, vault: Vault) -> dict[str, int]:
    left: Counter[str] = Counter()
    for version, tables in (await left_to_move(database)).items():
        if version != vault.versions[0]:
            left.update(tables)
    return dict(left)
