"""A client's back-channel logout endpoint on loopback, which at times doesn't take a token the first time."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import orjson

REFUSES_EVERY = 3


class Receiver(ThreadingHTTPServer):
    """`heard` counts by `jti` how often a logout token came, `taken` are those it answered with 200, `told` all their claims."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hears)
        self.heard: Counter[str] = Counter()
        self.taken: set[str] = set()
        self.told: list[dict[str, str]] = []
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def uri(self) -> str:
        return f"http://{self.address}/backchannel-logout"

    def hear(self, claims: dict[str, str]) -> int:
        jti = claims["jti"]
        with self._lock:
            self.told.append(claims)
            self.heard[jti] += 1
            if len(self.heard) % REFUSES_EVERY == 0 and self.heard[jti] == 1:
                return 503
            self.taken.add(jti)
            return 200


class _Hears(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.send_response(self.server.hear(claims_of(parse_qs(body)["logout_token"][0])))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def claims_of(token: str) -> dict[str, str]:
    """What a JWT says, unproven."""
    payload = token.split(".")[1]
    read: dict[str, str] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


@contextmanager
def listening() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()
