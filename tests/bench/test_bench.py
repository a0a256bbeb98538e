"""The benchmark's own parts: what its load sends and keeps, how it counts, and when it says that something is missed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bench.cost import cpu_of, memory_of, spent, tree
from bench.load import Call, LoadFailed, run_load
from bench.measure import Measured, Round
from bench.scenarios import SCENARIOS
from bench.strong import push, userinfo
from bench.table import failures, table
from bench.targets import GAPURA_PATHS, Credentials, Target
from tests.conformance.dpop_party import token_hash
from tests.conformance.pushing_party import PushingParty

ROOT = Path(__file__).parents[2]
NOBODY = Credentials("", "")


class Echo(BaseHTTPRequestHandler):
    """Answers 303 with a code to GET, and what was posted to POST."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(303)
        self.send_header(
            "location", f"https://rp.example/callback?code=c-{self.path.rpartition('=')[2]}&state=s"
        )
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200 if self.headers["authorization"] else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_chain_carries_what_it_kept_into_its_next_request(port: int) -> None:
    begin = [
        Call("GET", f"/authorize?n={n}", want=303, keep={"code": r"[?&]code=([^&\s]+)"}) for n in range(40)
    ]
    redeem = Call("POST", "/token", {"authorization": "Basic x"}, "code=@code@")
    with run_load() as load:
        driven = load.drive(port, [(one, redeem) for one in begin], in_flight=8)
    assert driven.bodies == [f"code=c-{n}".encode() for n in range(40)]
    assert len(driven.latencies) == 40


def test_an_answer_that_was_not_wanted_ends_the_run(port: int) -> None:
    with run_load() as load, pytest.raises(LoadFailed, match="401, not 200"):
        load.drive(port, [(Call("POST", "/token", body="code=x"),)])


def test_the_time_and_memory_of_a_process_and_its_children_are_counted() -> None:
    before = cpu_of(tree(os.getpid()))
    busy = "sum(range(3_000_000)); print('done', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        pids = tree(os.getpid())
        assert child.pid in pids
        assert spent(before, cpu_of(pids)) > 10_000
        assert memory_of([child.pid]) > 1
        child.communicate(b"\n")


def test_counts_and_slow_endpoints_are_told_as_missed() -> None:
    scenario = next(one for one in SCENARIOS if one.name == "userinfo")
    ours, theirs = (Round(cpu, 1, 1, 1, 1, 1, 1) for cpu in (500.0, 400.0))
    measured = Measured({"gapura": [ours], "node": [theirs]}, lone=(scenario.statements + 1, 0))
    told = failures([scenario], {"userinfo": measured})
    assert len(told) == 3
    assert "0.80 (0.80–0.80)" in table([scenario], {"userinfo": measured}, {})


def test_what_a_strong_client_sends_is_signed_each_time_anew_and_sent_once() -> None:
    party = PushingParty(
        "http://localhost:1", {"client_id": "strong", "redirect_uris": ["https://rp.example/callback"]}
    )
    target = Target("", party.issuer, (), "", GAPURA_PATHS, NOBODY, NOBODY, NOBODY, "", "", strong=party)
    pushes = [dict(parse_qsl(push(target).body)) for _ in range(2)]
    tokens = [userinfo(target, {"access_token": text}).headers for text in "ab"]
    texts = [form[name] for form in pushes for name in ("client_assertion", "request")]
    proofs = [claims_of(headers["dpop"]) for headers in tokens]
    assert len({claims["jti"] for claims in [*map(claims_of, texts), *proofs]}) == 6
    assert [claims["ath"] for claims in proofs] == [token_hash("a"), token_hash("b")]
    assert all(claims_of(form["request"])["dpop_jkt"] == party.jkt for form in pushes)


def claims_of(text: str) -> dict[str, Any]:
    part = text.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_the_peers_packages_are_pinned_by_hash_and_name_no_host() -> None:
    lock = (ROOT / "bench/peers/node/package-lock.json").read_text()
    pinned = (ROOT / "bench/peers/django/requirements.txt").read_text()
    assert "integrity" in lock
    assert "resolved" not in lock
    assert "--hash=sha256:" in pinned
    assert "://" not in pinned
