"""`gapura demo`: everything on one machine, with invented people and two agency portals, until Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import typer

from gapura.cli.db import upgrade_to_head
from gapura.cli.demo_content import Invitation, fill
from gapura.cli.programs import (
    CONTENT,
    SERVE,
    WORKER,
    Program,
    end_by_interrupt,
    refuse_taken_ports,
    run_program,
    run_stores,
    until_ready,
    watch,
)
from gapura.embedded.root_key_file import kept_root_keys
from gapura.errors import StartRefused
from gapura.settings import Settings, load_settings

PORTALS = {"tax": 1, "insurance": 2}

app = typer.Typer()


@app.callback(invoke_without_command=True)
def demo() -> None:
    """Start Gapura in sandbox mode on its own PostgreSQL and Valkey, with two agency portals beside it."""
    if not (CONTENT / "citizens.csv").exists():
        raise StartRefused("the demo's people and portals are missing: run it from a checkout")
    end_by_interrupt()
    given = load_settings()
    ports = (given.port, *(given.port + place for place in PORTALS.values()))
    try:
        with run_stores(given) as (database_url, redis_url), ExitStack() as running:
            refuse_taken_ports(ports, "set GAPURA_PORT to the first of three free ones")
            settings = _settings(given, database_url, redis_url)
            upgrade_to_head(settings.database_url)
            invitation = asyncio.run(fill(settings, CONTENT, datetime.now(UTC)))
            children = [running.enter_context(run_program(one, settings)) for one in _programs(settings)]
            until_ready(
                (f"http://localhost:{port}{'/readyz' * (port == ports[0])}" for port in ports), children
            )
            typer.echo(_welcome(settings, invitation))
            watch(children)
    except KeyboardInterrupt:
        typer.echo("stopped")


def _settings(given: Settings, database_url: str, redis_url: str) -> Settings:
    """Sandbox, on loopback, and allowed to call the two portals back."""
    origin = f"http://localhost:{given.port}"
    portals = tuple(f"localhost:{given.port + place}" for place in PORTALS.values())
    return given.model_copy(
        update={
            "mode": "sandbox",
            "issuer": origin,
            "database_url": database_url,
            "redis_url": redis_url,
            "root_keys": kept_root_keys(given.home),
            "outbound_allow": portals,
        }
    )


def _programs(settings: Settings) -> Iterator[Program]:
    yield SERVE
    yield WORKER
    for name, place in PORTALS.items():
        where = (
            "--issuer",
            settings.issuer,
            "--port",
            str(settings.port + place),
            "--home",
            str(settings.home),
        )
        yield Program(f"portal-{name}", ("demo.portal", name, *where))


def _welcome(settings: Settings, invitation: Invitation) -> str:
    lines = [
        "",
        f"  Gapura           {settings.issuer}",
        f"  Pajak Kita       http://localhost:{settings.port + 1}   (a tax portal)",
        f"  Jaminan Sehat    http://localhost:{settings.port + 2}   (a social-insurance portal)",
        f"  Administration   {settings.issuer}/admin",
        "",
        "  Sign in as Budi Santoso   3171011785900001   (no second factor)",
        "          or Siti Rahmawati 3171015790920002   (TOTP secret JBSWY3DPEHPK3PXP)",
        "  Password of everybody     Gerbang-Terbuka-1945",
    ]
    if invitation.link is not None:
        lines += [
            "",
            f"  Become the administrator `{invitation.operator}`, within an hour:",
            f"  {invitation.link.reveal()}",
        ]
    return "\n".join([*lines, "", f"  Ctrl-C stops it all. Data and logs are kept in {settings.home}.", ""])
