"""`gapura registry`: feeding the registry of citizens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import StartRefused
from gapura.registry.importing import SHELL, Order, Progress, Stores, Summary, discard_load, run_import
from gapura.settings import NEEDED, SettingRefused, Settings, load_settings, variable

SECONDS_BETWEEN_LINES = 5

app = typer.Typer(help="The registry of citizens.", no_args_is_help=True)


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
    order = Order(file, mode.value, max_rejects, workers)
    with _reporting() as report:
        summary = run_import(order, _stores(settings), _vault(settings), lambda: datetime.now(UTC), report)
    for line in _told(summary):
        typer.echo(line)
    if not summary.visible:
        raise StartRefused("too many rows were rejected, so nothing was imported")


@app.command()
def discard(load: Annotated[int, typer.Argument(help="The load's number, as `import` names it.")]) -> None:
    """Give up an import that was interrupted, and take its rows back."""
    settings = load_settings()
    discard_load(load, _stores(settings), _vault(settings), SHELL, datetime.now(UTC))
    typer.echo(f"load {load} is discarded")


def _stores(settings: Settings) -> Stores:
    for name in ("database_url", "root_keys"):
        if not getattr(settings, name):
            raise SettingRefused(variable(name), NEEDED[name])
    return Stores(settings.database_url, settings.root_keys, settings.sandbox)


def _vault(settings: Settings) -> Vault:
    try:
        return Vault(RootKeys.parse(settings.root_keys.reveal()))
    except ValueError as error:
        raise SettingRefused(variable("root_keys"), f"is wrong: {error}") from None


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
