from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from gapura.errors import OAuthError, PageError
from gapura.protocol.redirect import (
    RESPONSE_MODES,
    FormPost,
    Redirect,
    Reply,
    ReplyTo,
    deliver,
    error_answer,
    proven_redirect_uri,
    response_mode,
    told,
)
from gapura.protocol.redirect_uri_fault import other_redirect_uri, redirect_uri_fault
from gapura.protocol.registered_uri import (
    BadUri,
    check_identifier,
    check_redirect_uri,
    check_web_uri,
    host_of,
)
from gapura.protocol.response_types import RESPONSE_TYPES
from tests.protocol.samples import CALLBACK, ISSUER, client_of


def answered(to: ReplyTo, **answer: str) -> Reply:
    return deliver(to, told(to, ISSUER, answer))


def query_of(reply: object) -> dict[str, str]:
    assert isinstance(reply, Redirect)
    return dict(parse_qsl(urlsplit(reply.location).query, keep_blank_values=True))


def test_a_code_goes_out_with_state_and_issuer() -> None:
    reply = answered(ReplyTo(CALLBACK, state="a b&c"), code="kode")
    assert query_of(reply) == {"code": "kode", "state": "a b&c", "iss": ISSUER}


def test_no_state_sent_none_returned() -> None:
    assert query_of(answered(ReplyTo(CALLBACK), code="kode")) == {"code": "kode", "iss": ISSUER}


def test_an_empty_state_comes_back_empty() -> None:
    assert query_of(answered(ReplyTo(CALLBACK, state=""), code="kode"))["state"] == ""


def test_an_error_goes_out_without_more_than_the_rfc_names() -> None:
    error = OAuthError("access_denied", detail="for the log", description="said\nno")
    expected = {"error": "access_denied", "error_description": "said no", "state": "s", "iss": ISSUER}
    assert query_of(answered(ReplyTo(CALLBACK, state="s"), **error_answer(error))) == expected


@pytest.mark.parametrize(
    ("registered", "start"),
    [
        ("https://a.example/cb?agency=1", "https://a.example/cb?agency=1&code=k"),
        ("https://a.example/cb?", "https://a.example/cb?code=k"),
        ("https://a.example", "https://a.example?code=k"),
        ("id.go.pajak:/cb", "id.go.pajak:/cb?code=k"),
    ],
)
def test_a_registered_query_stays(registered: str, start: str) -> None:
    reply = answered(ReplyTo(registered), code="k")
    assert isinstance(reply, Redirect)
    assert reply.location.startswith(start)


def test_form_post_carries_the_same_fields() -> None:
    reply = answered(ReplyTo(CALLBACK, "form_post", "s"), code="k")
    assert reply == FormPost(CALLBACK, {"code": "k", "state": "s", "iss": ISSUER})


def test_a_code_never_prints() -> None:
    for mode in RESPONSE_MODES:
        assert "kode" not in repr(answered(ReplyTo(CALLBACK, mode), code="kode"))


def test_a_fragment_carries_the_same_fields() -> None:
    reply = answered(ReplyTo("https://a.example/cb?agency=1", "fragment", "s"), code="k", id_token="a.b.c")
    assert reply == Redirect(
        "https://a.example/cb?agency=1#code=k&id_token=a.b.c&state=s&iss=https%3A%2F%2Fgapura.example"
    )


MODES = [
    pytest.param(None, "code", "query", id="RFC 6749 §4.1.2"),
    pytest.param(None, "code id_token", "fragment", id="Multiple Response Types §5"),
    pytest.param(None, "id_token", "fragment", id="OpenID Connect Core §3.2.2.5"),
    pytest.param("query", "code token", None, id="Multiple Response Types §5: never a query"),
    pytest.param("query.jwt", "id_token token", None, id="JARM §2.3.1: never a query"),
    pytest.param("form_post", "id_token", "form_post", id="Form Post Response Mode"),
    pytest.param("fragment", "code", "fragment", id="Multiple Response Types §2.1"),
    pytest.param("jwt", "code", "query.jwt", id="JARM §2.3.4"),
    pytest.param("jwt", "code id_token", "fragment.jwt", id="JARM §2.3.4 hybrid"),
    pytest.param("form_post.jwt", "code", "form_post.jwt", id="JARM §2.3.3"),
    pytest.param("web_message", "code", None, id="unknown"),
]


