"""Reading a backchannel authentication request (CIBA §7.1), whatever stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.errors import OAuthError
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.backchannel_authentication import (
    HINTS,
    LIFETIME,
    LONGEST,
    MOST_BINDING_MESSAGE,
    OBJECT_CLAIMS,
    PING,
    POLL,
    BackchannelRequest,
    check_beside,
    must_sign,
    object_rules,
    parse,
)
from gapura.protocol.client import Client
from gapura.protocol.profiles import CIBA, FAPI_CIBA, PROFILES
from gapura.protocol.request_object import ObjectParameters
from tests.protocol.samples import ISSUER, SCOPES, Form, client_of

POLICY = AuthorizationPolicy(ISSUER, SCOPES)
POLLS = client_of(grant_types=(CIBA,), backchannel_token_delivery_mode=POLL)
PINGED = replace(POLLS, backchannel_token_delivery_mode=PING)
FAPI = replace(POLLS, profile=PROFILES[FAPI_CIBA])
CODES = {
    "invalid_request",
    "invalid_scope",
    "invalid_binding_message",
    "invalid_target",
    "invalid_authorization_details",
}


def read(client: Client = POLLS, **params: Any) -> BackchannelRequest:
    return parse(Form({"scope": "openid", "login_hint": "x", **params}), client, POLICY)


def error_of(client: Client = POLLS, **params: Any) -> str:
    with pytest.raises(OAuthError) as refused:
        read(client, **params)
    return refused.value.code


def test_a_request_says_what_is_asked_of_whom_and_for_how_long() -> None:
    found = read(scope="openid profile nowhere", acr_values="a b", binding_message=" Loket 7 ")
    assert found.request.scope == ("openid", "profile")
    assert found.request.acr_values == ("a", "b")
    assert "consent" in found.request.prompt, "whoever is asked looks at it"
    assert (found.hint.kind, found.hint.value.reveal()) == ("login_hint", "x")
    assert found.lifetime == LIFETIME
    assert found.binding_message == "Loket 7"
    assert "x" not in repr(found.hint)


@pytest.mark.parametrize(
    ("sent", "lifetime"),
    [
        ("1", timedelta(seconds=1)),
        ("300", timedelta(minutes=5)),
        ("3600", LONGEST),
        ("999999999", LONGEST),
    ],
)
def test_a_requested_expiry_is_kept_within_bounds(sent: str, lifetime: timedelta) -> None:
    assert read(requested_expiry=sent).lifetime == lifetime
    in_object = ObjectParameters({"scope": "openid", "login_hint": "x", "requested_expiry": int(sent)})
    assert parse(in_object, POLLS, POLICY).lifetime == lifetime


@pytest.mark.parametrize("sent", ["0", "-1", "1.5", "1e3", "\u0661\u0662", "ten", "1 0", "9" * 10, "true"])
def test_what_is_no_positive_number_is_no_expiry(sent: str) -> None:
    assert error_of(requested_expiry=sent) == "invalid_request"


@pytest.mark.parametrize("names", [(), *((a, b) for a in HINTS for b in HINTS if a < b), tuple(HINTS)])
def test_exactly_one_hint_says_who_is_meant(names: tuple[str, ...]) -> None:
    hints: dict[str, Any] = {"login_hint": None, **dict.fromkeys(names, "x")}
    assert error_of(**hints) == "invalid_request"


@pytest.mark.parametrize(
    "text", ["W4SCT", "Loket 7, antrean B-042", "a" * MOST_BINDING_MESSAGE, "#1: Rp 50.000?"]
)
def test_a_binding_message_is_short_and_plain(text: str) -> None:
    assert read(binding_message=text).binding_message == text


@pytest.mark.parametrize(
    "text", ["a" * (MOST_BINDING_MESSAGE + 1), " ", "satu\ndua", "\u0430bc", "\U0001f44d", "a\u202eb", "a\0"]
)
def test_what_could_be_misread_is_no_binding_message(text: str) -> None:
    assert error_of(binding_message=text) == "invalid_binding_message"


def test_fapi_wants_a_binding_message() -> None:
    """FAPI CIBA §5.2.2-2."""
    assert error_of(FAPI) == "invalid_request"
    assert read(FAPI, binding_message="1234").binding_message == "1234"


def test_a_client_that_is_pinged_says_by_what_it_knows_the_ping() -> None:
    assert error_of(PINGED) == "invalid_request"
    for bad in ("two words", "a" * 1025, "tanda\u00e9", "a\nb"):
        assert error_of(PINGED, client_notification_token=bad) == "invalid_request"
    found = read(PINGED, client_notification_token="abc-._~+/==").notification_token
    assert found is not None
    assert found.reveal() == "abc-._~+/=="
    assert read(POLLS, client_notification_token="abc").notification_token is None


@pytest.mark.parametrize("name", [*HINTS, "scope", "binding_message", "requested_expiry", "user_code"])
def test_nothing_stands_beside_a_signed_request(name: str) -> None:
    check_beside(Form({"request": "x", "client_id": "y", "client_assertion": "z"}))
    with pytest.raises(OAuthError) as refused:
        check_beside(Form({"request": "x", name: "y"}))
    assert refused.value.code == "invalid_request"
    assert name in refused.value.description


def test_who_must_sign_and_by_what() -> None:
    registered = replace(POLLS, backchannel_authentication_request_signing_alg="PS256")
    assert [must_sign(client) for client in (POLLS, registered, FAPI)] == [False, True, True]
    assert object_rules(registered).algs == ("PS256",)
    assert set(object_rules(FAPI).algs) == {"ES256", "PS256"}
    for client in (POLLS, registered, FAPI):
        assert "none" not in object_rules(client).algs
        assert object_rules(client).required == OBJECT_CLAIMS
        assert object_rules(client).longest == timedelta(minutes=60)


TEXT = st.text(max_size=80)


@given(
    st.dictionaries(
        st.sampled_from(
            [*HINTS, "scope", "acr_values", "binding_message", "requested_expiry", "claims", "resource"]
        ),
        TEXT,
    )
)
def test_any_parameters_are_read_or_refused_by_a_code_of_the_standard(params: dict[str, str]) -> None:
    try:
        found = parse(Form(params), POLLS, POLICY)
    except OAuthError as refused:
        assert refused.code in CODES
    else:
        assert found.request.is_openid
        assert timedelta() < found.lifetime <= LONGEST
