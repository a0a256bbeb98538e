"""`gapura audit`: the proof of the records."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from gapura.crypto.keyring import Vault
from gapura.errors import StartRefused, Unavailable
from gapura.settings import Settings, load_settings, require
from gapura.storage.chain import COLUMNS, Anchor, Chain
from gapura.storage.chain_check import Fault, Verification
from gapura.storage.database import Database
from gapura.wiring.stores import vault_of

BROKEN, LATE = 3, 4  # exit codes; 1 is for what could not be checked, 2 for a wrong command line
SHOWN = 20  # faults of one table that are shown one by one

T = TypeVar("T")

app = typer.Typer(help="The records: who changed what, and which data went where.", no_args_is_help=True)


def _anchor(text: str) -> Anchor:
    try:
        return Anchor.parse(text)
    except ValueError:
        raise typer.BadParameter("an anchor as `gapura audit anchor` prints it") from None


@app.command()
def verify(
    anchor: Annotated[
        list[Anchor] | None,
        typer.Option(
            parser=_anchor,
            metavar="ANCHOR",
            help="A place of the chain that was written down; may be repeated.",
        ),
    ] = None,
) -> None:
    """Prove that no row of the records was edited, moved, forged or deleted.

    Exit codes: 0 all holds, 1 it could not be checked, 3 the chain is broken, 4 rows wait for their place for 10 s.
    """
    settings = load_settings()
    require(settings, "database_url", "root_keys")
    faults = _run(_verify(settings, vault_of(settings), anchor or []))
    if any(fault.kind != "late" for fault in faults):
        raise typer.Exit(BROKEN)
    if faults:
        raise typer.Exit(LATE)


@app.command()
def anchor() -> None:
    """Print where each chain stands; kept elsewhere, it shows later whether the end was cut off."""
    settings = load_settings()
    require(settings, "database_url")
    for line in _run(_anchors(settings)):
        typer.echo(str(line))


def _run(work: Coroutine[object, object, Sequence[T]]) -> Sequence[T]:
    try:
        return asyncio.run(work)
    except Unavailable as away:
        raise StartRefused(f"the records could not be read: {away}") from None


async def _verify(settings: Settings, vault: Vault, anchors: Sequence[Anchor]) -> Sequence[Fault]:
    faults: list[Fault] = []
    async with Database(settings.database_url, size=1) as database:
        for table in COLUMNS:
            known = {place.seq: place.hash for place in anchors if place.table == table}
            faults += await _verify_table(database, Chain(vault, table), known)
    return faults


async def _verify_table(database: Database, chain: Chain, anchors: Mapping[int, bytes]) -> Sequence[Fault]:
    """Check one table; tell the first faults as they are found, and the sum at the end."""
    verification = Verification(database, chain, anchors)
    faults: list[Fault] = []
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(chain.table, total=None)
        verification.report = lambda: bar.update(task, completed=verification.rows, total=verification.total)
        async for fault in verification.faults(datetime.now(UTC)):
            faults.append(fault)
            if len(faults) <= SHOWN:
                typer.echo(f"{fault.table}: number {fault.seq}: {fault.kind}: {fault.text}", err=True)
    kinds = Counter(fault.kind for fault in faults)
    found = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "the chain holds"
    typer.echo(f"{chain.table}: {verification.rows:,} rows: {found}")
    return faults


async def _anchors(settings: Settings) -> Sequence[Anchor]:
    async with Database(settings.database_url, size=1) as database:
        rows = await database.fetch("select name, seq, hash from chain_head order by name")
    return [Anchor(*row) for row in rows]
