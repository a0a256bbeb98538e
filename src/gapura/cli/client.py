"""`gapura client`: registering an agency's app from the shell, by the rules of the registration endpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from gapura.crypto.random_texts import random_text
from gapura.errors import GapuraError, OAuthError, StartRefused
from gapura.flow.admin_clients import Issued
from gapura.flow.order import Order
from gapura.settings import Settings, load_settings, require
from gapura.storage.agencies import add_initial_token
from gapura.values import AgencyId, opaque_digest
from gapura.web.locale import Languages
from gapura.wiring.administration import administers_clients
from gapura.wiring.discovery import discovery_of
from gapura.wiring.stores import Stores, stores_of

INVITATION = timedelta(days=7)

Done = TypeVar("Done")
Work: TypeAlias = Callable[[Settings, Stores, AgencyId], Awaitable[Done]]

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    agency: Annotated[str, typer.Argument(help="The id of the agency that the app belongs to.")],
    metadata: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Client metadata of RFC 7591 as JSON.")
    ],
) -> None:
    """Register a client of an agency and print the answer, its secret once."""
    try:
        document = json.loads(metadata.read_text())
    except ValueError:
        raise StartRefused(f"{metadata} is no JSON") from None
    issued = asyncio.run(_run(_settings(), AgencyId(agency), _registration(document)))
    typer.echo(f"client_id      {issued.client_id}")
    if issued.secret is not None:
        typer.echo(f"client_secret  {issued.secret.reveal()}   (shown once)")


@app.command()
def invite(agency: Annotated[str, typer.Argument(help="The id of the agency.")]) -> None:
    """Print an initial access token (RFC 7591 §3), with which the agency registers one client; good for a week."""
    typer.echo(asyncio.run(_run(_settings(), AgencyId(agency), _invitation)))


def _settings() -> Settings:
    settings = load_settings()
    require(settings, "database_url", "redis_url", "root_keys")
    return settings


def _registration(document: Any) -> Work[Issued]:  # noqa: ANN401 -- judged by the rules of registration
    async def register(settings: Settings, stores: Stores, agency_id: AgencyId) -> Issued:
        clients = administers_clients(settings, stores, discovery_of(settings, Languages.load()))
        return await clients.register(document, agency_id, Order.of_system("cli", datetime.now(UTC)))

    return register


async def _invitation(_: Settings, stores: Stores, agency_id: AgencyId) -> str:
    token, now = random_text(), datetime.now(UTC)
    order = Order.of_system("cli", now)
    async with stores.database.transaction() as tx:
        await add_initial_token(tx, opaque_digest(token), agency_id, order.actor, now + INVITATION)
        await stores.records.write_audit(tx, order.entry("agency.invite", f"agency:{agency_id}"))
    return token


async def _run(settings: Settings, agency_id: AgencyId, work: Work[Done]) -> Done:
    stores = stores_of(settings)
    try:
        async with stores.database, stores.clients.snapshot:
            if agency_id not in stores.clients.value.agencies:
                raise StartRefused(f"there is no agency {agency_id}")
            return await work(settings, stores, agency_id)
    except OAuthError as error:
        raise StartRefused(f"{error.code}: {error.description}") from None
    except GapuraError as error:
        raise StartRefused(f"a store can't be reached ({error})") from None
    finally:
        await stores.cache.close()
        await stores.outbound.aclose()
