"""`gapura serve`: workers on one socket that come back, drain, and never outlive their parent."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapura.cli.serve import listen
from gapura.errors import StartRefused

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[str]
    port: int

    def get(self, wait: float = 0, headers: Mapping[str, str] | None = None) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/?{wait}", headers=dict(headers or {})
        )  # our own http address
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert "server" not in answer.headers
            return str(answer.read().decode())

    def worker(self) -> int:
        return int(self.get().split()[0])


@contextlib.contextmanager
def running(**settings: object) -> Iterator[Running]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "DATABASE_URL": "postgresql://unused",
        "REDIS_URL": "redis://unused",
        "GAPURA_ROOT_KEYS": "1:a2V5",
        "GAPURA_MODE": "sandbox",
        "GAPURA_PORT": "0",
        **{f"GAPURA_{name.upper()}": str(value) for name, value in settings.items()},
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.foundation.small_app"],
        env=environment,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        port = re.search(r"port\W+(\d+)", process.stdout.readline())
        assert port, process.communicate(timeout=10)
        yield Running(process, int(port[1]))
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.stdout.close()
        process.wait()


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """A zombie, which nobody has waited for yet, is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_running_requests_end_and_is_no_failure(workers: int, number: signal.Signals) -> None:
    answers: list[str] = []
    with running(workers=workers) as server:
        server.get()
        slow = threading.Thread(target=lambda: answers.append(server.get(1)))
        slow.start()
        time.sleep(0.3)
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
        slow.join()
    assert len(answers) == 1


def cut_off(server: Running) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        server.get(30)


def test_a_stop_does_not_wait_longer_than_the_setting_says() -> None:
    with running(workers=2, stop_seconds=1) as server:
        hanging = threading.Thread(target=cut_off, args=[server])
        hanging.start()
        time.sleep(0.3)
        began = time.monotonic()
        server.process.terminate()
        server.process.wait(10)
        assert time.monotonic() - began < 5
        hanging.join()


def test_a_killed_worker_is_replaced_while_the_others_serve() -> None:
    with running(workers=2) as server:
        eventually(lambda: len(children(server.process.pid)) == 2)
        before = children(server.process.pid)
        for killed in before:
            server.worker()
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: len(children(server.process.pid)) == 2)
        eventually(lambda: server.worker() not in before)
        assert not children(server.process.pid) & before


def test_no_worker_outlives_a_killed_parent() -> None:
    with running(workers=3) as server:
        server.get()
        eventually(lambda: len(children(server.process.pid)) == 3)
        workers = children(server.process.pid)
        server.process.kill()
        eventually(lambda: not any(map(alive, workers)))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_application_that_cannot_start_ends_the_command_in_failure(workers: int) -> None:
    with running(workers=workers, log_level="debug") as server:
        assert server.process.wait(10) not in {0, None}


def test_forwarded_headers_are_not_believed_here() -> None:
    with running() as server:
        answer = server.get(headers={"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"})
        assert answer.split()[1:] == ["127.0.0.1", "http"]


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartRefused, match=f"cannot listen on 127.0.0.1:{port}: ") as refused:
            listen("127.0.0.1", port)
    assert "\n" not in str(refused.value)
