"""The connections of a test's browsers and clients, closed with the site that they talk to."""

from __future__ import annotations

import httpx2

_open: list[httpx2.Client] = []


def new_client(**given: object) -> httpx2.Client:
    client = httpx2.Client(timeout=20, **given)  # type: ignore[arg-type]
    _open.append(client)
    return client


def close_clients() -> None:
    while _open:
        _open.pop().close()
