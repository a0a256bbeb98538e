"""A client's certificate as a proxy in front hands it on, put where that of our own connection would be (ASGI's `tls` extension).

Only a trusted proxy's word counts: from anybody else the header is what they made up, and is taken off.
"""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from gapura.errors import OAuthError
from gapura.web.client_address import is_trusted_peer

MOST_CHARACTERS = 16 * 1024


class ProxyCertificate:
    """In front of `app`: `header` in lower case, `trusted` as in the setting of the proxies."""

    def __init__(self, app: ASGIApp, header: str, trusted: tuple[str, ...]) -> None:
        self._app = app
        self._header = header.encode()
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            sent = [value for name, value in scope["headers"] if name == self._header]
            if sent:
                scope["headers"] = [pair for pair in scope["headers"] if pair[0] != self._header]
            if is_trusted_peer(scope, self._trusted):
                # The certificate of that connection is the proxy's own, whether or not it hands one on.
                scope["extensions"] = {**scope.get("extensions", {}), "tls": _tls(sent)}
        await self._app(scope, receive, send)


def _tls(sent: list[bytes]) -> Mapping[str, Any]:
    """Raises OAuthError("invalid_request")."""
    chain = [der for der in map(_der, sent) if der]
    if len(chain) > 1:
        raise OAuthError(
            "invalid_request", description="the client's certificate is handed on more than once"
        )
    return {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(der) for der in chain]}


def _der(value: bytes) -> bytes:
    """Of `:base64:` (RFC 9440 §2.1), of PEM with its line breaks escaped (nginx), or of what stands between its marks."""
    if len(value) > MOST_CHARACTERS:
        raise _unreadable()
    text = value.decode("latin-1")
    text = unquote(text) if "%" in text else text.strip().removeprefix(":").removesuffix(":")
    for mark in ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"):
        text = text.replace(mark, "")
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise _unreadable() from None


def _unreadable() -> OAuthError:
    return OAuthError(
        "invalid_request", description="the client's certificate that the proxy hands on cannot be read"
    )
