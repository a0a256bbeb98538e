"""`gapura keys status`, `reindex` and `retire`: what hangs on older root keys, and how it comes off them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Annotated, TypeVar

import typer

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import GapuraError, StartRefused
from gapura.flow.order import Order
from gapura.settings import Settings, load_settings, require
from gapura.storage.database import Database
from gapura.storage.key_needs import Lifetimes, Need, Needs, needs
from gapura.storage.reindex import Walked
from gapura.storage.root_key_changes import Reindexed
from gapura.storage.root_key_changes import reindex as reindex_all
from gapura.storage.root_key_changes import retire as retire_one
from gapura.storage.root_keys import KnownRootKey, known_root_keys

Found = TypeVar("Found")

SECONDS_BETWEEN_LINES = 5
NAMED = 20  # rows that could not be opened


def status() -> None:
    """Show what each root key is needed by, in numbers. Reads every table that hangs on them once."""
    _show(*_run(_status))


def reindex() -> None:
    """Move all that hangs on older root keys to the current one, while everything runs; killed, run it again."""
    outcome = _run(_reindex)
    for walked in outcome.walked:
        typer.echo(f"{walked.name:16} {walked.moved.total():>12,} moved")
        for row in sorted(walked.broken)[:NAMED]:
            typer.echo(f"{'':16} can't be opened: {row}")
    _show(*_run(_status))
    if outcome.left:
        raise StartRefused("some rows were in use or can't be moved: run it again, then look at them")


def retire(
    version: Annotated[int, typer.Argument(help="The root key's version.")],
    *,
    give_up_records: Annotated[
        bool,
        typer.Option(
            help="Though notes in the records can't be read then, nor their chain checked, without it."
        ),
    ] = False,
) -> None:
    """Let a root key go that nothing needs any more, so that it may be taken out of GAPURA_ROOT_KEYS."""
    against = _run(lambda *given: _retire(version, *given, give_up=give_up_records))
    for line in _needed(against):
        typer.echo(f"  {line}")
    if against:
        raise StartRefused(f"root key {version} is still needed")
    typer.echo(f"root key {version} is retired: take it out of GAPURA_ROOT_KEYS")


async def _status(settings: Settings, database: Database, _: Vault) -> tuple[Sequence[KnownRootKey], Needs]:
    known = await known_root_keys(database)
    return known, await needs(database, known, _lifetimes(settings), _now())


async def _reindex(_: Settings, database: Database, vault: Vault) -> Reindexed:
    order = Order.of_system("cli", _now())
    return await reindex_all(database, vault, order, _now, Lines().report)


async def _retire(
    version: int, settings: Settings, database: Database, vault: Vault, *, give_up: bool
) -> Sequence[Need]:
    order = Order.of_system("cli", _now())
    return await retire_one(database, vault, version, _lifetimes(settings), order, give_up=give_up)


class Lines:
    """Progress on stderr, a line every few seconds."""

    def __init__(self) -> None:
        self._next = monotonic() + SECONDS_BETWEEN_LINES

    def report(self, walked: Walked) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + SECONDS_BETWEEN_LINES
            typer.echo(f"{walked.name:16} {walked.moved.total():>12,} moved", err=True)


def _show(known: Sequence[KnownRootKey], found: Needs) -> None:
    for key in known:
        typer.echo(_headline(key, is_current=key is known[0]))
        for line in _needed(found[key.version]):
            typer.echo(f"  {line}")


def _headline(key: KnownRootKey, *, is_current: bool) -> str:
    if key.retired_at is not None:
        state = f"retired {key.retired_at:%Y-%m-%d}"
    elif is_current:
        state = "current"
    else:
        state = f"unused since {key.unused_since:%Y-%m-%d}" if key.unused_since else "not moved off yet"
    return f"root key {key.version}  known since {key.created_at:%Y-%m-%d}  {state}"


def _needed(found: Sequence[Need]) -> Iterator[str]:
    for need in found:
        count = "" if need.count is None else f"{need.count:,}"
        yield f"{need.what:16} {count:>12}  {_until(need)}".rstrip()
    if not found:
        yield "needed by nothing"


def _until(need: Need) -> str:
    if need.kind == "moves":
        return ""
    end = f"until {need.until:%Y-%m-%d}" if need.until else "for as long as they are kept"
    return f"{need.why}; {end}"


def _lifetimes(settings: Settings) -> Lifetimes:
    longest = max(settings.session_total, settings.interaction_lifetime)
    return Lifetimes(timedelta(days=settings.data_use_days), timedelta(seconds=longest))


def _now() -> datetime:
    return datetime.now(UTC)


def _run(work: Callable[[Settings, Database, Vault], Awaitable[Found]]) -> Found:
    settings = load_settings()
    require(settings, "database_url", "root_keys")
    vault = Vault(RootKeys.parse(settings.root_keys.reveal()))

    async def run() -> Found:
        async with Database(settings.database_url, size=2) as database:
            return await work(settings, database, vault)

    try:
        return asyncio.run(run())
    except GapuraError as error:
        raise StartRefused(f"the stores failed ({error}); it can be run again") from None
