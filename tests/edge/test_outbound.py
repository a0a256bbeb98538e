"""Calls on a stranger's word reach the outside alone: by a table of addresses, and against real servers."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gapura import outbound
from gapura.outbound import OutboundClient, OutboundFailed, OutboundRefused, trust
from gapura.outbound_addresses import is_public

pytestmark = pytest.mark.anyio

INSIDE = """
127.0.0.1 127.1.2.3 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
100.100.100.200 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0.0.0.0 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2002:7f00:1:: 2002:808:808:: 2001::1 2001:0:7f00:1::1 2001:db8::1
2001:20::1 3fff::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00::1 ff02::1 100::1 5f00::1 4000::1
localhost gapura.test 127.1 0x7f000001 2130706433 017700000001
""".split()  # noqa: SIM905 -- to be read as a table
OUTSIDE = "8.8.8.8 1.1.1.1 103.10.10.10 ::ffff:8.8.8.8 64:ff9b::808:808 2606:4700::1111 2400:cb00::1".split()  # noqa: SIM905 -- a list to read
BAD_URLS = {
    "plain-http": "http://portal.example/jwks",
    "another-scheme": "ftp://portal.example/jwks",
    "a-file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "with-a-user": "https://user:secret@portal.example/",
    "no-host": "https:///jwks",
    "relative": "/jwks",
    "empty": "",
    "a-bad-port": "https://portal.example:99999/",
    "port-0": "https://portal.example:0/",
    "a-line-break": "https://portal.example/\r\nHost: evil",
    "over-2048-characters": "https://portal.example/" + "a" * 3000,
}


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@dataclass
class Names:
    """A resolver that says what it is told, one answer after the other, and then the last again."""

    answers: list[list[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def client(*allow: str, **options: Any) -> AsyncIterator[OutboundClient]:
    made = OutboundClient(allow, **options)
    try:
        yield made
    finally:
        await made.aclose()


@dataclass
class Portal:
    """A real server on loopback that answers each request with the same bytes."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


Answer = Callable[[asyncio.StreamWriter], Any]


@asynccontextmanager
async def portal(answer: bytes | Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Portal]:
    running = Portal()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = [
                line[16:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")
            ]
            running.requests.append(head + await reader.readexactly(int(length[0]) if length else 0))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    running.port = server.sockets[0].getsockname()[1]
    async with server:
        yield running


def ok(body: bytes, *headers: str) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("url", BAD_URLS.values(), ids=BAD_URLS.keys())
async def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    names = Names([["8.8.8.8"]])
    async with client(resolve=names) as calls:
        with pytest.raises(OutboundRefused):
            await calls.get_json(url)
        with pytest.raises(OutboundRefused):
            await calls.post_form(url, {})
    assert names.asked == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"]])
async def test_a_name_with_any_address_inside_is_refused(addresses: list[str]) -> None:
    async with client(resolve=Names([addresses])) as calls:
        with pytest.raises(OutboundRefused):
            await calls.get_json("https://portal.example/jwks")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "127.1"]
)
async def test_loopback_is_refused_in_every_writing(host: str) -> None:
    async with portal(ok(b"{}")) as inside, client() as calls:
        with pytest.raises((OutboundRefused, OutboundFailed)):
            await calls.get_json(f"https://{host}:{inside.port}/")
        assert inside.connections == 0


