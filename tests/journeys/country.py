"""Gapura with the demo's two agencies, each with its portal as a process of its own: all that a citizen can reach."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from gapura.cli.demo_content import Invitation, fill
from gapura.settings import Settings
from gapura.values import Secret
from tests.site import RelyingParty, Site, run_site
from tests.site.deployment import free_port

CHECKOUT = Path(__file__).parents[2]
AGENCIES = ("tax", "insurance")
READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Country:
    """`portals` are the origins of the agencies' portals; `invitation` enrols the first operator."""

    site: Site
    portals: Mapping[str, str]
    invitation: Invitation

    def client_of(self, agency: str) -> RelyingParty:
        """The portal's own client, as whoever runs the portal can speak for it."""
        registration = json.loads((self.site.home / "portals" / f"{agency}.json").read_text())
        return RelyingParty(self.site.url, registration)


@contextmanager
def run_country(
    database_url: str, redis_url: str, root_keys: Secret, home: Path, *, workers: int = 1
) -> Iterator[Country]:
    ports = {agency: free_port() for agency in AGENCIES}
    invitations: list[Invitation] = []

    def people(settings: Settings) -> None:
        invitations.append(asyncio.run(fill(settings, CHECKOUT / "demo", datetime.now(UTC))))

    allowed = ",".join(f"localhost:{port}" for port in ports.values())
    with (
        run_site(
            database_url, redis_url, root_keys, home,
            workers=workers, people=people, GAPURA_OUTBOUND_ALLOW=allowed,
        ) as site,
        ExitStack() as running,
    ):  # fmt: skip
        for agency, port in ports.items():
            running.enter_context(_portal(agency, port, site))
        portals = {agency: f"http://localhost:{port}" for agency, port in ports.items()}
        for agency, origin in portals.items():
            _wait_until_registered(agency, origin, site)
        yield Country(site, portals, invitations[0])


@contextmanager
def _portal(agency: str, port: int, site: Site) -> Iterator[None]:
    told = ["--issuer", site.url, "--port", str(port), "--home", str(site.home)]
    with site.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.portal", agency, *told],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_registered(agency: str, origin: str, site: Site) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{origin}/healthz", timeout=2).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the portal {agency} does not register: {site.log.read_text()[-3000:]}")
