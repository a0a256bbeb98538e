"""The load: a process of its own that sends prepared requests, so many at a time, and keeps what came back."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import perf_counter
from typing import cast

import httptools
import uvloop

IN_FLIGHT = 32
ANSWER_SECONDS = 30
DRIVE_SECONDS = 300
_KEPT = re.compile(r"@(\w+)@")


class LoadFailed(Exception):
    """An answer that was not the expected one: then nothing that was measured counts."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `@name@` stands for what an earlier answer of its chain let be kept.

    `keep` names what is kept of the answer: a pattern whose first group is it, looked for in head and body.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    want: int = 200
    keep: Mapping[str, str] = field(default_factory=dict)


Chain = tuple[Call, ...]
"""Requests that follow one another, each when the one before was answered."""


@dataclass(slots=True)
class Answer:
    status: int = 0
    head: list[str] = field(default_factory=list)
    body: bytes = b""

    @property
    def text(self) -> str:
        return "\r\n".join(self.head) + "\r\n\r\n" + self.body.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Driven:
    """Of each chain what it kept and its last answer's body; how long all of it and each chain took, in seconds."""

    kept: list[dict[str, str]]
    bodies: list[bytes]
    seconds: float
    latencies: list[float]


class Load:
    """The process, seen from the one that measures."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def drive(self, port: int, chains: Sequence[Chain], in_flight: int = IN_FLIGHT) -> Driven:
        """Raises LoadFailed at the first answer with another status than wanted."""
        self._pipe.send((port, list(chains), in_flight))
        if not self._pipe.poll(DRIVE_SECONDS):
            raise LoadFailed("the load did not end in time")
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise LoadFailed(answer)
        assert isinstance(answer, Driven)
        return answer


@contextmanager
def run_load() -> Iterator[Load]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Load(ours)
    finally:
        ours.close()
        process.join(5)
        if process.is_alive():
            process.kill()


def _serve(pipe: Connection) -> None:
    while True:
        try:
            port, chains, in_flight = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            pipe.send(uvloop.run(_drive(port, chains, in_flight)))
        except (LoadFailed, OSError) as error:
            pipe.send(f"{type(error).__name__}: {error}")


async def _drive(port: int, chains: list[Chain], in_flight: int) -> Driven:
    driven = Driven([{} for _ in chains], [b""] * len(chains), 0.0, [0.0] * len(chains))
    numbers = iter(range(len(chains)))
    began = perf_counter()

    async def lane() -> None:
        connection = await _Connection.open(port)
        try:
            for number in numbers:
                started = perf_counter()
                answer = await _walk(connection, chains[number], driven.kept[number])
                driven.bodies[number] = answer.body
                driven.latencies[number] = perf_counter() - started
        finally:
            connection.close()

    async with asyncio.timeout(DRIVE_SECONDS):
        lanes = [asyncio.ensure_future(lane()) for _ in range(min(in_flight, len(chains)))]
        try:
            await asyncio.gather(*lanes)
        finally:
            for one in lanes:
                one.cancel()
    return Driven(driven.kept, driven.bodies, perf_counter() - began, driven.latencies)


async def _walk(connection: _Connection, chain: Chain, kept: dict[str, str]) -> Answer:
    answer = Answer()
    for call in chain:
        answer = await connection.ask(_raw(call, connection.host, kept))
        if answer.status != call.want:
            said = answer.text[:600]
            raise LoadFailed(f"{call.method} {call.target[:80]}: {answer.status}, not {call.want}\n{said}")
        for name, pattern in call.keep.items():
            found = re.search(pattern, answer.text)
            if found is None:
                raise LoadFailed(f"{call.method} {call.target[:80]}: no {name} in {answer.text[:2000]}")
            kept[name] = found[1]
    return answer


def _raw(call: Call, host: str, kept: Mapping[str, str]) -> bytes:
    def fill(text: str) -> str:
        return _KEPT.sub(lambda found: kept[found[1]], text)

    body = fill(call.body).encode()
    lines = [f"{call.method} {fill(call.target)} HTTP/1.1", f"host: {host}"]
    lines += [f"{name}: {fill(value)}" for name, value in call.headers.items()]
    if call.method == "POST":
        lines += ["content-type: application/x-www-form-urlencoded", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """A kept-alive connection with one request at a time."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._waiting: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> _Connection:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(lambda: cls(f"localhost:{port}"), "127.0.0.1", port)
        return protocol

    async def ask(self, raw: bytes) -> Answer:
        if self._transport is None:
            raise LoadFailed("the server closed the connection")
        self._waiting = asyncio.get_running_loop().create_future()
        self._answer, self._parser = Answer(), httptools.HttpResponseParser(self)
        self._transport.write(raw)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LoadFailed(f"the server closed the connection: {exc}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.head.append(f"{name.decode().lower()}: {value.decode()}")

    def on_body(self, body: bytes) -> None:
        self._answer.body += body

    def on_message_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._answer)
