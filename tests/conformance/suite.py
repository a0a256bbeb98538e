"""The suite's own side: documents that clients register by their addresses, over https by a certificate of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.site import Identity


@dataclass(slots=True)
class Suite:
    """`documents` by path, `asked` the paths that were fetched, `posted` what was posted to which."""

    url: str
    documents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, text: str, path: str) -> str:
        """The address of a document that stands there from now on."""
        self.documents[path] = text.encode()
        return self.url + path


@contextmanager
def served(identity: Identity) -> Iterator[Suite]:
    kept = Suite("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked.append(self.path)
            body = kept.documents.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header(
                "Content-Type", "application/json" if self.path.endswith(".json") else "application/jwt"
            )
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
