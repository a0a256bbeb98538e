"""`gapura demo`: everything on one machine, with invented people and two agency portals, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import typer

from gapura.cli.db import upgrade_to_head
from gapura.cli.demo_content import Invitation, fill
from gapura.embedded import run_engines
from gapura.embedded.process import tied_to_parent
from gapura.embedded.root_key_file import kept_root_keys
from gapura.errors import StartRefused
from gapura.settings import Settings, environment_for, load_settings

CHECKOUT = Path(__file__).resolve().parents[3]
PORTALS = {"tax": 1, "insurance": 2}
READY_SECONDS = 30

app = typer.Typer()


@app.callback(invoke_without_command=True)
def demo() -> None:
    """Start Gapura in sandbox mode on its own PostgreSQL and Valkey, with two agency portals beside it."""
    if not (CHECKOUT / "demo" / "citizens.csv").exists():
        raise StartRefused("the demo's people and portals are missing: run it from a checkout")
    for number in (signal.SIGINT, signal.SIGTERM):  # both end the `with` blocks, in order
        signal.signal(number, signal.default_int_handler)
    given = load_settings()
    try:
        with _stores(given) as (database_url, redis_url), ExitStack() as running:
            _refuse_taken_ports(given.port)
            settings = _settings(given, database_url, redis_url)
            upgrade_to_head(settings.database_url)
            invitation = asyncio.run(fill(settings, CHECKOUT / "demo", datetime.now(UTC)))
            children = [running.enter_context(_child(one, settings)) for one in _programs(settings)]
            _until_ready(settings, children)
            typer.echo(_welcome(settings, invitation))
            _watch(children)
    except KeyboardInterrupt:
        typer.echo("stopped")


@contextmanager
def _stores(given: Settings) -> Iterator[tuple[str, str]]:
    """The servers of DATABASE_URL and REDIS_URL where both are given, else PostgreSQL and Valkey of our own."""
    if given.database_url and given.redis_url:
        given.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield given.database_url, given.redis_url
        return
    with run_engines(given.home) as engines:
        yield engines.database_url, engines.redis_url


def _refuse_taken_ports(first: int) -> None:
    """Before anything is filled or welcomed: a part that finds its port taken tells only its log."""
    for port in (first, *(first + place for place in PORTALS.values())):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StartRefused(
                    f"port {port} is in use; set GAPURA_PORT to the first of three free ones"
                ) from error


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


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """A running program; `log` is where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raises StartRefused once it has ended."""
        if self.process.poll() is not None:
            raise StartRefused(f"a part of the demo has stopped; {self.log} says why")


def _programs(settings: Settings) -> Iterator[Program]:
    yield Program("serve", ("gapura", "serve"))
    yield Program("worker", ("gapura", "worker"))
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


@contextmanager
def _child(program: Program, settings: Settings) -> Iterator[Child]:
    """A program that stops before its stores do, and with us even when we are killed."""
    log = settings.home / "logs" / f"{program.name}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*tied_to_parent(signal.SIGTERM), sys.executable, "-m", *program.command],
            env={**environment_for(settings), "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Child(process, log)
    finally:
        process.terminate()
        process.wait()


def _until_ready(settings: Settings, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for place in (0, *PORTALS.values()):
        address = f"http://localhost:{settings.port + place}{'/readyz' if place == 0 else '/'}"
        while not _answers(address):
            for child in children:
                child.check()
            if time.monotonic() > deadline:
                raise StartRefused(f"{address} does not answer; {children[0].log.parent} says why")
            time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310 -- our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 -- OK
    except (URLError, OSError):
        return False


def _watch(children: list[Child]) -> None:
    while True:
        for child in children:
            child.check()
        time.sleep(0.5)


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
