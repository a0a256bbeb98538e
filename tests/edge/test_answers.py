"""What leaves: headers, refusals in the words of the area, one log line, and CORS where the protocol wants it."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.edge.small_app import MARKED, REGISTERED, Served, form, request, send_raw, serving

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=63072000",
    "cache-control": "no-store",
}
WAYS = [
    "/hello",
    "/nowhere",
    "/fail/page",
    "/fail/crash",
    "/api/fail/crash",
    "/broken",
    "/jwks",
    "/query?a=1&a=2",
]
PREFLIGHT = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: dpop")


@pytest.mark.parametrize("target", WAYS)
def test_every_answer_has_the_security_headers_and_an_id(served: Served, target: str) -> None:
    headers = send_raw(served.port, request("GET", target)).headers
    assert ALWAYS.items() <= headers.items()
    assert re.fullmatch(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}", headers["x-request-id"])
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_ids_differ_and_are_never_the_callers(served: Served) -> None:
    sent = request("GET", "/hello", "X-Request-Id: mine")
    ids = {send_raw(served.port, sent).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert "mine" not in ids


def test_a_header_that_the_page_sets_itself_stays(served: Served) -> None:
    headers = send_raw(served.port, request("GET", "/own")).headers
    assert (headers["x-frame-options"], headers["cache-control"]) == ("SAMEORIGIN", "public")


def test_a_plain_http_issuer_promises_no_https() -> None:
    with serving("http://gapura.test") as served:
        reply = send_raw(served.port, request("GET", "/hello"))
        assert "strict-transport-security" not in reply.headers
        assert send_raw(served.port, request("GET", "/hello", host="gapura.test:80")).status == 200


JSON_ANSWERS = {
    "oauth": (400, {"error": "invalid_scope", "error_description": "no such scope"}),
    "basic": (401, {"error": "invalid_client", "error_description": "no"}),
    "page": (400, {"error": "unknown_client"}),
    "many": (429, {"error": "too_many"}),
    "away": (503, {"error": "temporarily_unavailable"}),
    "unicode": (400, {"error": "bad_request"}),
    "crash": (500, {"error": "server_error"}),
}
PAGES = {
    "oauth": (400, b"bad_request"),
    "page": (400, b"unknown_client"),
    "many": (429, b"too_many"),
    "away": (503, b"unavailable"),
    "unicode": (400, b"bad_request"),
    "crash": (500, b"server_error"),
}


@pytest.mark.parametrize(("how", "status", "answer"), [(k, *v) for k, v in JSON_ANSWERS.items()])
def test_programs_get_json(served: Served, how: str, status: int, answer: dict[str, str]) -> None:
    reply = send_raw(served.port, request("GET", f"/api/fail/{how}"))
    assert (reply.status, json.loads(reply.body)) == (status, answer)
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("how", "status", "phrase"), [(k, *v) for k, v in PAGES.items()])
def test_people_get_a_page_with_one_phrase_and_the_request_id(
    served: Served, how: str, status: int, phrase: bytes
) -> None:
    reply = send_raw(served.port, request("GET", f"/fail/{how}"))
    assert reply.status == status
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.body == b"<p>%s %s</p>" % (phrase, reply.headers["x-request-id"].encode())


def test_a_page_of_an_error_does_not_know_what_was_typed(served: Served) -> None:
    paths = {f"/form?login_hint={MARKED}": "/form", f"/{MARKED}": "/", "/fail/page": "/"}
    replies = {path: send_raw(served.port, request("GET", path)) for path in paths}
    assert {path: reply.headers["x-shown-at"] for path, reply in replies.items()} == paths


def test_an_error_brings_its_headers(served: Served) -> None:
    basic = send_raw(served.port, request("GET", "/api/fail/basic")).headers
    assert basic["www-authenticate"] == 'Basic realm="gapura"'
    assert basic["pragma"] == "no-cache"
    assert send_raw(served.port, request("GET", "/fail/many")).headers["retry-after"] == "7"
    assert send_raw(served.port, request("GET", "/api/fail/away")).headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("sent", "status", "answer"),
    [
        (request("GET", "/nowhere"), 404, b"not_found"),
        (request("GET", "/.well-known/nothing"), 404, b'{"error":"not_found"}'),
        (request("GET", "/token"), 405, b'{"error":"method_not_allowed"}'),
        (request("GET", "/api/nothing"), 404, b'{"error":"not_found"}'),
        (request("DELETE", "/hello"), 405, b"method_not_allowed"),
    ],
)
def test_the_framework_refuses_in_our_words(served: Served, sent: bytes, status: int, answer: bytes) -> None:
    reply = send_raw(served.port, sent)
    assert (reply.status, answer in reply.body) == (status, True)
    assert ("allow" in reply.headers) == (status == 405)


@pytest.mark.parametrize("body", [f'{{"count":"{MARKED}x"}}', f"{MARKED}", "{", f'{{"{MARKED}":1}}'])
def test_validation_never_echoes_what_was_sent(served: Served, body: str) -> None:
    sent = request("POST", f"/api/items/{MARKED}x", "Content-Type: application/json", body=body.encode())
    reply = send_raw(served.port, sent)
    assert reply.status == 422
    assert MARKED.encode() not in reply.body
    assert MARKED not in json.dumps(served.line)


def test_what_nobody_caught_is_told_by_type_and_place(served: Served, written: list[str]) -> None:
    reply = send_raw(served.port, request("GET", "/fail/crash"))
    line = json.loads(written[0])
    assert (line["event"], line["error"], line["request_id"]) == (
        "unhandled",
        "RuntimeError",
        reply.headers["x-request-id"],
    )
    assert line["place"][-1].startswith("tests/edge/small_app.py:")
    assert MARKED not in "".join(written)


def test_a_broken_error_page_still_ends_in_an_answer(served: Served) -> None:
    reply = send_raw(served.port, request("GET", "/broken"))
    assert (reply.status, reply.body) == (
        500,
        b"<p>server_error %s</p>" % reply.headers["x-request-id"].encode(),
    )


class TestLines:
    def test_a_line_has_the_route_and_no_id_of_the_path(self, served: Served) -> None:
        reply = send_raw(served.port, request("GET", f"/interaction/{MARKED}?login_hint={MARKED}"))
        line = served.line
        assert line.pop("ms") >= 0
        assert line == {
            "level": "info",
            "event": "request",
            "request_id": reply.headers["x-request-id"],
            "method": "GET",
            "route": "/interaction/{id}",
            "status": 200,
            "client_id": "tax-portal",
        }

    def test_what_is_found_nowhere_is_not_named(self, served: Served) -> None:
        send_raw(served.port, request("GET", f"/{MARKED}"))
        assert (served.line["route"], served.line["status"]) == ("unmatched", 404)

    def test_what_the_edge_answers_itself_is_named_where_we_know_the_path(self, served: Served) -> None:
        send_raw(served.port, request("OPTIONS", "/token", f"Origin: {REGISTERED}", *PREFLIGHT))
        assert (served.line["route"], served.line["status"]) == ("/token", 204)

    def test_a_mounted_application_gives_its_own_route(self, served: Served) -> None:
        send_raw(
            served.port,
            request("POST", "/api/items/7", "Content-Type: application/json", body=b'{"count":1}'),
        )
        assert served.line["route"] == "/api/items/{item_id}"

    def test_a_refusal_stands_in_the_line_with_its_detail(self, served: Served) -> None:
        send_raw(served.port, request("GET", "/api/fail/oauth"))
        assert (served.line["code"], served.line["detail"]) == ("invalid_scope", "for the log")

    def test_probes_that_succeed_are_not_logged(self, served: Served) -> None:
        before = len(served.lines)
        send_raw(served.port, request("GET", "/healthz"))
        assert len(served.lines) == before


class TestCors:
    def test_what_is_published_may_be_read_by_everybody(self, served: Served) -> None:
        headers = send_raw(served.port, request("GET", "/jwks", "Origin: https://anyone.example")).headers
        assert headers["access-control-allow-origin"] == "*"

    def test_a_registered_origin_may_read_tokens(self, served: Served) -> None:
        headers = send_raw(served.port, form("/token", b"a=b", f"Origin: {REGISTERED}")).headers
        assert headers["access-control-allow-origin"] == REGISTERED
        assert headers["vary"] == "Origin"
        assert "WWW-Authenticate" in headers["access-control-expose-headers"]

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://pajak.example.evil.test"])
    def test_another_origin_may_not(self, served: Served, origin: str) -> None:
        headers = send_raw(served.port, form("/token", b"a=b", f"Origin: {origin}")).headers
        assert "access-control-allow-origin" not in headers
        assert headers["vary"] == "Origin"

    def test_errors_can_be_read_too(self, served: Served) -> None:
        reply = send_raw(served.port, form("/token", b"a=b&a=c", f"Origin: {REGISTERED}"))
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (400, REGISTERED)

    def test_preflight_is_answered_for_a_registered_origin(self, served: Served) -> None:
        reply = send_raw(served.port, request("OPTIONS", "/token", f"Origin: {REGISTERED}", *PREFLIGHT))
        assert reply.status == 204
        assert reply.headers["access-control-allow-origin"] == REGISTERED
        assert reply.headers["access-control-allow-methods"] == "POST"
        assert "DPoP" in reply.headers["access-control-allow-headers"]

    def test_preflight_of_another_origin_allows_nothing(self, served: Served) -> None:
        reply = send_raw(
            served.port, request("OPTIONS", "/token", "Origin: https://evil.example", *PREFLIGHT)
        )
        assert not [name for name in reply.headers if name.startswith("access-control")]

    @pytest.mark.parametrize("target", ["/hello", "/form", "/register", "/interaction/1"])
    def test_nowhere_else(self, served: Served, target: str) -> None:
        reply = send_raw(served.port, request("OPTIONS", target, f"Origin: {REGISTERED}", *PREFLIGHT))
        assert reply.status == 405
        assert not [name for name in reply.headers if name.startswith("access-control")]

    @pytest.mark.parametrize("target", ["/jwks", "/userinfo"])
    def test_never_with_cookies(self, served: Served, target: str) -> None:
        headers = send_raw(served.port, request("GET", target, f"Origin: {REGISTERED}")).headers
        assert "access-control-allow-credentials" not in headers


class TestHealth:
    def test_lost_cache_degrades_and_lost_database_ends_readiness(self) -> None:
        with serving() as served:
            served.away = {"cache"}
            reply = send_raw(served.port, request("GET", "/readyz"))
            assert (reply.status, json.loads(reply.body)) == (200, {"status": "degraded", "away": ["cache"]})
        with serving() as served:
            served.away = {"database"}
            reply = send_raw(served.port, request("GET", "/readyz"))
            assert (reply.status, json.loads(reply.body)) == (
                503,
                {"status": "not_ready", "away": ["database"]},
            )

    def test_who_drains_is_not_ready_but_lives_and_serves(self) -> None:
        with serving() as served:
            assert send_raw(served.port, request("GET", "/readyz")).status == 200
            served.draining.begin()
            assert send_raw(served.port, request("GET", "/readyz")).status == 503
            assert send_raw(served.port, request("GET", "/healthz")).status == 200
            reply = send_raw(served.port, request("GET", "/hello"))
            assert (reply.status, reply.headers["connection"]) == (200, "close")


class TestOverload:
    def test_history_and_sign_ins_give_way_before_tokens(self) -> None:
        with serving(most_at_once=10) as served, ThreadPoolExecutor(9) as many:
            busy = [many.submit(send_raw, served.port, request("GET", "/slow")) for _ in range(7)]
            time.sleep(0.2)
            page = send_raw(served.port, request("GET", "/hello"))
            assert (page.status, page.headers["retry-after"]) == (503, "2")
            assert send_raw(served.port, request("GET", "/account")).status == 503
            assert send_raw(served.port, request("POST", "/register")).status == 503
            assert send_raw(served.port, form("/token", b"a=b")).status == 200
            assert send_raw(served.port, request("GET", "/readyz")).status == 200
            assert [one.result().status for one in busy] == [200] * 7
            assert send_raw(served.port, request("GET", "/hello")).status == 200