@pytest.mark.parametrize(("asked", "response_type", "mode"), MODES)
def test_the_mode_follows_from_what_is_asked(asked: str | None, response_type: str, mode: str | None) -> None:
    assert response_mode(asked, RESPONSE_TYPES[response_type]) == mode


LOOPBACK = [
    pytest.param(
        "http://127.0.0.1:3000/cb", "http://127.0.0.1:52011/cb", True, id="RFC 8252 §7.3 other port"
    ),
    pytest.param("http://127.0.0.1/cb", "http://127.0.0.1:52011/cb", True, id="RFC 8252 §7.3 a port"),
    pytest.param("http://[::1]/cb", "http://[::1]:52011/cb", True, id="RFC 8252 §7.3 IPv6"),
    pytest.param("http://127.0.0.1", "http://127.0.0.1:8", True, id="RFC 8252 §7.3 no path"),
    pytest.param("http://127.0.0.1/cb?x=1", "http://127.0.0.1:8/cb?x=1", True, id="RFC 8252 §7.3 query"),
    pytest.param("http://127.0.0.1/cb", "http://127.0.0.1:52011/cb2", False, id="other path"),
    pytest.param("http://127.0.0.1/cb", "http://[::1]:52011/cb", False, id="other family"),
    pytest.param(
        "http://localhost:1/cb", "http://localhost:2/cb", False, id="RFC 8252 §8.3 a name is no address"
    ),
    pytest.param("https://127.0.0.1/cb", "https://127.0.0.1:1/cb", False, id="https"),
    pytest.param("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", False, id="user info"),
    pytest.param("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", False, id="other host"),
    pytest.param("http://127.0.0.1/cb", "http://127.0.0.1:x/cb", False, id="no port"),
    pytest.param(CALLBACK, "http://127.0.0.1/callback", False, id="nothing registered there"),
]


@pytest.mark.parametrize(("registered", "sent", "good"), LOOPBACK)
def test_only_the_port_of_a_loopback_address_may_differ(registered: str, sent: str, *, good: bool) -> None:
    client = client_of(redirect_uris=(registered,))
    if good:
        assert proven_redirect_uri(client, sent) == sent
    else:
        with pytest.raises(PageError, match="bad_redirect_uri"):
            proven_redirect_uri(client, sent)


FAULTS = [
    pytest.param(None, "missing", id="none"),
    pytest.param(CALLBACK + "/", "last character", id="one more"),
    pytest.param(CALLBACK[:-1], "last character", id="one fewer"),
    pytest.param(CALLBACK[:-1] + "x", "last character", id="another"),
    pytest.param("https://pajak.example/Callback", "from its character 23 on", id="case"),
    pytest.param("http://pajak.example/callback", "from its character 5 on", id="scheme"),
    pytest.param("id.go.lain:/cb", "not registered", id="nothing alike"),
]


@pytest.mark.parametrize(("sent", "said"), FAULTS)
def test_a_wrong_redirect_uri_is_told_where_it_goes_wrong(sent: str | None, said: str) -> None:
    assert said in redirect_uri_fault(client_of(), sent)


@pytest.mark.parametrize(("sent", "said"), FAULTS)
def test_the_log_says_where_a_redirect_uri_goes_wrong_that_nobody_is_sent_to(
    sent: str | None, said: str
) -> None:
    client = client_of(redirect_uris=(CALLBACK, "https://pajak.example/2")) if sent is None else client_of()
    with pytest.raises(PageError) as refused:
        proven_redirect_uri(client, sent)
    assert said in refused.value.detail


def test_the_token_endpoint_says_where_a_redirect_uri_parts_from_the_requests() -> None:
    assert "last character" in other_redirect_uri(CALLBACK, CALLBACK + "/")
    assert "character 10 on" in other_redirect_uri(CALLBACK, "https://portal.example/")
    assert "missing" in other_redirect_uri(CALLBACK, None)


