"""oidcc-config-certification-test-plan, and the discovery module of oidcc-dynamic: what the metadata says, and that it is so."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from gapura.protocol.response_types import RESPONSE_TYPES
from tests.conformance.oidcc import Module
from tests.site import Browser, Site

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")  # RFC 6749 §3.3
TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")  # RFC 5646 §2.1.1: canonical casing


@pytest.fixture
def found(site: Site, browser: Browser) -> dict[str, Any]:
    answer = browser.http.get(site.url + WELL_KNOWN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    metadata: dict[str, Any] = answer.json()
    return metadata


def test_oidcc_discovery_endpoint_verification(site: Site, found: dict[str, Any]) -> None:
    assert found["issuer"] == site.url
    assert {"code", "id_token", "id_token token"} <= set(found["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(found["grant_types_supported"])
    assert found["subject_types_supported"] == ["pairwise"]
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert "RS256" in found["userinfo_signing_alg_values_supported"]
    assert "RS256" in found["request_object_signing_alg_values_supported"]
    assert found["claims_parameter_supported"] is True
    assert isinstance(found["request_parameter_supported"], bool)
    assert isinstance(found["request_uri_parameter_supported"], bool)
    assert {"sub", "name", "email"} <= set(found["claims_supported"])
    assert "openid" in found["scopes_supported"]
    assert all(SCOPE.fullmatch(scope) for scope in found["scopes_supported"])
    assert all(TAG.fullmatch(tag) for tag in found["ui_locales_supported"])
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_every_address_is_https_without_query_and_fragment(site: Site, found: dict[str, Any]) -> None:
    for name, value in found.items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            parts = urlsplit(value)
            assert (parts.scheme, parts.netloc) == ("https", urlsplit(site.url).netloc)
            assert not parts.query
            assert not parts.fragment


def test_every_list_holds_texts_each_once(found: dict[str, Any]) -> None:
    """What ValidateServerMetadataAgainstSchema looks at."""
    for value in found.values():
        if isinstance(value, list):
            assert value
            assert len(set(value)) == len(value)
            assert all(isinstance(one, str) for one in value)


def test_the_keys_are_public_named_and_long_enough(browser: Browser, found: dict[str, Any]) -> None:
    keys = browser.http.get(found["jwks_uri"]).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert key["use"] in {"sig", "enc"}
        assert key["kty"] != "RSA" or len(key["n"]) >= 342


@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_each_response_mode_that_is_listed_is_answered_in(
    site: Site, browser: Browser, found: dict[str, Any], response_type: str, mode: str
) -> None:
    assert mode in found["response_modes_supported"]
    module = Module(site, browser, response_type)
    callback = module.authorize(module.client(), response_mode=mode)
    refused = mode == "query" and response_type != "code"
    assert callback.way == ("fragment" if refused else mode)
    assert callback.params.get("error") == ("invalid_request" if refused else None)


def test_the_other_well_known_address_says_the_same(
    site: Site, browser: Browser, found: dict[str, Any]
) -> None:
    """RFC 8414 §3."""
    assert browser.http.get(f"{site.url}/.well-known/oauth-authorization-server").json() == found
