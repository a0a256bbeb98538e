"""Connections held in the hand: which worker has one is known, and many are asked in the same moment."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import httpx2
import orjson

from tests.site import Site

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = orjson.loads(self.body)
        return read


class Cut(Exception):
    """The connection ended without an answer."""


class Line:
    """One connection, kept alive from answer to answer."""

    def __init__(self, url: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", httpx2.URL(url).port), SECONDS)
        self.port: int = self._socket.getsockname()[1]

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Cut(type(error).__name__) from None

    def read(self, method: str = "POST") -> Answer:
        response = HTTPResponse(self._socket, method=method)
        try:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        except (OSError, HTTPException) as error:
            raise Cut(type(error).__name__) from None
        finally:
            response.close()

    def ask(self, request: httpx2.Request) -> Answer:
        self.send(on_the_wire(request))
        return self.read(request.method)

    def close(self) -> None:
        self._socket.close()


def on_the_wire(request: httpx2.Request) -> bytes:
    head = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
    head += [f"{name.decode()}: {value.decode()}" for name, value in request.headers.raw]
    return "\r\n".join([*head, "", ""]).encode() + request.read()


def volley(url: str, requests: Sequence[httpx2.Request]) -> list[Answer]:
    """Ask all at once: each worker has read its requests up to their last byte before any is complete."""
    lines = [Line(url) for _ in requests]
    texts = [on_the_wire(request) for request in requests]
    for line, text in zip(lines, texts, strict=True):
        line.send(text[:-1])
    time.sleep(0.1)
    for line, text in zip(lines, texts, strict=True):
        line.send(text[-1:])
    answers = [line.read(request.method) for line, request in zip(lines, requests, strict=True)]
    for line in lines:
        line.close()
    return answers


@contextmanager
def line_to_each_worker(site: Site) -> Iterator[dict[int, Line]]:
    """One connection to every worker, by its process id."""
    wanted, opened, found = set(site.workers()), list[Line](), dict[int, Line]()
    try:
        for _ in range(400):
            line = Line(site.url)
            opened.append(line)
            worker = _holder(site, line)
            if worker is not None:
                found.setdefault(worker, line)
            if found.keys() == wanted:
                break
        assert found.keys() == wanted, f"reached {len(found)} of {len(wanted)} workers"
        yield found
    finally:
        for line in opened:
            line.close()


def _holder(site: Site, line: Line) -> int | None:
    """The worker that has accepted `line`."""
    server = httpx2.URL(site.url).port
    for _ in range(20):
        inode = _inode(server or 0, line.port)
        for worker in site.workers() if inode else ():
            if f"socket:[{inode}]" in _sockets(worker):
                return worker
        time.sleep(0.005)
    return None


def _inode(local: int, remote: int) -> str | None:
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = row.split()
        if (int(fields[1][9:], 16), int(fields[2][9:], 16)) == (local, remote) and fields[9] != "0":
            return fields[9]
    return None


def _sockets(process: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    return found
