from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.profiles import PROFILES
from gapura.protocol.request_object import (
    TYP,
    ObjectParameters,
    ObjectRules,
    check_beside,
    check_object,
    outside_counts,
    pushes_requests,
    signs_requests,
)
from tests.protocol.samples import ISSUER, NOW, Form, client_of

Claims = Mapping[str, Any]
FAPI2 = client_of(profile=PROFILES["fapi2"])
MINUTE = 60


def at(minutes: float) -> int:
    return int((NOW + timedelta(minutes=minutes)).timestamp())


GOOD: Claims = {"iss": "pajak", "aud": ISSUER, "client_id": "pajak", "nbf": at(0), "exp": at(5)}


LEFT_OUT = object()


def judge(changes: Claims, client: Client = FAPI2, typ: object = None) -> None:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not LEFT_OUT}
    check_object(claims, typ, client, ISSUER, ObjectRules.of(client), NOW)


TAKEN = [
    pytest.param({}, id="FAPI 2.0 Message Signing §5.3.1 as it should be"),
    pytest.param(
        {"aud": [ISSUER, "https://lain.example"]}, id="FAPI 2.0 Message Signing §5.3.1 one aud of several"
    ),
    pytest.param({"nbf": at(8 / 60)}, id="FAPI 2 §5.3.2.1 nbf 8 s ahead"),
    pytest.param({"nbf": at(-59), "exp": at(1)}, id="FAPI 2.0 Message Signing §5.3.1 nbf 59 min behind"),
    pytest.param({"exp": at(60)}, id="FAPI 2.0 Message Signing §5.3.1 exp 60 min after nbf"),
    pytest.param(
        {"iss": LEFT_OUT, "client_id": LEFT_OUT}, id="RFC 9101 §4 iss and client_id may be left out"
    ),
    pytest.param({"sub": "somebody"}, id="RFC 9101 §10.8 another sub"),
]


@pytest.mark.parametrize("changes", TAKEN)
def test_a_good_request_object_is_taken(changes: Claims) -> None:
    judge(changes)


REFUSED = [
    pytest.param({"aud": LEFT_OUT}, "aud", id="FAPI 2.0 Message Signing §5.3.1 no aud"),
    pytest.param({"exp": LEFT_OUT}, "exp", id="FAPI 2.0 Message Signing §5.3.1 no exp"),
    pytest.param({"nbf": LEFT_OUT}, "nbf", id="FAPI 2.0 Message Signing §5.3.1 no nbf"),
    pytest.param({"exp": None}, "exp is missing", id="FAPI 2.0 Message Signing §5.3.1 exp null"),
    pytest.param({"aud": "https://lain.example"}, "aud", id="RFC 9101 §4 another's aud"),
    pytest.param({"aud": []}, "aud", id="RFC 9101 §4 empty aud"),
    pytest.param({"iss": "bpjs"}, "iss", id="RFC 9101 §4 another's iss"),
    pytest.param({"client_id": "bpjs"}, "client_id", id="RFC 9101 §5 another's client_id"),
    pytest.param({"exp": at(-5)}, "expired 300 s ago", id="RFC 7519 §4.1.4 expired"),
    pytest.param({"exp": at(70)}, "exp lies", id="FAPI 2.0 Message Signing §5.3.1 exp 70 min after nbf"),
    pytest.param({"nbf": at(-70)}, "nbf lies", id="FAPI 2.0 Message Signing §5.3.1 nbf 70 min behind"),
    pytest.param({"nbf": at(2)}, "nbf lies 120 s ahead", id="RFC 7519 §4.1.5 nbf ahead"),
    pytest.param({"exp": "soon"}, "exp is no number", id="RFC 7519 §2 exp a text"),
    pytest.param({"exp": 1e300}, "exp is no time", id="RFC 7519 §2 exp beyond all time"),
    pytest.param({"nbf": True}, "nbf is no number", id="RFC 7519 §2 nbf a boolean"),
    pytest.param({"request": "a.b.c"}, "request", id="RFC 9101 §4 request within"),
    pytest.param({"request_uri": "urn:x"}, "request_uri", id="RFC 9101 §4 request_uri within"),
    pytest.param({"sub": "pajak"}, "sub", id="RFC 9101 §10.8 a client assertion"),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED)
def test_a_bad_request_object_is_refused_and_the_fault_is_named(changes: Claims, said: str) -> None:
    with pytest.raises(OAuthError) as refused:
        judge(changes)
    assert refused.value.code == "invalid_request_object"
    assert said in refused.value.description


