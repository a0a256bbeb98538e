"""The suite's own side: documents that clients register by their addresses, over https by a certificate of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.site import Identity

CALLBACK, AFTER_LOGOUT = "/test/a/gapura/callback", "/test/a/gapura/post_logout_redirect"


@dataclass(slots=True)
class Suite:
    """`documents` by path, of which the two where a browser ends are pages; `asked` the paths that were fetched, `posted` what was posted to which."""

    url: str
    documents: dict[str, bytes] = field(
        default_factory=lambda: dict.fromkeys((CALLBACK, AFTER_LOGOUT), b"<!doctype html><title>.</title>")
    )
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, text: str, path: str) -> str:
        """The address of a document that stands there from now on."""
        self.documents[path] = text.encode()
        return self.url + path


def _type_of(path: str, body: bytes) -> str:
    if body.startswith(b"<"):
        return "text/html"
    return "application/json" if path.endswith(".json") else "application/jwt"


@contextmanager
def served(identity: Identity) -> Iterator[Suite]:
    kept = Suite("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked.append(self.path)
            path = urlsplit(self.path).path
            body = kept.documents.get(path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", _type_of(path, body or b""))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept.posted.append((self.path, body))
            self.send_response(200)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    kept.url = f"https://localhost:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield kept
    server.shutdown()
    serving.join()
    server.server_close()
