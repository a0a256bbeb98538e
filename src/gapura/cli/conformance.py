"""`gapura conformance`: a sandbox as the OpenID Foundation's suite needs it, until Ctrl-C. See docs/conformance.md."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from gapura.cli.db import upgrade_to_head
from gapura.cli.demo_content import fill
from gapura.cli.programs import (
    CONTENT,
    SERVE,
    WORKER,
    end_by_interrupt,
    refuse_taken_ports,
    run_program,
    run_stores,
    until_ready,
    watch,
)
from gapura.embedded.root_key_file import kept_root_keys
from gapura.errors import StartRefused
from gapura.settings import PREFIX, Settings, environment_for, load_settings

OURS = (PREFIX, "DATABASE_URL", "REDIS_URL")
JWKS_MAX_AGE = 5  # seconds: the suite rotates keys while a module waits

app = typer.Typer()


@app.callback(invoke_without_command=True)
def conformance(
    certificate: Annotated[Path, typer.Option(help="Certificate to serve https by (PEM).")],
    key: Annotated[Path, typer.Option(help="Its private key (PEM).")],
    suite: Annotated[str, typer.Option(help="host:port of the suite, which may be on loopback.")],
    suite_ca: Annotated[Path, typer.Option(help="Certificate or authority (PEM) that the suite serves by.")],
    client_ca: Annotated[
        Path | None, typer.Option(help="Authority (PEM) of its clients' certificates, for the mTLS variants.")
    ] = None,
) -> None:
    """Serve https on GAPURA_PORT, mutual TLS on the next port, with synthetic people and open registration."""
    if not (CONTENT / "citizens.csv").exists():
        raise StartRefused("the synthetic people are missing: run it from a checkout")
    end_by_interrupt()
    given = load_settings()
    try:
        with run_stores(given) as (database_url, redis_url), ExitStack() as running:
            refuse_taken_ports((given.port, given.port + 1), "set GAPURA_PORT to the first of two free ones")
            settings = given.model_copy(
                update={
                    "mode": "sandbox",
                    "issuer": f"https://localhost:{given.port}",
                    "database_url": database_url,
                    "redis_url": redis_url,
                    "root_keys": kept_root_keys(given.home),
                    "tls_certificate": certificate.resolve(),
                    "tls_key": key.resolve(),
                    "mtls_port": given.port + 1,
                    "client_authorities": client_ca.resolve() if client_ca is not None else None,
                    "outbound_allow": (suite,),
                    "outbound_ca": suite_ca.resolve(),
                    "pkce_required": "public",  # the plans of OpenID Connect send none
                    "jwks_max_age": JWKS_MAX_AGE,
                }
            )
            upgrade_to_head(settings.database_url)
            asyncio.run(fill(settings, CONTENT, datetime.now(UTC)))
            children = [running.enter_context(run_program(one, settings)) for one in (SERVE, WORKER)]
            until_ready([f"{settings.issuer}/readyz"], children)
            typer.echo(_said(settings, _write_environment(settings)))
            watch(children)
    except KeyboardInterrupt:
        typer.echo("stopped")


def _write_environment(settings: Settings) -> Path:
    """What `gapura` commands beside it need, for a shell to read; it holds the root keys."""
    path = settings.home / "environment"
    ours = {name: value for name, value in environment_for(settings).items() if name.startswith(OURS)}
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={quote(value)}\n" for name, value in ours.items()))
    return path


def _said(settings: Settings, environment: Path) -> str:
    approval = f"{settings.issuer}/sandbox/approve?auth_req_id={{auth_req_id}}&action={{action}}"
    lines = {
        "discoveryUrl": f"{settings.issuer}/.well-known/openid-configuration",
        "resourceUrl with mTLS": f"https://localhost:{settings.mtls_port}/userinfo",
        "automated_ciba_approval_url": approval,
        "sign in as": "3171011785900001 / Gerbang-Terbuka-1945 (no second factor)",
        "rotate a key": f". {environment} && gapura keys rotate --alg RS256",
    }
    told = "\n".join(f"  {name:<28} {value}" for name, value in lines.items())
    return f"\n{told}\n\n  Ctrl-C stops it all. Data and logs are kept in {settings.home}.\n"