GOOD_URIS = [
    pytest.param("https://a.example/cb", False, False, id="https"),
    pytest.param("https://a.example:8443/cb?x=1&y=%20", False, False, id="port and query"),
    pytest.param("https://xn--bcher-kva.example/cb", False, False, id="punycode"),
    pytest.param("https://localhost:8443/test/a/gapura/callback", False, False, id="https on loopback"),
    pytest.param("http://127.0.0.1/cb", True, False, id="RFC 8252 §7.3 native"),
    pytest.param("http://localhost:8001/cb", False, True, id="sandbox"),
    pytest.param("http://[::1]:8001/cb", True, False, id="IPv6"),
    pytest.param("id.go.pajak:/cb", True, False, id="RFC 8252 §7.1"),
]
BAD_URIS = [
    pytest.param("https://a.example/cb#x", True, True, id="RFC 6749 §3.1.2 fragment"),
    pytest.param("https://a.example/cb#", True, True, id="RFC 6749 §3.1.2 empty fragment"),
    pytest.param("https://*.example/cb", True, True, id="pattern"),
    pytest.param("https://a.example/*", True, True, id="pattern in the path"),
    pytest.param("https://user:pw@a.example/cb", True, True, id="user info"),
    pytest.param("https://a.example/x/../cb", True, True, id="traversal"),
    pytest.param("https://a.example/x/%2e%2e/cb", True, True, id="encoded traversal"),
    pytest.param("https://a.example/x/..%5Ccb", True, True, id="backslash traversal"),
    pytest.param("https://a.example\\@evil.example/", True, True, id="backslash"),
    pytest.param("https://a.example/cb\n", True, True, id="line break"),
    pytest.param("https://a.example/ cb", True, True, id="blank"),
    pytest.param("https://a.example/%zz", True, True, id="broken percent"),
    pytest.param("https://a.example:99999/", True, True, id="port"),
    pytest.param("https://", True, True, id="no host"),
    pytest.param("https:///cb", True, True, id="empty host"),
    pytest.param("https:cb", True, True, id="no authority"),
    pytest.param("https://[::1/cb", True, True, id="broken IPv6"),
    pytest.param("https://a_b.example/cb", True, True, id="underscore"),
    pytest.param("https://pajak\u2024example/cb", True, True, id="look-alike"),
    pytest.param("http://a.example/cb", True, True, id="http"),
    pytest.param("http://127.0.0.1/cb", False, False, id="loopback of a web client in production"),
    pytest.param("id.go.pajak:/cb", False, True, id="private scheme of a web client"),
    pytest.param("javascript:alert(1)", True, True, id="javascript"),
    pytest.param("data:text/html,x", True, True, id="data"),
    pytest.param("myapp:/cb", True, True, id="RFC 8252 §7.1 not a domain"),
    pytest.param("id.go.pajak://host/cb", True, True, id="RFC 8252 §7.1 double slash"),
    pytest.param("/cb", True, True, id="relative"),
    pytest.param("", True, True, id="empty"),
    pytest.param(17, True, True, id="no text"),
    pytest.param("https://a.example/" + "x" * 3000, True, True, id="too long"),
]


@pytest.mark.parametrize(("uri", "native", "sandbox"), GOOD_URIS)
def test_a_redirect_uri_may_be_registered(uri: str, *, native: bool, sandbox: bool) -> None:
    check_redirect_uri(uri, native=native, sandbox=sandbox)


@pytest.mark.parametrize(("uri", "native", "sandbox"), BAD_URIS)
def test_a_redirect_uri_may_not_be_registered(uri: object, *, native: bool, sandbox: bool) -> None:
    with pytest.raises(BadUri) as refused:
        check_redirect_uri(uri, native=native, sandbox=sandbox)
    assert str(uri) not in str(refused.value) or not uri


def test_a_web_uri_is_https_but_on_the_loopback_of_the_sandbox() -> None:
    check_web_uri("https://a.example/logo.png", loopback=False)
    check_web_uri("http://localhost:8001/logo.png", loopback=True)
    for uri in ("http://localhost:8001/logo.png", "ftp://a.example", "id.go.pajak:/x"):
        with pytest.raises(BadUri):
            check_web_uri(uri, loopback=False)


def test_a_resource_is_named_by_an_absolute_uri() -> None:
    check_identifier("https://api.example")
    check_identifier("urn:example:api")
    for name in ("api", "https://api.example#x"):
        with pytest.raises(BadUri):
            check_identifier(name)


def test_the_host_of_a_sector() -> None:
    assert host_of("https://A.Example:444/x") == "a.example"
    assert host_of("http://localhost:8001/x") == "localhost:8001"
    assert host_of("id.go.pajak:/cb") == "id.go.pajak:"
