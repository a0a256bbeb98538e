"""The connections of a test's browsers and clients, closed with the site that they talk to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

_open: list[httpx2.Client] = []
_trusted: list[ssl.SSLContext] = []


def new_client(**given: object) -> httpx2.Client:
    if _trusted:
        given.setdefault("verify", _trusted[-1])
    client = httpx2.Client(timeout=20, **given)  # type: ignore[arg-type]
    _open.append(client)
    return client


@contextmanager
def connections(tls: ssl.SSLContext | None) -> Iterator[None]:
    """All that is opened meanwhile trusts what `tls` trusts, and is closed at the end."""
    if tls is not None:
        _trusted.append(tls)
    try:
        yield
    finally:
        if tls is not None:
            _trusted.remove(tls)
        while _open:
            _open.pop().close()
