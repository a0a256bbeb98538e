"""`gapura keys`: the signing keys' states and their rotation; what concerns root keys stands in `root_keys.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, TypeAlias, TypeVar

import typer

from gapura.cli import root_keys
from gapura.crypto.algorithms import OWN_ALGS, OwnAlg
from gapura.crypto.signing_keys import Change, SigningKey
from gapura.errors import GapuraError, StartRefused
from gapura.flow.order import Order
from gapura.settings import Settings, load_settings, require
from gapura.storage.database import Database
from gapura.storage.keys import Keys
from gapura.wiring.stores import vault_of

Found = TypeVar("Found")
Work: TypeAlias = Callable[[Settings, Keys], Awaitable[Found]]

app = typer.Typer(no_args_is_help=True)
for command in (root_keys.status, root_keys.reindex, root_keys.retire):
    app.command()(command)


@app.command(name="list")
def list_keys() -> None:
    """Show every key that isn't gone, with its algorithm, its state and since when."""
    for key in asyncio.run(_with_keys(_settings(), _read)):
        since = key.retiring_at or key.active_at or key.created_at
        typer.echo(f"{key.alg:12} {key.state:9} since {since:%Y-%m-%d %H:%M} UTC  {key.kid}")


@app.command()
def rotate(
    alg: Annotated[str, typer.Option(help="Of this algorithm alone, as `gapura keys list` names it.")] = "",
) -> None:
    """Let the next keys sign, as soon as they were published long enough for everybody to know them."""
    algs = tuple(one for one in OWN_ALGS if alg in {"", one})
    if not algs:
        raise typer.BadParameter(f"none of {', '.join(OWN_ALGS)}", param_hint="--alg")
    changes = asyncio.run(_with_keys(_settings(), partial(_rotate, algs)))
    for change in changes:
        typer.echo(f"{change.alg:12} {change.step.replace('_', ' ')}")
    if not changes:
        typer.echo("nothing is due: the next keys are not yet published for twice the JWKS max-age")


def _settings() -> Settings:
    settings = load_settings()
    require(settings, "database_url", "root_keys")
    return settings


async def _read(_: Settings, keys: Keys) -> tuple[SigningKey, ...]:
    return (await keys.load()).keys


async def _rotate(algs: tuple[OwnAlg, ...], settings: Settings, keys: Keys) -> tuple[Change, ...]:
    order = Order.of_system("cli", datetime.now(UTC))
    return await keys.rotate(order, settings.publish_keys_for, every=timedelta(0), algs=algs)


async def _with_keys(settings: Settings, work: Work[Found]) -> Found:
    vault = vault_of(settings)
    try:
        async with Database(settings.database_url, size=1) as database:
            return await work(settings, Keys(database, vault))
    except GapuraError as error:
        raise StartRefused(f"the keys can't be reached ({error})") from None
