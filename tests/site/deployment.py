"""Gapura as it is deployed: `gapura serve` with N workers and `gapura worker`, on the run's PostgreSQL and Valkey."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psycopg

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.crypto.root_keys import RootKeys
from gapura.registry.importing import ImportOrder, LoadTarget, run_import
from gapura.sandbox import create_demo_accounts
from gapura.settings import Settings
from gapura.storage.database import Database
from gapura.values import Secret
from tests.site.certificates import Identity, trusting
from tests.site.http import connections, new_client

ROOT = Path(__file__).parents[2]
PEOPLE = ROOT / "demo" / "citizens.csv"
READY_SECONDS = 30


@dataclass(slots=True)
class Site:
    """`url` is the issuer; `log` collects what all processes say; `program` is the module that serves.

    `tls` is the certificate by which it serves https, None where it serves http.
    """

    url: str
    database_url: str
    redis_url: str
    settings: Settings
    log: Path
    home: Path
    environment: dict[str, str]
    program: str = "gapura"
    tls: Identity | None = None
    serving: subprocess.Popen[bytes] | None = None
    working: subprocess.Popen[bytes] | None = None
    _extra: dict[str, str] = field(default_factory=dict)

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description is not None else []

    def workers(self) -> list[int]:
        """The process ids that answer requests."""
        assert self.serving is not None
        children = Path(f"/proc/{self.serving.pid}/task/{self.serving.pid}/children").read_text().split()
        return [int(child) for child in children] or [self.serving.pid]

    def start(self) -> None:
        self.serving = self._spawn(self.program, "serve")
        self.wait_until_ready()

    def start_worker(self) -> None:
        self.working = self._spawn("gapura", "worker")

    def stop(self) -> None:
        for process in (self.serving, self.working):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        self.serving = self.working = None

    def wait_until_ready(self) -> None:
        deadline, probe = time.monotonic() + READY_SECONDS, new_client()
        while time.monotonic() < deadline:
            if self.serving is not None and self.serving.poll() is not None:
                break
            try:
                if probe.get(f"{self.url}/readyz", timeout=1).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"Gapura does not start: {self.log.read_text()[-3000:]}")

    def _spawn(self, program: str, command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", program, command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@contextmanager
def run_site(
    database_url: str,
    redis_url: str,
    root_keys: Secret,
    home: Path,
    *,
    workers: int = 1,
    people: Callable[[Settings], None] | None = None,
    program: str = "gapura",
    tls: Identity | None = None,
    **settings: str,
) -> Iterator[Site]:
    """A sandbox served by `workers` processes; `settings` are further GAPURA_ variables.

    `people` fills it before it starts; without it the demo's people are there, and no agency. With `tls` it serves https,
    and the connections of browsers and clients made meanwhile trust its certificate.
    """
    port = free_port()
    url = f"{'http' if tls is None else 'https'}://localhost:{port}"
    chosen = {
        "GAPURA_MODE": "sandbox",
        "GAPURA_ISSUER": url,
        "GAPURA_PORT": str(port),
        "GAPURA_WORKERS": str(workers),
        "GAPURA_METRICS_PORT": "0",
        "GAPURA_HOME": str(home),
        "GAPURA_ROOT_KEYS": root_keys.reveal(),
        "GAPURA_ARGON2_MEMORY_KIB": "1024",  # what a hash costs is not what these tests are about
        "GAPURA_ARGON2_TIME_COST": "1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        **(_served_by(tls) if tls is not None else {}),
        **settings,
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GAPURA_")} | chosen
    loaded = Settings(
        mode="sandbox", issuer=url, database_url=database_url, redis_url=redis_url, root_keys=root_keys,
        argon2_memory_kib=1024, argon2_time_cost=1, home=home,
    )  # fmt: skip
    (people or bring_people)(loaded)
    site = Site(url, database_url, redis_url, loaded, home / "site.log", home, environment, program, tls)
    with ExitStack() as stack:
        stack.callback(site.stop)
        stack.enter_context(connections(trusting(tls) if tls is not None else None))
        site.start()
        site.start_worker()
        yield site


def _served_by(tls: Identity) -> dict[str, str]:
    return {"GAPURA_TLS_CERTIFICATE": str(tls.certificate), "GAPURA_TLS_KEY": str(tls.key)}


def bring_people(settings: Settings) -> None:
    """The demo's registry and accounts, brought in as an operator would."""
    vault = Vault(RootKeys.parse(settings.root_keys.reveal()))
    target = LoadTarget(settings.database_url, settings.root_keys, settings.sandbox)
    run_import(ImportOrder(PEOPLE, workers=1), target, vault, lambda: datetime.now(UTC), lambda _: None)
    asyncio.run(_open_accounts(settings, vault))


async def _open_accounts(settings: Settings, vault: Vault) -> None:
    passwords = Passwords(settings.argon2_memory_kib, settings.argon2_time_cost, 1, threads=2, queue=64)
    async with Database(settings.database_url, size=2) as database:
        await create_demo_accounts(settings, database, vault, passwords, PEOPLE, datetime.now(UTC))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
