"""`gapura serve`: HTTP, by one process per core."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog
import typer
import uvicorn
from starlette.types import ASGIApp

from gapura import logs
from gapura.cli.workers import run_workers
from gapura.errors import StartRefused
from gapura.settings import SettingRefused, Settings, check_production, load_settings, variable
from gapura.web.connection import HttpConnection
from gapura.web.tls import (
    HANDSHAKE_SECONDS,
    REGISTERED_CERTIFICATES,
    Registered,
    mutual_context,
    server_context,
)

BACKLOG = 2048
# Longer than a proxy keeps its side, so that it is never the proxy who writes into a closed one.
KEEP_ALIVE_SECONDS = 75

CreateApp = Callable[[Settings], ASGIApp]

app = typer.Typer()
log = structlog.get_logger("gapura.serve")


@app.callback(invoke_without_command=True)
def serve() -> None:
    """Serve citizens, agencies and administrators over HTTP until SIGTERM or Ctrl-C, then drain and stop."""
    settings = load_settings()
    from gapura.app import create_app

    run_server(settings, create_app)


def run_server(settings: Settings, create_app: CreateApp) -> None:
    """Listen, and serve by `settings.workers` processes on that one socket until told to stop.

    Raises StartRefused where a setting, the address or the application forbids the start.
    """
    check_production(settings)
    logs.configure(settings.log_level)
    for port in ports(settings):  # refused here, in one line, and not by each worker
        port.tls(tuple)
    with ExitStack() as stack:
        listeners = [stack.enter_context(listen(settings.host, port.number)) for port in ports(settings)]
        for listener in listeners:
            number = listener.getsockname()[1]
            log.info("listening", host=settings.host, port=number, workers=settings.workers)
        run_workers(settings.workers, settings.stop_seconds, serve_on, listeners, settings, create_app)


@dataclass(frozen=True, slots=True)
class Port:
    """`tls` gives None where http is served, and raises SettingRefused for files that can't be used."""

    number: int
    tls: Callable[[Registered], ssl.SSLContext | None]


def ports(settings: Settings) -> tuple[Port, ...]:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None:
        return (Port(settings.port, lambda _: None),)

    def plain(_: Registered) -> ssl.SSLContext:
        with _refusing("tls_certificate", "and its key cannot be used"):
            return server_context(certificate, key)

    def mutual(registered: Registered) -> ssl.SSLContext:
        with _refusing("client_authorities", "cannot be used"):
            return mutual_context(certificate, key, settings.client_authorities, registered)

    first = Port(settings.port, plain)
    return (first,) if settings.mtls_port is None else (first, Port(settings.mtls_port, mutual))


@contextmanager
def _refusing(setting: str, reason: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise SettingRefused(variable(setting), f"{reason}: {error}") from None


def listen(host: str, port: int) -> socket.socket:
    """One socket for all workers: what waits in its queue survives a worker's death, and another one answers it."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartRefused(f"cannot listen on {host}:{port}: {error.strerror}") from error


def serve_on(listeners: Sequence[socket.socket], settings: Settings, create_app: CreateApp) -> None:
    """Serve as one worker until SIGTERM or SIGINT."""
    logs.configure(settings.log_level)  # a spawned worker inherits nothing
    server: Server | None = None

    def stop(*_: object) -> None:
        # uvicorn puts this back when it has drained and raises the signal again: an end as asked for is no failure.
        if server is None or not server.started:
            raise SystemExit(0)  # nothing was accepted yet

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http=HttpConnection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whose word to take about an address is the edge's decision
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
        backlog=BACKLOG,
    )
    server = Server(config, tuple(zip(listeners, ports(settings), strict=True)))
    server.run(sockets=list(listeners))


class Server(uvicorn.Server):
    """uvicorn's, with a time limit for handshakes; after its start the collector leaves alone what lives as long as the process."""

    def __init__(self, config: uvicorn.Config, doors: Sequence[tuple[socket.socket, Port]]) -> None:
        super().__init__(config)
        self._doors = doors

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 -- they are ours
        await super().startup(sockets=[])
        registered = self.lifespan.state.get(REGISTERED_CERTIFICATES, tuple)
        self.servers += [await self._accept(listener, port.tls(registered)) for listener, port in self._doors]
        gc.collect()
        gc.freeze()

    async def _accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            self._connection,
            sock=listener,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else HANDSHAKE_SECONDS,
            backlog=BACKLOG,
        )

    def _connection(self) -> HttpConnection:
        return HttpConnection(self.config, self.server_state, self.lifespan.state)
