"""What a client registers about its requests, and what its profile makes of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.registration import register
from tests.protocol.registrations import BY_KEY, MINIMAL, SANDBOX

BY_PROFILE = [
    pytest.param("fapi2", "require_pushed_authorization_requests", id="FAPI 2 §5.3.2.2"),
    pytest.param("fapi-ciba", "require_signed_request_object", id="FAPI CIBA §5.2.2"),
]


@pytest.mark.parametrize(("profile", "demand"), BY_PROFILE)
def test_what_a_profile_demands_of_requests_is_registered(profile: str, demand: str) -> None:
    asked = {**BY_KEY, "security_profile": profile, demand: False}
    assert register(asked, SANDBOX)[demand] is True
    assert demand not in register(BY_KEY, SANDBOX)


UNSIGNABLE = [
    pytest.param({**MINIMAL}, id="no key"),
    pytest.param({**BY_KEY, "request_object_signing_alg": "none"}, id="RFC 9101 §10.5 none"),
]


@pytest.mark.parametrize("document", UNSIGNABLE)
def test_who_can_t_sign_must_not_have_to(document: Mapping[str, Any]) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        register({**document, "require_signed_request_object": True}, SANDBOX)


REQUEST_URIS = [
    pytest.param("http://pajak.example/request", id="Core §6.2 not https"),
    pytest.param("https://pajak.example/request#a#b", id="RFC 3986 §3.5 two fragments"),
    pytest.param("https://pajak.example/" + "x" * 512, id="Core §6.2 longer than 512"),
    pytest.param("https://user@pajak.example/request", id="a user in it"),
    pytest.param(7, id="a number"),
]


@pytest.mark.parametrize("uri", REQUEST_URIS)
def test_a_bad_request_uri_is_not_registered(uri: object) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        register({**MINIMAL, "request_uris": [uri]}, SANDBOX)
