"""Addresses that hostile clients register as `request_uris`, opened by anybody's browser, all of them slow (RFC 9101 §10.4)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest

from gapura.outbound import AT_ONCE
from gapura.values import Secret
from tests.conformance.key_party import KeyParty, new_key
from tests.site import RelyingParty, Site, run_site
from tests.site.http import new_client

PER_CLIENT = 20
SLOW = 2.9  # seconds


class Far(ThreadingHTTPServer):
    """Keys at once, and everything else only after a while; `waiting` counts what has come for that."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, keys: object) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.keys = json.dumps(keys).encode()
        self.waiting = threading.Semaphore(0)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Far

    def do_GET(self) -> None:
        if not self.path.startswith("/keys"):
            self.server.waiting.release()
            time.sleep(SLOW)
        self.send_response(200)
        self.send_header("content-length", str(len(self.server.keys)))
        self.end_headers()
        self.wfile.write(self.server.keys)

    def log_message(self, *_: object) -> None:
        pass


KEY = new_key()


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    far = Far({"keys": [KEY.as_dict(private=False)]})
    threading.Thread(target=far.serve_forever, daemon=True).start()
    yield far
    far.shutdown()
    far.server_close()


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
    far: Far,
) -> Iterator[Site]:
    """One worker, so that all calls share its turns."""
    home = tmp_path_factory.mktemp("site")
    with run_site(
        module_database_url, module_redis_url, root_keys, home, GAPURA_OUTBOUND_ALLOW=far.address
    ) as running:
        yield running


def opened(site: Site, client_id: str, request_uri: str) -> None:
    sent = urlencode({"client_id": client_id, "request_uri": request_uri})
    new_client().get(f"{site.url}/authorize?{sent}", timeout=10)


def test_an_address_that_nobody_registered_is_never_opened(site: Site, far: Far) -> None:
    uri = f"http://{far.address}/object"
    client_id = RelyingParty.register(site.url, request_uris=[uri]).client_id
    for near in (f"{uri}?", f"{uri}/", uri.upper(), f"{uri}#a", f" {uri}"):
        opened(site, client_id, near)
    assert not far.waiting.acquire(blocking=False)


def test_slow_references_hold_up_nobodys_keys(site: Site, far: Far) -> None:
    by_reference = RelyingParty.register(
        site.url, token_endpoint_auth_method="private_key_jwt", jwks_uri=f"http://{far.address}/keys"
    )
    party = KeyParty(site.url, by_reference.registration)
    party.key = KEY
    slow = []
    for number in range(2):
        uris = [f"http://{far.address}/{number}/{n}" for n in range(PER_CLIENT)]
        client_id = RelyingParty.register(site.url, request_uris=uris).client_id
        slow += [(client_id, uri) for uri in uris]
    with ThreadPoolExecutor(len(slow)) as crowd:
        crowd.map(lambda one: opened(site, *one), slow)
        for _ in range(AT_ONCE):
            assert far.waiting.acquire(timeout=5)
        begun = time.monotonic()
        answer = party.token(grant_type="client_credentials")
        assert answer.status_code == 200, answer.text
        assert time.monotonic() - begun < SLOW / 2