async def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebinding name says something else the second time; nobody asks it a second time."""
    monkeypatch.setattr(outbound, "is_public", lambda address: address == "127.0.0.2")
    async with portal(ok(b"{}")) as inside:
        names = Names([["127.0.0.2"], ["127.0.0.1"]])
        async with client(resolve=names) as calls:
            with pytest.raises(OutboundFailed, match="Connect"):
                await calls.get_json(f"https://rebind.example:{inside.port}/")
        assert names.asked == [("rebind.example", inside.port)]
        assert inside.connections == 0


async def test_an_allowed_pair_may_be_private_and_plain() -> None:
    async with portal(ok(b'{"keys":[]}')) as inside, client(f"localhost:{inside.port}") as calls:
        assert await calls.get_json(f"http://localhost:{inside.port}/jwks?a=b#c") == {"keys": []}
        head = inside.requests[0].decode()
        assert head.startswith("GET /jwks?a=b HTTP/1.1\r\n")
        assert f"host: localhost:{inside.port}\r\n" in head.lower()
        with pytest.raises(OutboundRefused):
            await calls.get_json(f"http://127.0.0.1:{inside.port}/jwks")
        with pytest.raises(OutboundRefused):
            await calls.get_json(f"http://localhost:{inside.port + 1}/jwks")
        assert inside.connections == 1


async def test_the_next_address_is_tried_when_one_lets_nobody_in() -> None:
    async with portal(ok(b"[1]")) as inside:
        names = Names([["127.0.0.9", "::1", "127.0.0.1"]])
        async with client(f"portal.test:{inside.port}", resolve=names) as calls:
            assert await calls.get_json(f"http://portal.test:{inside.port}/") == [1]


async def test_a_form_is_posted_and_its_status_given() -> None:
    async with (
        portal(b"HTTP/1.1 204 No Content\r\n\r\n") as inside,
        client(f"localhost:{inside.port}") as calls,
    ):
        status = await calls.post_form(f"http://localhost:{inside.port}/logout", {"logout_token": "a.b&c"})
        assert status == 204
        head, _, body = inside.requests[0].partition(b"\r\n\r\n")
        assert b"content-type: application/x-www-form-urlencoded" in head.lower()
        assert body == b"logout_token=a.b%26c"


async def test_the_status_of_a_post_does_not_wait_for_what_is_said_beside() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(5)

    async with portal(endless) as inside, client(f"localhost:{inside.port}", seconds=2) as calls:
        assert await calls.post_form(f"http://localhost:{inside.port}/", {}) == 200


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _silence(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


FAILING: dict[str, bytes | Answer] = {
    "a-redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    "not-found": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
    "too-large": ok(b'"' + b"a" * 70_000 + b'"'),
    "large-by-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 5,
    "packed": ok(gzip.compress(b" " * 10**6), "Content-Encoding: gzip"),
    "not-JSON": ok(b"<html>"),
    "JSON-with-a-name-twice": ok(b'{"a":1,"a":2}'),
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "not-HTTP": b"220 smtp.example ESMTP\r\n",
    "nothing": b"",
    "byte-by-byte": _drip,
    "silence": _silence,
}


@pytest.mark.parametrize("answer", FAILING.values(), ids=FAILING.keys())
async def test_what_is_not_a_small_document_in_time_fails(answer: bytes | Answer) -> None:
    async with portal(answer) as inside, client(f"localhost:{inside.port}", seconds=0.5) as calls:
        began = asyncio.get_running_loop().time()
        with pytest.raises(OutboundFailed) as failed:
            await calls.get_json(f"http://localhost:{inside.port}/")
        assert asyncio.get_running_loop().time() - began < 1.5
        assert inside.connections == 1
        assert "localhost" not in str(failed.value)


async def test_a_slow_resolver_counts_into_the_time() -> None:
    async def slow(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(5)
        return ["8.8.8.8"]

    async with client(resolve=slow, seconds=0.2) as calls:
        with pytest.raises(OutboundFailed, match="too slow"):
            await calls.get_json("https://portal.example/")


async def test_a_name_that_is_unknown_fails() -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    async with client(resolve=unknown) as calls:
        with pytest.raises(OutboundFailed):
            await calls.get_json("https://portal.example/")


async def test_many_who_wait_share_one_fetch_but_not_the_document() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(ok(b'{"keys":[]}'))
        await writer.drain()

    async with portal(slow) as inside, client(f"localhost:{inside.port}") as calls:
        url = f"http://localhost:{inside.port}/"
        gone = asyncio.create_task(calls.get_json(url))
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(calls.get_json(url)) for _ in range(20)]
        await asyncio.sleep(0)
        gone.cancel()
        documents = await asyncio.gather(*waiting)
        documents[0]["keys"].append(1)
        assert documents[1] == {"keys": []}
        assert inside.connections == 1
        await calls.get_json(url)
        assert inside.connections == 2


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with portal(ok(b"{}")) as proxy, portal(ok(b"[]")) as inside:
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with client(f"localhost:{inside.port}") as calls:
            assert await calls.get_json(f"http://localhost:{inside.port}/") == []
        assert proxy.connections == 0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for portal.example and for 127.0.0.5."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal.example")])
    now = datetime.now(UTC)
    names = [x509.DNSName("portal.example"), x509.IPAddress(ip_address("127.0.0.5"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "portal.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_tls(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    return tls


async def test_tls_and_host_keep_the_name_while_the_connection_is_pinned(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda _: True)
    names: list[str | None] = []
    trusting = trust(certificate)
    async with (
        portal(ok(b"[]"), server_tls(certificate, names)) as outside,
        client(resolve=Names([["127.0.0.1"]]), tls=trusting) as calls,
    ):
        assert await calls.get_json(f"https://portal.example:{outside.port}/jwks") == []
        assert names == ["portal.example"]
        assert f"host: portal.example:{outside.port}\r\n".encode() in outside.requests[0].lower()
        with pytest.raises(OutboundFailed):
            await calls.get_json(f"https://other.example:{outside.port}/jwks")


async def test_a_certificate_that_nobody_vouches_for_fails(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda _: True)
    async with portal(ok(b"[]"), server_tls(certificate, [])) as outside:
        async with client(resolve=Names([["127.0.0.1"]])) as calls:
            with pytest.raises(OutboundFailed):
                await calls.get_json(f"https://portal.example:{outside.port}/")
        assert outside.requests == []
