"""Bodies, forms, queries and JSON, sent as raw bytes to a real server."""

from __future__ import annotations

import gzip
import json
import socket
import time
from dataclasses import replace

import pytest

from gapura.web import areas
from tests.edge.small_app import Served, form, request, send_raw, serving

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
BAD_PARAMETERS = {
    "repeated-RFC6749-3.1": b"scope=a&scope=b",
    "repeated-and-empty": b"scope=&scope=b",
    "repeated-in-another-writing": b"scope=a&%73cope=b",
    "NUL": b"scope=a%00b",
    "raw-NUL": b"scope=a\x00b",
    "bad-UTF-8": b"scope=%ff%fe",
    "raw-bad-UTF-8": b"scope=\xff",
    "overlong-UTF-8": b"scope=%c0%af",
    "a-lone-surrogate": b"scope=%ed%a0%80",
    "a-lone-surrogate-in-the-name": b"sc%ed%bf%bfpe=a",
    "bad-percent-encoding": b"scope=%zz",
    "cut-percent-encoding": b"scope=%4",
    "too-many": b"&".join(b"p%d=1" % n for n in range(200)),
    "a-long-name": b"n" * 200 + b"=1",
}
GOOD_PARAMETERS = {
    "plain": (b"a=1&b=2", {"a": ["1"], "b": ["2"]}),
    "blanks": (b"scope=openid+profile%20email", {"scope": ["openid profile email"]}),
    "empty-is-left-out-RFC6749-3.1": (b"a=&b=2&c", {"b": ["2"]}),
    "resource-RFC8707-2": (b"resource=x&resource=y", {"resource": ["x", "y"]}),
    "UTF-8": (b"name=%E4%BD%A0%E5%A5%BD", {"name": ["你好"]}),
    "an-equals-sign": (b"a=b=c==", {"a": ["b=c=="]}),
    "a-semicolon": (b"a=1;b=2", {"a": ["1;b=2"]}),
    "nothing": (b"&&", {}),
}
BAD_JSON = {
    "not-JSON": b"{",
    "a-name-twice": b'{"a":1,"a":2}',
    "deep": b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
    "NaN": b'{"a":NaN}',
    "an-array": b"[]",
    "NUL": b'{"a":"\\u0000"}',
    "a-lone-surrogate": b'{"a":"\\ud800"}',
    "bad-UTF-8": b'{"a":"\xff"}',
    "two-documents": b"{}{}",
}


@pytest.mark.parametrize("encoded", BAD_PARAMETERS.values(), ids=BAD_PARAMETERS.keys())
def test_a_bad_form_is_refused_and_not_echoed(served: Served, encoded: bytes) -> None:
    reply = send_raw(served.port, form("/token", encoded))
    assert reply.status == 400
    answer = json.loads(reply.body)
    assert answer["error"] == "invalid_request"
    assert set(answer) == {"error", "error_description"}


@pytest.mark.parametrize(
    "encoded", [v for v in BAD_PARAMETERS.values() if b"\x00" not in v and b"\xff" not in v]
)
def test_a_bad_query_is_refused(served: Served, encoded: bytes) -> None:
    assert send_raw(served.port, request("GET", "/query?" + encoded.decode("latin-1"))).status == 400


@pytest.mark.parametrize(("encoded", "read"), GOOD_PARAMETERS.values(), ids=GOOD_PARAMETERS.keys())
def test_a_good_form_is_read(served: Served, encoded: bytes, read: dict[str, list[str]]) -> None:
    reply = send_raw(served.port, form("/token", encoded))
    assert (reply.status, json.loads(reply.body)) == (200, read)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
        f"{FORM[14:]}; charset=latin-1",
    ],
)
def test_a_form_of_another_type_is_refused(served: Served, content_type: str) -> None:
    sent = request("POST", "/token", f"Content-Type: {content_type}", body=b"a=b")
    assert send_raw(served.port, sent).status == 400


def test_a_form_may_name_its_charset(served: Served) -> None:
    assert (
        send_raw(served.port, request("POST", "/token", f'{FORM}; charset="UTF-8"', body=b"a=b")).status
        == 200
    )


@pytest.mark.parametrize("document", BAD_JSON.values(), ids=BAD_JSON.keys())
def test_json_with_two_meanings_or_none_is_refused(served: Served, document: bytes) -> None:
    reply = send_raw(served.port, request("POST", "/register", JSON, body=document))
    assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_request")


def test_a_json_object_is_read(served: Served) -> None:
    reply = send_raw(served.port, request("POST", "/register", JSON, body=b'{"a":[1,{"b":null}]}'))
    assert json.loads(reply.body) == {"a": [1, {"b": None}]}


def test_a_packed_body_is_not_unpacked(served: Served) -> None:
    packed = gzip.compress(b"a=" + b"b" * 10**6)
    assert send_raw(served.port, form("/token", packed, "Content-Encoding: gzip")).status == 400


def _chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def test_a_chunked_body_may_not_outgrow_the_limit(served: Served) -> None:
    head = request("POST", "/token", FORM, "Transfer-Encoding: chunked")
    reply = send_raw(served.port, head, *[_chunked(b"a" * 16384)] * 6, pause=0.01)
    assert (reply.status, reply.headers["connection"]) == (413, "close")


def test_a_named_route_takes_more(served: Served) -> None:
    reply = send_raw(served.port, request("POST", "/admin/imports", body=b"a" * 200_000))
    assert (reply.status, json.loads(reply.body)) == (200, {"size": 200_000})


def test_a_small_chunked_body_is_read(served: Served) -> None:
    sent = request("POST", "/token", FORM, "Transfer-Encoding: chunked") + _chunked(b"a=", b"b", b"")
    assert json.loads(send_raw(served.port, sent).body) == {"a": ["b"]}


def test_a_body_that_does_not_come_is_answered_with_408(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = {**areas.EXACT, "/token": replace(areas.CLIENTS, seconds=0.3)}
    monkeypatch.setattr(areas, "EXACT", hurried)
    with serving() as served:
        sent = request("POST", "/token", FORM, "Content-Length: 10")
        reply = send_raw(served.port, sent, b"a", b"=", b"b", b"b", b"b", pause=0.1)
        assert (reply.status, json.loads(reply.body)["error"]) == (408, "invalid_request")


def test_who_leaves_in_the_middle_of_a_body_is_no_error_of_ours(served: Served) -> None:
    before = len(served.lines)
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(request("POST", "/token", FORM, "Content-Length: 10") + b"a")
        time.sleep(0.1)
    deadline = time.monotonic() + 2
    while len(served.lines) == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served.line["status"] == 499
