"""`gapura registry`: feeding the registry of citizens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from gapura.errors import StartRefused
from gapura.flow.order import Order
from gapura.registry.importing import (
    ImportOrder,
    LoadTarget,
    Progress,
    Summary,
    discard_load,
    run_import,
    store_regions,
)
from gapura.registry.regions import read_regions, shipped_regions
from gapura.registry.synth.extract import write_extract
from gapura.registry.synth.people import people
from gapura.settings import Settings, load_settings, require
from gapura.wiring.stores import vault_of

SECONDS_BETWEEN_LINES = 5

app = typer.Typer(help="The registry of citizens.", no_args_is_help=True)
regions = typer.Typer(help="Kemendagri's region codes.", no_args_is_help=True)
app.add_typer(regions, name="regions")


class ImportMode(StrEnum):
    FULL = "full"
    DELTA = "delta"


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter("a share such as 1% or 0.01")
    return share


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or gzipped CSV.")],
    mode: Annotated[
        ImportMode, typer.Option(help="full: who is absent is flagged; delta: only changes.")
    ] = ImportMode.FULL,
    max_rejects: Annotated[
        float,
        typer.Option(
            parser=_share, metavar="SHARE", help="Above this share of bad rows nothing is imported."
        ),
    ] = "1%",  # type: ignore[assignment]  # the parser reads it
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that read, seal and write.")] = 2,
) -> None:
    """Import an extract of the population office; run again after a crash, it goes on where it stopped."""
    settings = load_settings()
    order = ImportOrder(file, mode.value, max_rejects, workers)
    with _reporting() as report:
        summary = run_import(order, _target(settings), vault_of(settings), lambda: datetime.now(UTC), report)
    for line in _told(summary):
        typer.echo(line)
    if not summary.visible:
        raise StartRefused("too many rows were rejected, so nothing was imported")


@app.command()
def discard(load: Annotated[int, typer.Argument(help="The load's number, as `import` names it.")]) -> None:
    """Give up an import that was interrupted, and take its rows back."""
    settings = load_settings()
    discard_load(load, _target(settings), vault_of(settings), _by_shell())
    typer.echo(f"load {load} is discarded")


@app.command()
def synth(
    count: Annotated[int, typer.Argument(min=1, metavar="N", help="How many people.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Gzipped where it ends in .gz.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed and day give the same people.")] = 1,
    today: Annotated[
        date | None,
        typer.Option(parser=date.fromisoformat, metavar="DATE", help="The day their ages are of."),
    ] = None,
) -> None:
    """Write an extract of synthetic people, whose numbers can be nobody's (month + 80)."""
    write_extract(output, islice(people(seed, today or datetime.now(UTC).date()), count))


@regions.command(name="import")
def import_regions(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="CSV; without it, what Gapura ships.")
    ] = None,
) -> None:
    """Add and correct regions: columns code, name, valid_from, valid_to, successor."""
    settings = load_settings()
    found = read_regions(file) if file else shipped_regions()
    count = store_regions(found, _target(settings), vault_of(settings), _by_shell())
    typer.echo(f"{count:,} regions")


def _by_shell() -> Order:
    return Order.of_system("shell", datetime.now(UTC))


def _target(settings: Settings) -> LoadTarget:
    require(settings, "database_url", "root_keys")
    return LoadTarget(settings.database_url, settings.root_keys, settings.sandbox)


def _told(summary: Summary) -> Iterator[str]:
    counts, effects = summary.counts, summary.effects
    outcome = "visible" if summary.visible else "discarded"
    again = ", continued" if summary.continued else ""
    yield (
        f"load {summary.load_id} {outcome}{again}: {counts.accepted:,} rows accepted ({counts.unchanged:,} unchanged), "
        f"{counts.rejected:,} rejected"
    )
    if summary.rejects:
        yield f"rejects: {summary.rejects}"
    for name, count in sorted(summary.warnings.items()):
        yield f"warning: {WARNINGS[name]}: {count:,}"
    for name, text in EFFECTS.items():
        if count := getattr(effects, name):
            yield f"{text}: {count:,}"


WARNINGS = {
    "birth_date_differs": "NIK and birth date differ",
    "sex_differs": "NIK and sex differ",
    "region_unknown": "the address's district is unknown",
    "nik_region_unknown": "the NIK's district is unknown",
}
EFFECTS = {
    "absent": "active citizens absent from this full file, flagged",
    "turned": "citizens no longer active",
    "sessions": "sessions ended",
    "grants": "grants revoked",
    "consents": "consents ended",
    "survivors_missing": "duplicates whose survivor is unknown",
}


@contextmanager
def _reporting() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, else a plain line every few seconds."""
    if not sys.stderr.isatty():
        yield PlainLines().report
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with ProgressBar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("0 rows")
        yield lambda told: bar.update(task, total=told.size, completed=told.done, description=_line(told))


class PlainLines:
    def __init__(self) -> None:
        self._next = 0.0

    def report(self, told: Progress) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + SECONDS_BETWEEN_LINES
            typer.echo(f"{told.done * 100 // max(told.size, 1):3} %  {_line(told)}", err=True)


def _line(told: Progress) -> str:
    return f"{told.counts.accepted + told.counts.rejected:,} rows, {told.counts.rejected:,} rejected"
