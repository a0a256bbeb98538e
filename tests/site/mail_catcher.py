"""A relay on loopback that takes all mail and keeps it (RFC 5321 as far as a client of ours speaks it)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer

SECONDS = 20.0


class MailCatcher(ThreadingTCPServer):
    """`refuses` is the answer to a recipient, where it is not 250."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Speaks)
        self.letters: list[tuple[str, EmailMessage]] = []
        self.refuses: str | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def letter_to(self, recipient: str, seconds: float = SECONDS) -> EmailMessage:
        """The newest; waits for one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for to, letter in reversed(self.letters):
                if to == recipient:
                    found: EmailMessage = letter
                    return found
            time.sleep(0.05)
        raise AssertionError(f"no letter came to {recipient}")


class _Speaks(StreamRequestHandler):
    server: MailCatcher

    def handle(self) -> None:
        self._say("220 catcher")
        recipient = ""
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                letter = message_from_bytes(b"".join(iter(self._line, b".\r\n")), policy=default)
                assert isinstance(letter, EmailMessage)
                self.server.letters.append((recipient, letter))
            elif verb == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                if self.server.refuses is not None:
                    self._say(self.server.refuses)
                    continue
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _line(self) -> bytes:
        line = self.rfile.readline()
        return line[1:] if line.startswith(b"..") else line

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def catch_mail() -> Iterator[MailCatcher]:
    with MailCatcher() as catcher:
        thread = threading.Thread(target=catcher.serve_forever, daemon=True)
        thread.start()
        try:
            yield catcher
        finally:
            catcher.shutdown()
            thread.join()
