"""A client's notification endpoint on loopback (CIBA §10.2)."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.site.certificates import Identity

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ping:
    path: str
    content_type: str
    authorization: str
    content: dict[str, object]


@dataclass(slots=True)
class Script:
    """What is answered, one after the other, the last for good; `location` goes with a redirect."""

    statuses: list[int] = field(default_factory=lambda: [204])
    body: bytes = b""
    location: str | None = None


class PingReceiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, identity: Identity | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Hears)
        self._scheme = "http" if identity is None else "https"
        if identity is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(identity.certificate, identity.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.pings: list[Ping] = []
        self.script = Script()

    @property
    def address(self) -> str:
        return f"localhost:{self.server_port}"

    @property
    def uri(self) -> str:
        return f"{self._scheme}://{self.address}/ciba-notification-endpoint"

    def pings_of(self, auth_req_id: str) -> list[Ping]:
        return [ping for ping in self.pings if ping.content.get("auth_req_id") == auth_req_id]

    def ping_of(self, auth_req_id: str, seconds: float = SECONDS) -> Ping:
        """The first; waits for it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.pings_of(auth_req_id):
                return found[0]
            time.sleep(0.05)
        raise AssertionError("no ping came")


class _Hears(BaseHTTPRequestHandler):
    server: PingReceiver

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content_type, authorization = (
            self.headers.get(name, "") for name in ("content-type", "authorization")
        )
        self.server.pings.append(Ping(self.path, content_type, authorization, content))
        script = self.server.script
        self.send_response(script.statuses[0] if len(script.statuses) == 1 else script.statuses.pop(0))
        if script.location is not None:
            self.send_header("location", script.location)
        self.send_header("content-length", str(len(script.body)))
        self.end_headers()
        self.wfile.write(script.body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receive_pings(identity: Identity | None = None) -> Iterator[PingReceiver]:
    """Over https where it has a certificate."""
    with PingReceiver(identity) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()
