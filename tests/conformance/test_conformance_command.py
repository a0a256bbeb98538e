"""`gapura conformance`: one command serves all that the Foundation's suite needs, and keys rotate while it runs."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gapura.cli.conformance import JWKS_MAX_AGE
from tests.site import Identity

CHECKOUT = Path(__file__).parents[2]
STOP_SECONDS = 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conformance")


@pytest.fixture(scope="module")
def running(home: Path, server_identity: Identity) -> Iterator[httpx2.Client]:
    """A client of it; Ctrl-C ends it with 0."""
    port, pem = two_free_ports(), str(server_identity.certificate)
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("GAPURA_", "DATABASE_", "REDIS_"))
    }
    ours = {"GAPURA_PORT": str(port), "GAPURA_HOME": str(home), "GAPURA_METRICS_PORT": "0"}
    options = (
        "--certificate",
        pem,
        "--key",
        str(server_identity.key),
        "--suite",
        "localhost:1",
        "--suite-ca",
        pem,
    )
    with subprocess.Popen(
        [sys.executable, "-m", "gapura", "conformance", *options],
        env={**environment, **ours, "PYTHONPATH": os.pathsep.join((str(CHECKOUT / "src"), str(CHECKOUT)))},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = next((line for line in process.stdout if "Ctrl-C" in line), None)
            assert said is not None
            trusting = ssl.create_default_context(cafile=pem)
            with httpx2.Client(base_url=f"https://localhost:{port}", verify=trusting, timeout=20) as client:
                yield client
        finally:
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(STOP_SECONDS) == 0


def test_what_the_suite_needs_is_there(running: httpx2.Client) -> None:
    metadata: dict[str, Any] = running.get("/.well-known/openid-configuration").json()
    assert metadata["issuer"] == str(running.base_url).rstrip("/")
    assert metadata["mtls_endpoint_aliases"]["token_endpoint"].startswith("https://localhost:")
    document = {"redirect_uris": ["https://localhost:1/test/a/x/callback"], "client_name": "Suite"}
    registered = running.post("/register", json=document).json()
    form = {"response_type": "code", "scope": "openid", "nik": "3171011785900001", "decision": "allow"}
    own = (registered["client_id"], registered["client_secret"])
    signed_in = running.post("/sandbox/sign-in", data=form, auth=own)
    assert "code=" in signed_in.headers["location"], "without PKCE, as the basic plan"
    approval = running.post("/sandbox/approve", params={"auth_req_id": "x", "action": "allow"})
    assert approval.status_code < 500


def test_a_key_rotates_while_a_module_waits(running: httpx2.Client, home: Path) -> None:
    before = kids(running)
    command = f". {home}/environment && exec {sys.executable} -m gapura keys rotate --alg RS256"
    deadline = time.monotonic() + 4 * JWKS_MAX_AGE + 10
    while kids(running) == before:
        assert time.monotonic() < deadline
        subprocess.run(["/bin/sh", "-c", command], cwd=CHECKOUT, check=False, capture_output=True)
        time.sleep(1)


def kids(client: httpx2.Client) -> set[str]:
    return {key["kid"] for key in client.get("/jwks").json()["keys"]}


def two_free_ports() -> int:
    """The first of two neighbours that are free."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
