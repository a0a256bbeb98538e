"""Metrics on a port of their own, one for each process."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import httpx2
import pytest

from gapura import metrics
from gapura.metrics import serve_metrics
from tests.edge.small_app import MARKED, request, send_raw, serving

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


async def scrape(port: int, path: str = "/metrics") -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}")


async def test_requests_are_counted_by_route_and_never_by_address() -> None:
    with serving() as served:
        for target in (f"/interaction/{MARKED}", f"/{MARKED}", f"/query?nik={MARKED}"):
            await asyncio.to_thread(send_raw, served.port, request("GET", target))
        reply = await asyncio.to_thread(send_raw, served.port, request("GET", "/metrics"))
        assert reply.status == 404
    async with serve_metrics("127.0.0.1", free_port(), 1) as port:
        assert port is not None
        answer = await scrape(port)
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'gapura_http_requests_total{method="GET",route="/interaction/{id}",status="200"}' in answer.text
    assert 'route="unmatched",status="404"' in answer.text
    assert MARKED not in answer.text


def free_pair() -> int:
    """The first of two free ports, below those that the system hands out by itself."""
    for first in range(20_000 + os.getpid() % 5_000, 32_000, 2):
        with suppress(OSError), socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", first))
            two.bind(("127.0.0.1", first + 1))
            return first
    raise AssertionError("no two free ports beside one another")


async def test_each_process_takes_the_first_free_port_and_one_too_many_goes_without() -> None:
    first = free_pair()
    async with serve_metrics("127.0.0.1", first, 2) as one, serve_metrics("127.0.0.1", first, 2) as two:
        assert one == first
        assert two == first + 1
        async with serve_metrics("127.0.0.1", first, 2) as three:
            assert three is None
    async with serve_metrics("127.0.0.1", first, 2) as again:
        assert again == first


async def test_zero_turns_it_off() -> None:
    async with serve_metrics("127.0.0.1", 0, 1) as port:
        assert port is None


async def test_only_the_metrics_are_there_and_a_bad_caller_gets_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "HEAD_SECONDS", 0.2)
    async with serve_metrics("127.0.0.1", free_port(), 1) as port:
        assert port is not None
        assert (await scrape(port, "/")).status_code == 404
        for sent in (b"GET /metrics HT", b"x" * 20000):
            assert (await asyncio.to_thread(send_raw, port, sent)).status == 0
        assert (await scrape(port)).status_code == 200
