"""`gapura admin`: operators, made at the shell; whoever has that has proved who they are (proofing)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer
from psycopg.errors import UndefinedTable

from gapura.errors import GapuraError, StartRefused
from gapura.flow.enrolment import PATH
from gapura.flow.order import Order
from gapura.identity.contacts import operator_name_of
from gapura.identity.roles import ADMINISTRATOR
from gapura.settings import Settings, load_settings, require
from gapura.storage.database import Database
from gapura.storage.enrolments import create_operator
from gapura.storage.records import Records
from gapura.values import Secret
from gapura.wiring.stores import vault_of

app = typer.Typer(no_args_is_help=True)
app.callback()(lambda: None)  # one command is a group all the same


@app.command()
def create(name: str) -> None:
    """Make an administrator and print the link that sets their password and code app, good once and for an hour.

    Run it again with the same name for a new link, as long as the first has not been used.
    """
    settings = load_settings()
    require(settings, "database_url", "root_keys")
    normal = operator_name_of(name)
    if normal is None:
        raise StartRefused(
            "a name is 2 to 32 of a-z, 0-9, dot, dash and underscore, and begins with a letter"
        )
    link = asyncio.run(_created(settings, normal))
    if link is None:
        raise StartRefused(f"{normal} is enrolled already")
    typer.echo(settings.issuer + PATH.format(secret=link.reveal()))


async def _created(settings: Settings, name: str) -> Secret | None:
    vault = vault_of(settings)
    order = Order.of_system("shell", datetime.now(UTC))
    try:
        async with Database(settings.database_url, size=1) as database, database.transaction() as tx:
            return await create_operator(tx, vault, Records(database, vault), name, ADMINISTRATOR, order)
    except UndefinedTable:
        raise StartRefused("the schema is missing: run `gapura db upgrade`") from None
    except GapuraError as error:
        raise StartRefused(f"the database of DATABASE_URL does not answer ({error})") from None
