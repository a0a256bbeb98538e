"""What docs/running.md says of a start: what is missing is named, and what can be done without is done without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from gapura.values import Secret
from tests.site.deployment import free_port

NOBODY_HOME = "localhost:1"
SECONDS = 20


class Started:
    """One of our commands, what it says, and where it serves."""

    def __init__(self, command: str, environment: dict[str, str]) -> None:
        self.port = environment["GAPURA_PORT"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gapura", command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def last_words(self) -> str:
        return self.process.communicate(timeout=SECONDS)[0]

    def readiness(self) -> httpx2.Response:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return httpx2.get(f"http://localhost:{self.port}/readyz", timeout=5)
            except httpx2.HTTPError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)


@pytest.fixture
def environment(database_url: str, redis_url: str, root_keys: Secret, tmp_path: Path) -> dict[str, str]:
    port = str(free_port())
    return {name: value for name, value in os.environ.items() if not name.startswith("GAPURA_")} | {
        "GAPURA_MODE": "sandbox",
        "GAPURA_ISSUER": f"http://localhost:{port}",
        "GAPURA_PORT": port,
        "GAPURA_METRICS_PORT": "0",
        "GAPURA_HOME": str(tmp_path),
        "GAPURA_ROOT_KEYS": root_keys.reveal(),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }


@contextmanager
def started(command: str, environment: dict[str, str]) -> Iterator[Started]:
    running = Started(command, environment)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.communicate(timeout=SECONDS)


def test_a_root_key_that_is_missing_is_named(environment: dict[str, str], root_keys: Secret) -> None:
    with started("serve", environment) as first:
        assert first.readiness().status_code == 200
    environment["GAPURA_ROOT_KEYS"] = root_keys.reveal().partition(",")[0]
    for command in ("serve", "worker"):
        with started(command, environment) as second:
            assert "root key 2 is missing" in second.last_words()
            assert second.process.returncode != 0


def test_without_valkey_a_server_starts_and_says_that_it_is_degraded(environment: dict[str, str]) -> None:
    with started("serve", {**environment, "REDIS_URL": f"redis://{NOBODY_HOME}"}) as server:
        answer = server.readiness()
        assert (answer.status_code, answer.json()) == (200, {"status": "degraded", "away": ["cache"]})


def test_without_postgresql_a_server_ends_and_a_worker_waits(environment: dict[str, str]) -> None:
    away = {**environment, "DATABASE_URL": f"postgresql://{NOBODY_HOME}/gapura"}
    with started("worker", away) as worker, started("serve", away) as server:
        assert '"start_refused"' in server.last_words()
        assert server.process.returncode != 0
        assert worker.process.poll() is None
