"""uvicorn's connection with what it lacks: the head of a request has to come in time and may not be endless.

The middleware sees a request only when its head is complete; who sends it byte by byte, or without an end, is met here.
And a stop cuts nobody off whose request is on its way: they are answered, and told that the connection ends with that.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from asyncio import TimerHandle
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS = 10.0
LINGER_SECONDS = 1.0  # how long an open connection may still begin a request after the order to stop
# Above what the middleware allows for URL and headers, so that it is the one who explains where it can.
MAX_HEAD = 48 * 1024


# With CRLF before it, for the request line begins no header.
_UPGRADE = re.compile(rb"(?<=\r\n)upgrade(?=:)", re.IGNORECASE)


def without_upgrade(data: bytes) -> bytes:
    """The head that begins `data` with its offer of another protocol renamed, which RFC 9110 §7.8 lets a server ignore.

    httptools takes the body for that protocol's, and Java's HTTP client offers h2c with its first request over http.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"x-offer", head) + end + rest


class HttpConnection(HttpToolsProtocol):
    """For `uvicorn.Config(http=HttpConnection)`. A request that comes in one piece costs no timer."""

    _head_timer: TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _stopping = False
    _extensions: Mapping[str, Any] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and (der := tls.getpeercert(binary_form=True)):
            self._extensions = {"tls": {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)]}}
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if (b"pgrade" in data or b"PGRADE" in data) and (self._in_head or self._is_idle()):
            data = without_upgrade(data)
        super().data_received(data)
        if self.transport.is_closing():
            self._stop_timer()
        elif self._in_head or self._is_idle():
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self._refuse(431)
            else:
                self._start_timer()
        else:
            self._stop_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if self._extensions is not None:
            self.scope["extensions"] = dict(self._extensions)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()
        if self._stopping and self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        self._stopping = True
        if self._is_idle():
            self.loop.call_later(LINGER_SECONDS, self._close_idle)
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_idle(self) -> None:
        if self._is_idle() and not self._head_bytes:  # a head that has begun has its own time
            self.transport.close()

    def _start_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self._head_bytes:
            self._refuse(408)
        else:
            self.transport.close()  # it never asked anything (RFC 9110 §15.5.9 lets us be silent)

    def _refuse(self, status: int) -> None:
        self._stop_timer()
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
