"""Calls to addresses that a client registered: its keys, its sector document, its logout endpoint.

Whoever may register an address must not make us reach into our own network. The name is resolved here, each address
that it has must be public, and the connection goes to one of those very addresses while TLS and `Host` keep the name:
a second resolution, where a rebinding name could say something else, does not exist. No redirects, no proxies of the
environment, no cookies, no compression, 64 KiB and 3 s in all.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2

from gapura.crypto.strict_json import BadJson, load_value
from gapura.errors import GapuraError
from gapura.outbound_addresses import is_public

SECONDS = 3.0
MAX_BODY = 64 * 1024
MAX_URL = 2048
MAX_ADDRESSES = 4
PORTS = range(1, 65536)
AT_ONCE = 32
DEFAULT_PORTS = {"http": 80, "https": 443}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
HEADERS = {"User-Agent": "Gapura", "Accept-Encoding": "identity", "Connection": "close"}

T = TypeVar("T")
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Numeric addresses of a host name, in the order to try them; raises OSError."""


@dataclass(eq=False)
class OutboundRefused(GapuraError):
    """We won't call this address."""

    status: int = 502


@dataclass(eq=False)
class OutboundFailed(GapuraError):
    """The other side did not answer in time, or not with what was asked for."""

    status: int = 502


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called, as numbers, with the name that it has to answer to."""

    url: httpx2.URL
    addresses: tuple[str, ...]


async def resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def trust(authorities: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a PEM file. Raises OSError when the file can't be read or holds none."""
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


class OutboundClient:
    """`allow` lists host:port pairs that may be private and plain http: a sandbox's own portals, exactly as written."""

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._allow = frozenset(map(str.lower, allow))
        self._resolve = resolve
        self._seconds = seconds
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[tuple[str, str], asyncio.Task[bytes]] = {}
        # Each call has a connection of its own: a pool would know it by address, and TLS vouches for a name.
        self._transport = httpx2.AsyncHTTPTransport(
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            limits=httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=0),
        )

    async def get_json(self, url: str) -> Any:  # noqa: ANN401 -- whatever the other side answers
        """As `get`, for JSON. Raises OutboundFailed for what is none too."""
        try:
            return load_value(await self.get(url, "application/json"), MAX_BODY)
        except BadJson as error:
            raise OutboundFailed("outbound_failed", str(error)) from None

    async def get(self, url: str, accept: str) -> bytes:
        """The document at `url`, of the media types `accept`; who asks while it is fetched shares the answer.

        Raises OutboundRefused for an address that must not be called, OutboundFailed for all that isn't 200.
        """
        asked = url, accept
        task = self._under_way.get(asked)
        if task is None:
            task = asyncio.create_task(self._get(url, accept))
            self._under_way[asked] = task
            task.add_done_callback(lambda _: self._under_way.pop(asked, None))
        return await asyncio.shield(task)  # one caller that gives up must not end it for the others

    async def post_form(self, url: str, data: Mapping[str, str]) -> int:
        """The status with which `url` answered; what it says beside is not read.

        Raises OutboundRefused and OutboundFailed.
        """
        return await self._call(Call("POST", {"Content-Type": FORM}, urlencode(data).encode()), url, _status)

    async def post_json(self, url: str, content: Mapping[str, str], bearer: str) -> int:
        """As `post_form`, for JSON under a bearer token."""
        headers = {"Content-Type": JSON, "Authorization": f"Bearer {bearer}"}
        return await self._call(Call("POST", headers, json.dumps(content).encode()), url, _status)

    async def aclose(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await self._transport.aclose()

    async def _get(self, url: str, accept: str) -> bytes:
        return await self._call(Call("GET", {"Accept": accept}), url, _document)

    async def _call(self, call: Call, url: str, take: Callable[[httpx2.Response], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._seconds), self._turns:
                return await self._send(call, await self._target(url), take)
        except TimeoutError:
            raise OutboundFailed("outbound_failed", "too slow") from None
        except (httpx2.HTTPError, httpx2.StreamError, ssl.SSLError, OSError) as error:
            raise OutboundFailed("outbound_failed", type(error).__name__) from None

    async def _target(self, text: str) -> Target:
        """Judge an address. Raises OutboundRefused."""
        url = _parsed(text)
        port = _port(url)
        if _host_port(url) in self._allow:
            return Target(url, tuple(await self._resolve(url.host, port))[:MAX_ADDRESSES])
        if url.scheme != "https":
            raise OutboundRefused("outbound_refused", "not https")
        addresses = await self._resolve(url.host, port)
        # One private address among public ones is no accident of a public service.
        if not all(map(is_public, addresses)):
            raise OutboundRefused("outbound_refused", "an address that is not public")
        return Target(url, tuple(addresses[:MAX_ADDRESSES]))

    async def _send(self, call: Call, target: Target, take: Callable[[httpx2.Response], Awaitable[T]]) -> T:
        """Try the addresses in turn until one lets us connect."""
        failed: Exception = OutboundFailed("outbound_failed", "no address")
        for address in target.addresses:
            request = httpx2.Request(
                call.method,
                target.url.copy_with(host=address, fragment=None),
                headers={**HEADERS, **call.headers, "Host": target.url.netloc.decode()},
                content=call.body,
                extensions={"sni_hostname": target.url.raw_host.decode(), "timeout": self._timeout},
            )
            try:
                response = await self._transport.handle_async_request(request)
            except httpx2.ConnectError as error:
                failed = error
                continue
            try:
                return await take(response)
            finally:
                await response.aclose()
        raise failed


def _parsed(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, UnicodeError):
        raise OutboundRefused("outbound_refused", "not a URL") from None
    if len(text) > MAX_URL or url.scheme not in DEFAULT_PORTS or not url.host or url.userinfo:
        raise OutboundRefused("outbound_refused", "not a plain address")
    if url.port is not None and url.port not in PORTS:
        raise OutboundRefused("outbound_refused", "no port")
    return url


async def _status(response: httpx2.Response) -> int:
    return response.status_code


async def _document(response: httpx2.Response) -> bytes:
    """At most 64 KiB, of which none is decoded: a small answer can't unfold into a large one."""
    if response.status_code != httpx2.codes.OK:
        raise OutboundFailed("outbound_failed", f"status {response.status_code}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OutboundFailed("outbound_failed", "encoded")
    parts = bytearray()
    async for part in response.aiter_raw():
        parts += part
        if len(parts) > MAX_BODY:
            raise OutboundFailed("outbound_failed", "too large")
    return bytes(parts)


def _host_port(url: httpx2.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{_port(url)}"


def _port(url: httpx2.URL) -> int:
    return url.port or DEFAULT_PORTS[url.scheme]
