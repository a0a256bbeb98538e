"""Programs that run together on one machine until one of them stops: for the demo and for conformance tests."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from gapura.embedded import run_engines
from gapura.embedded.process import tied_to_parent
from gapura.errors import StartRefused
from gapura.settings import Settings, environment_for

CHECKOUT = Path(__file__).resolve().parents[3]
CONTENT = CHECKOUT / "demo"
READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: tuple[str, ...]


SERVE = Program("serve", ("gapura", "serve"))
WORKER = Program("worker", ("gapura", "worker"))


@dataclass(frozen=True, slots=True)
class Child:
    """A running program; `log` is where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raises StartRefused once it has ended."""
        if self.process.poll() is not None:
            raise StartRefused(f"a part has stopped; {self.log} says why")


def end_by_interrupt() -> None:
    """Both signals end the `with` blocks, in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@contextmanager
def run_stores(given: Settings) -> Iterator[tuple[str, str]]:
    """The servers of DATABASE_URL and REDIS_URL where both are given, else PostgreSQL and Valkey of our own."""
    if given.database_url and given.redis_url:
        given.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield given.database_url, given.redis_url
        return
    with run_engines(given.home) as engines:
        yield engines.database_url, engines.redis_url


def refuse_taken_ports(ports: Iterable[int], advice: str) -> None:
    """Before anything is filled or welcomed: a part that finds its port taken tells only its log."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StartRefused(f"port {port} is in use; {advice}") from error


@contextmanager
def run_program(program: Program, settings: Settings) -> Iterator[Child]:
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


def until_ready(addresses: Iterable[str], children: list[Child]) -> None:
    """Raises StartRefused when an address doesn't answer in time, or a part has stopped."""
    deadline = time.monotonic() + READY_SECONDS
    for address in addresses:
        while not _answers(address):
            for child in children:
                child.check()
            if time.monotonic() > deadline:
                raise StartRefused(f"{address} does not answer; {children[0].log.parent} says why")
            time.sleep(0.05)


def watch(children: list[Child]) -> None:
    """Raises StartRefused once one of them has ended."""
    while True:
        for child in children:
            child.check()
        time.sleep(0.5)


def _answers(address: str) -> bool:
    ours = ssl.create_default_context()
    ours.check_hostname, ours.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # our own loopback address, under any certificate
    try:
        with urlopen(address, timeout=2, context=ours) as answer:  # noqa: S310 -- our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 -- OK
    except (URLError, OSError):
        return False
