"""The servers that are measured: each is started here with the same clients, person and session, and stopped again."""

from __future__ import annotations

import base64
import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2
import psycopg

from bench.cost import Stores, tree
from gapura.cli.db import upgrade_to_head
from gapura.embedded import Engines, run_engines
from gapura.settings import Settings
from gapura.values import Secret
from tests.conformance.key_party import new_key
from tests.conformance.pushing_party import PushingParty
from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI
from tests.site.deployment import PEOPLE, bring_people, free_port

PEERS = Path(__file__).parent / "peers"
READY_SECONDS = 60
OFFLINE = "openid profile offline_access"


@dataclass(frozen=True, slots=True)
class Credentials:
    id: str
    secret: str

    @property
    def basic(self) -> str:
        pair = f"{quote(self.id, safe='')}:{quote(self.secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs, and what its clients know of it.

    `replay` is the client whose tokens may die, `strong` one of the profile FAPI 2.0 where the server has that.
    """

    name: str
    url: str
    pids: tuple[int, ...]
    database: str
    paths: dict[str, str]
    client: Credentials
    replay: Credentials
    service: Credentials
    cookie: str
    redirect_uri: str
    people: tuple[str, ...] = ()
    strong: PushingParty | None = None

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    @property
    def authority(self) -> str:
        return urlsplit(self.url).netloc


class Missing(Exception):
    """A peer that can't run here; the text is one line."""


@contextmanager
def run_stores(home: Path) -> Iterator[Stores]:
    """PostgreSQL and Valkey on fresh data, durable as in production, with statements counted."""
    for name in ("postgres", "valkey"):
        shutil.rmtree(home / name, ignore_errors=True)
    with run_engines(home) as engines, psycopg.connect(engines.database_url, autocommit=True) as connection:
        connection.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
    with run_engines(home) as engines:
        with psycopg.connect(engines.database_url, autocommit=True) as connection:
            connection.execute("create extension pg_stat_statements")
        stores = _stores_of(engines)
        try:
            yield stores
        finally:
            stores.close()


def _stores_of(engines: Engines) -> Stores:
    return Stores(
        engines.database_url, engines.redis_url, engines.postgres.process.pid, engines.valkey.process.pid
    )


@contextmanager
def run_gapura(stores: Stores, home: Path) -> Iterator[Target]:
    """One worker, as deployed; the password costs what it costs in production."""
    upgrade_to_head(stores.database_url)
    keys, port = f"1:{base64.b64encode(os.urandom(32)).decode()}", free_port()
    url = f"http://localhost:{port}"
    settings = Settings(
        mode="sandbox", issuer=url, database_url=stores.database_url, redis_url=stores.redis_url,
        root_keys=Secret(keys),
    )  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GAPURA_")} | {
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "GAPURA_MODE": "sandbox",
        "GAPURA_ISSUER": url,
        "GAPURA_PORT": str(port),
        "GAPURA_METRICS_PORT": "0",
        "GAPURA_ROOT_KEYS": keys,
    }
    bring_people(settings)
    site = Site(url, stores.database_url, stores.redis_url, settings, home / "gapura.log", home, environment)
    with ExitStack() as stack:
        stack.callback(site.stop)
        site.start()
        parties = [RelyingParty.register(url) for _ in range(2)]
        browser, people = Browser(url), one_factor_people()
        for party in parties:
            _agree(browser, party.authorize_url(OFFLINE, prompt="consent"))
        strong = PushingParty.fapi2(url)
        strong.signs = True
        _agree(browser, strong.visit(strong.pushed(scope=OFFLINE, prompt="consent")))
        for nik in people:
            _agree(Browser(url), parties[0].authorize_url(OFFLINE, prompt="consent"), nik)
        client, replay = (Credentials(*party.auth) for party in parties)
        yield Target(
            "Gapura", url, tuple(site.workers()), "gapura", GAPURA_PATHS, client, replay, client,
            "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies.jar),
            parties[0].registration["redirect_uris"][0], people, strong,
        )  # fmt: skip


GAPURA_PATHS = {
    "discovery": "/.well-known/openid-configuration",
    "jwks": "/jwks",
    "authorize": "/authorize",
    "push": "/par",
    "token": "/token",
    "userinfo": "/userinfo",
    "introspect": "/introspect",
}


def one_factor_people() -> tuple[str, ...]:
    """Of the demo's adults those who have a password alone: every third has a second factor too."""
    with PEOPLE.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return tuple(
        row["nik"]
        for place, row in enumerate(rows)
        if place % 3 != 1 and row["status"] == "ACTIVE" and row["relation"] in {"HEAD", "WIFE"}
    )


def _agree(browser: Browser, address: str, nik: str = BUDI) -> None:
    browser.open(address)
    if browser.step == "sign_in":
        browser.sign_in(nik)
    browser.agree("birthdate", "gender")
    browser.answer()


@contextmanager
def run_node(stores: Stores, home: Path) -> Iterator[Target]:
    """Raises Missing without node and npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"oidc-provider: no {program} here")
    folder = _copied("node", home)
    _install(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, "oidc-provider")
    valkey = unquote(urlsplit(stores.redis_url).path)
    key = new_key()
    variables = {"VALKEY_SOCKET": valkey, "STRONG_KEY": json.dumps(key.as_dict(private=False))}
    with _started("oidc-provider", ["node", "server.mjs"], folder, **variables) as target:
        told = {"client_id": "strong", "redirect_uris": [target.redirect_uri]}
        yield replace(target, strong=PushingParty(target.url, told, key=key))


@contextmanager
def run_django(stores: Stores, home: Path) -> Iterator[Target]:
    """In a virtual environment of its own. Raises Missing where that can't be made."""
    folder = _copied("django", home)
    python = folder / "venv/bin/python"
    if not python.exists():
        _install([sys.executable, "-m", "venv", "venv"], folder, "django-oauth-toolkit")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes"]
    _install([*pip, "-r", "requirements.txt"], folder, "django-oauth-toolkit")
    command = [str(python), "server.py"]
    with _started("django-oauth-toolkit", command, folder, DATABASE_URL=stores.database_url) as target:
        yield target


RUNNERS: dict[str, Callable[[Stores, Path], Any]] = {
    "gapura": run_gapura,
    "node": run_node,
    "django": run_django,
}


def _copied(name: str, home: Path) -> Path:
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in (PEERS / name).iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    return folder


def _install(command: Sequence[str], folder: Path, name: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Missing(f"{name}: cannot be installed here: {last}")


@contextmanager
def _started(name: str, command: Sequence[str], folder: Path, **variables: str) -> Iterator[Target]:
    environment = os.environ | variables | {"PORT": str(free_port()), "NODE_ENV": "production"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Missing(f"{name}: did not start (see {folder / 'log'})")
        yield _target(name, json.loads(line), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _target(name: str, told: dict[str, Any], pid: int) -> Target:
    _wait(told["url"] + told["paths"]["jwks"])
    client, replay = (Credentials(**one) for one in told["clients"])
    service = Credentials(**told["service"]) if "service" in told else client
    return Target(
        name, told["url"], tuple(tree(pid)), "bench_django", told["paths"], client, replay, service,
        told["cookie"], told["redirect_uri"],
    )  # fmt: skip


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx2.get(url, timeout=5).is_success:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise Missing(f"{url} does not answer")