@pytest.mark.parametrize("typ", [None, "JWT", TYP, f"application/{TYP}", TYP.upper()])
def test_a_request_object_may_say_what_it_is(typ: str | None) -> None:
    judge({}, typ=typ)


@pytest.mark.parametrize("typ", ["dpop+jwt", "at+jwt", "logout+jwt", "secevent+jwt", 7, ["JWT"]])
def test_a_token_of_another_kind_is_no_request_object(typ: object) -> None:
    with pytest.raises(OAuthError, match="invalid_request_object"):
        judge({}, typ=typ)


def test_a_plain_client_may_leave_out_what_guards_an_object() -> None:
    judge({"aud": LEFT_OUT, "exp": LEFT_OUT, "nbf": LEFT_OUT}, client_of())
    judge({"nbf": at(-7000), "exp": at(7000)}, client_of())
    with pytest.raises(OAuthError, match="invalid_request_object"):
        judge({"exp": at(-5)}, client_of())


ALGS = [
    pytest.param(client_of(), ("RS256", "ES256", "PS256", "EdDSA", "none"), id="Core §6.1 oidc"),
    pytest.param(client_of(request_object_signing_alg="PS256"), ("PS256",), id="Registration §2"),
    pytest.param(client_of(request_object_signing_alg="none"), ("none",), id="Registration §2 none"),
    pytest.param(
        client_of(require_signed_request_object=True),
        ("RS256", "ES256", "PS256", "EdDSA"),
        id="RFC 9101 §10.5",
    ),
    pytest.param(FAPI2, ("ES256", "PS256", "EdDSA"), id="FAPI 2 §5.4.1"),
    pytest.param(client_of(profile=PROFILES["fapi-ciba"]), ("ES256", "PS256"), id="FAPI CIBA §7.10"),
]


@pytest.mark.parametrize(("client", "algs"), ALGS)
def test_what_may_sign_follows_from_client_and_profile(client: Client, algs: tuple[str, ...]) -> None:
    assert ObjectRules.of(client).algs == algs


def test_who_must_push_and_who_must_sign() -> None:
    assert pushes_requests(FAPI2)
    assert pushes_requests(client_of(require_pushed_authorization_requests=True))
    assert not pushes_requests(client_of())
    assert signs_requests(client_of(require_signed_request_object=True))
    assert signs_requests(client_of(profile=PROFILES["fapi-ciba"]))
    assert not signs_requests(FAPI2)


def test_what_stands_outside_counts_for_plain_clients_alone() -> None:
    assert outside_counts(client_of())
    assert not outside_counts(FAPI2)
    assert not outside_counts(client_of(require_signed_request_object=True))


def test_the_object_wins_and_is_completed_from_outside() -> None:
    outside = Form({"state": "outside", "scope": "openid", "resource": ["https://a.example"]})
    params = ObjectParameters({"state": "inside", "nonce": ""}, outside)
    assert params.get("state") == "inside"
    assert params.get("scope") == "openid"
    assert params.get("nonce") is None
    assert params.many("resource") == ("https://a.example",)


def test_alone_the_object_is_all_there_is() -> None:
    params = ObjectParameters({"state": "inside"})
    assert params.get("scope") is None
    assert params.many("resource") == ()


VALUES = [
    pytest.param("max_age", 0, "0", id="a number"),
    pytest.param("claims", {"userinfo": {"name": None}}, '{"userinfo": {"name": null}}', id="an object"),
    pytest.param("authorization_details", [{"type": "x"}], '[{"type": "x"}]', id="an array"),
    pytest.param("prompt", None, None, id="null"),
    pytest.param("prompt", "login", "login", id="a text"),
]


@pytest.mark.parametrize(("name", "value", "read"), VALUES)
def test_values_are_read_as_json_has_them(name: str, value: object, read: str | None) -> None:
    assert ObjectParameters({name: value}).get(name) == read


def test_a_repeatable_parameter_is_an_array_or_a_text() -> None:
    assert ObjectParameters({"resource": ["a", "b"]}).many("resource") == ("a", "b")
    assert ObjectParameters({"resource": "a"}).many("resource") == ("a",)


def test_nothing_of_an_object_prints() -> None:
    assert "rahasia" not in repr(ObjectParameters({"state": "rahasia"}))


def test_response_type_is_the_same_inside_and_outside() -> None:
    check_beside({"response_type": "code"}, Form({"response_type": "code"}))
    check_beside({}, Form({"response_type": "code"}))
    with pytest.raises(OAuthError, match="invalid_request"):
        check_beside({"response_type": "code"}, Form({"response_type": "token"}))
