"""What the head of a request may be, sent as raw bytes to a real server."""

from __future__ import annotations

import socket
import time

import pytest

from gapura.web import connection
from tests.edge.small_app import HOST, Served, form, read_reply, request, send_raw, serving

LONG = "a" * 9000
REFUSED = {
    "two-hosts-RFC9112-3.2": (b"GET /hello HTTP/1.1\r\nHost: gapura.test\r\nHost: gapura.test\r\n\r\n", 400),
    "two-different-hosts": (b"GET /hello HTTP/1.1\r\nHost: evil.test\r\nHost: gapura.test\r\n\r\n", 400),
    "no-host": (b"GET /hello HTTP/1.1\r\n\r\n", 400),
    "no-host-in-HTTP-1.0": (b"GET /hello HTTP/1.0\r\n\r\n", 400),
    "empty-host": (request("GET", "/hello", host=""), 421),
    "a-host-that-is-not-ours": (request("GET", "/hello", host="evil.test"), 421),
    "ours-with-a-foreign-port": (request("GET", "/hello", host=f"{HOST}:8080"), 421),
    "ours-with-a-dot": (request("GET", "/hello", host=f"{HOST}."), 421),
    "two-authorizations": (request("GET", "/hello", "Authorization: a", "Authorization: b"), 400),
    "two-proofs-RFC9449-4.3": (request("GET", "/hello", "DPoP: a", "DPoP: b"), 400),
    "two-content-types": (
        form("/form", b"a=b", "Content-Type: application/json"),
        400,
    ),
    "two-lengths": (
        b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        400,
    ),
    "length-and-chunked": (
        request("POST", "/form", "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        400,
    ),
    "a-long-url": (request("GET", f"/hello?a={LONG}"), 414),
    "a-long-path": (request("GET", f"/{LONG}"), 414),
    "large-headers": (request("GET", "/hello", *(f"X-{n}: {'b' * 4000}" for n in range(9))), 431),
    "many-headers": (request("GET", "/hello", *(f"X-{n}: b" for n in range(120))), 431),
    "endless-headers": (request("GET", "/hello", *(f"X-{n}: {'b' * 4000}" for n in range(40))), 431),
    "an-unknown-method": (request("PROPFIND", "/hello"), 405),
    "a-method-that-is-none": (request("GRAB", "/hello"), 400),
    "TRACE": (request("TRACE", "/hello"), 405),
    "NUL-in-the-path": (request("GET", "/interaction/%00"), 400),
    "raw-NUL-in-the-path": (request("GET", "/interaction/\x00"), 400),
    "NUL-in-a-header": (request("GET", "/hello", "X-A: a\x00b"), 400),
    "bad-UTF-8-in-the-path": (request("GET", "/interaction/%ff%fe"), 400),
    "a-surrogate-in-the-path": (request("GET", "/interaction/%ed%a0%80"), 400),
    "a-line-break-in-the-path": (request("GET", "/interaction/a%0d%0ab"), 400),
    "not-HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a-body-said-to-be-large": (request("POST", "/form", "Content-Length: 65537"), 413),
    "a-body-said-to-be-immense": (request("POST", "/form", f"Content-Length: {10**18}"), 413),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_head_is_refused(served: Served, sent: bytes, status: int) -> None:
    assert send_raw(served.port, sent).status == status
    assert send_raw(served.port, request("GET", "/hello")).status == 200


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:443"])
def test_our_own_host_is_served(served: Served, host: str) -> None:
    assert send_raw(served.port, request("GET", "/hello", host=host)).status == 200


def test_probes_may_come_by_address_but_with_one_host(served: Served) -> None:
    assert send_raw(served.port, request("GET", "/healthz", host="10.0.0.7:8000")).status == 200
    two = b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
    assert send_raw(served.port, two).status == 400


def test_a_refusal_says_so_with_a_request_id_and_security_headers(served: Served) -> None:
    reply = send_raw(served.port, request("GET", "/hello", host="evil.test"))
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"].encode() in reply.body
    assert reply.headers["connection"] == "close"
    assert b"evil" not in reply.body


def test_a_host_in_the_target_changes_nothing(served: Served) -> None:
    reply = send_raw(served.port, request("GET", "http://evil.test/hello"))
    assert (reply.status, b"evil" in reply.body) == (200, False)


@pytest.mark.parametrize("offer", ["Upgrade: h2c", "upgrade: websocket", "UPGRADE: TLS/1.2"])
def test_an_offer_of_another_protocol_is_passed_over_and_the_body_is_read_rfc9110_7_8(
    served: Served, offer: str
) -> None:
    settings = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAEAAEAAAAIAAAAB")
    reply = send_raw(served.port, form("/form", b"a=Upgrade:h2c&b=2", offer, *settings))
    assert (reply.status, reply.body) == (
        200,
        send_raw(served.port, form("/form", b"a=Upgrade:h2c&b=2")).body,
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.4)


@pytest.mark.usefixtures("hurried")
class TestSlowHeads:
    def test_a_head_that_does_not_end_is_answered_with_408(self) -> None:
        with serving() as served:
            assert send_raw(served.port, b"GET /hello HT").status == 408

    def test_a_head_byte_by_byte_gets_no_more_time_for_each(self) -> None:
        with serving() as served:
            began = time.monotonic()
            reply = send_raw(served.port, b"GET /hello HTTP/1.1\r\n", *[b"X: y\r\n"] * 12, pause=0.1)
            assert reply.status == 408
            assert time.monotonic() - began < 2

    def test_who_asks_nothing_is_let_go(self) -> None:
        with serving() as served:
            assert send_raw(served.port, b"").status == 0

    def test_a_second_request_on_the_connection_has_its_own_time(self) -> None:
        with serving() as served, socket.create_connection(("127.0.0.1", served.port), timeout=5) as one:
            for pause in (0.0, 0.6, 0.6):
                time.sleep(pause)
                one.sendall(request("GET", "/hello"))
                assert read_reply(one).status == 200
            one.sendall(b"GET /hello HT")
            assert read_reply(one).status == 408

    def test_line_breaks_between_requests_do_not_keep_a_connection(self) -> None:
        with serving() as served, socket.create_connection(("127.0.0.1", served.port), timeout=5) as one:
            one.sendall(request("GET", "/hello"))
            assert read_reply(one).status == 200
            one.sendall(b"\r\n")
            assert read_reply(one).status == 408
