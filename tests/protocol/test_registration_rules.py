from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.discovery import metadata
from gapura.protocol.grants.jwt_bearer import NAME as JWT_BEARER
from gapura.protocol.grants.token_exchange import NAME as TOKEN_EXCHANGE
from gapura.protocol.registration import (
    answer,
    has_secret,
    register,
)
from gapura.protocol.registration import replace as replace_registration
from gapura.protocol.registration_fields import FIELDS
from gapura.protocol.response_types import offered
from gapura.protocol.sector import sector_of
from gapura.values import Secret
from tests.protocol.registrations import (
    BOTH,
    BY_KEY,
    DISCOVERY,
    EC,
    FAPI2,
    FULL,
    JWKS,
    LEVELS,
    MINIMAL,
    OFFER,
    OPERATOR,
    OPERATORS_OWN,
    PRODUCTION,
    SANDBOX,
)
from tests.protocol.samples import CALLBACK, ISSUER, NOW


def test_defaults_are_made_plain() -> None:
    assert register(MINIMAL, PRODUCTION) == {
        "redirect_uris": [CALLBACK],
        "application_type": "web",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "RS256",
        "scope": "openid profile",
        "security_profile": "oidc",
    }


def test_everything_that_was_registered_is_kept() -> None:
    """RFC 7592 §3: the read answer has all of it, `initiate_login_uri` too."""
    kept = register({**FULL, "favourite_colour": "merah", "client_id": "x", "status": "active"}, PRODUCTION)
    assert kept == dict(FULL)
    shown = answer(ISSUER, "c1", kept, issued_at=NOW, registration_token=Secret("rat"))
    assert shown.items() >= FULL.items()


ENCRYPTED = "id_token_encrypted_response"


def test_the_content_of_what_is_encrypted_has_an_algorithm_by_default() -> None:
    """OpenID Connect Registration §2."""
    kept = register({**BY_KEY, "jwks": BOTH, f"{ENCRYPTED}_alg": "ECDH-ES"}, PRODUCTION)
    assert kept[f"{ENCRYPTED}_enc"] == "A128CBC-HS256"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({f"{ENCRYPTED}_enc": "A256GCM", "jwks": BOTH}, f"{ENCRYPTED}_enc needs {ENCRYPTED}_alg"),
        ({f"{ENCRYPTED}_alg": "ECDH-ES"}, "needs a key in jwks that ECDH-ES can encrypt to"),
        ({f"{ENCRYPTED}_alg": "RSA-OAEP-256", "jwks": BOTH}, "needs a key in jwks that RSA-OAEP-256 can"),
        ({f"{ENCRYPTED}_alg": "RSA1_5", "jwks": BOTH}, "not supported"),
        ({f"{ENCRYPTED}_alg": "ECDH-ES", f"{ENCRYPTED}_enc": "A192GCM", "jwks": BOTH}, "not supported"),
    ],
    ids=["content alone", "a signing key", "another type", "RFC 8725 §3.2", "unknown enc"],
)
def test_encryption_without_what_it_takes_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata") as caught:
        register({**BY_KEY, **changes}, PRODUCTION)
    assert fault in caught.value.description


def test_keys_at_an_address_are_seen_when_they_are_needed() -> None:
    by_uri = {**MINIMAL, "jwks_uri": "https://pajak.example/jwks", f"{ENCRYPTED}_alg": "RSA-OAEP-256"}
    assert register(by_uri, PRODUCTION)[f"{ENCRYPTED}_alg"] == "RSA-OAEP-256"


def test_every_field_that_is_read_is_kept_by_some_registration() -> None:
    """A row that nobody tries is a row that nobody needs."""
    tried = (
        {name.partition("#")[0] for name in FULL} | {"jwks_uri", "jwt_bearer_jwks_uri"} | set(OPERATORS_OWN)
    )
    assert tried == {row.name for row in FIELDS.values() if row.among is None or row.among in DISCOVERY}


def test_a_stored_registration_becomes_a_client() -> None:
    row = {
        "id": "c1",
        "agency_id": "djp",
        "status": "active",
        "sector": "pajak.example",
        "secret_digest": None,
        "secret_expires_at": None,
        "metadata": register(FULL, PRODUCTION),
    }
    client = Client.from_stored(row)
    assert client.name("id") == "Pajak"
    assert client.name("en") == "Tax"
    assert client.default_max_age == 0
    assert client.require_auth_time
    assert client.default_acr_values == (LEVELS[1],)
    assert client.backchannel_logout_session_required
    assert not client.is_public
    assert client.is_active


REFUSED = [
    pytest.param([], "invalid_client_metadata", id="RFC 7591 §3.1 no object"),
    pytest.param({}, "invalid_redirect_uri", id="RFC 7591 §2 no redirect_uris"),
    pytest.param({"redirect_uris": []}, "invalid_redirect_uri", id="RFC 7591 §2 empty redirect_uris"),
    pytest.param({"redirect_uris": CALLBACK}, "invalid_redirect_uri", id="RFC 7591 §2 no list"),
    pytest.param({"redirect_uris": [CALLBACK + "#x"]}, "invalid_redirect_uri", id="RFC 6749 §3.1.2 fragment"),
    pytest.param({"redirect_uris": ["http://a.example"]}, "invalid_redirect_uri", id="RFC 9700 §2.6 http"),
    pytest.param(
        {"redirect_uris": ["http://127.0.0.1/"]}, "invalid_redirect_uri", id="OIDC Reg §2 web on loopback"
    ),
    pytest.param(
        {"redirect_uris": [f"{CALLBACK}/{n}" for n in range(21)]}, "invalid_redirect_uri", id="too many"
    ),
    pytest.param(
        {"id_token_signed_response_alg": "none"}, "invalid_client_metadata", id="OIDC Reg §2 alg none"
    ),
    pytest.param({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata", id="OIDC Reg §2 HMAC"),
    pytest.param(
        {"userinfo_signed_response_alg": "none"}, "invalid_client_metadata", id="OIDC Reg §2 userinfo"
    ),
    pytest.param({"token_endpoint_auth_method": "magic"}, "invalid_client_metadata", id="RFC 7591 §2 method"),
    pytest.param(
        {"token_endpoint_auth_method": 7}, "invalid_client_metadata", id="RFC 7591 §2 method no text"
    ),
    pytest.param({"grant_types": ["implicit"]}, "invalid_client_metadata", id="RFC 9700 §2.1.2 implicit"),
    pytest.param({"grant_types": ["password"]}, "invalid_client_metadata", id="RFC 9700 §2.4 password"),
    pytest.param({"response_types": ["token"]}, "invalid_client_metadata", id="RFC 7591 §2.1 token"),
    pytest.param({"response_types": []}, "invalid_client_metadata", id="RFC 7591 §2.1 no code"),
    pytest.param(
        {"application_type": "desktop"}, "invalid_client_metadata", id="OIDC Reg §2 application_type"
    ),
    pytest.param({"subject_type": "public"}, "invalid_client_metadata", id="OIDC Core §8 subject_type"),
    pytest.param(
        {"initiate_login_uri": "http://localhost/"}, "invalid_client_metadata", id="OIDC Core §4 http"
    ),
    pytest.param(
        {"sector_identifier_uri": "http://localhost/"}, "invalid_client_metadata", id="OIDC Reg §5 http"
    ),
    pytest.param(
        {"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata", id="RFC 7591 §2 logo script"
    ),
    pytest.param({"client_name": ""}, "invalid_client_metadata", id="RFC 7591 §2 empty name"),
    pytest.param(
        {"client_name": "a\u202eb"}, "invalid_client_metadata", id="a name that turns the text around"
    ),
    pytest.param({"client_name#en": "x" * 201}, "invalid_client_metadata", id="a name too long"),
    pytest.param({"default_max_age": -1}, "invalid_client_metadata", id="OIDC Reg §2 max_age"),
    pytest.param({"default_max_age": True}, "invalid_client_metadata", id="OIDC Reg §2 max_age boolean"),
    pytest.param({"require_auth_time": "yes"}, "invalid_client_metadata", id="OIDC Reg §2 require_auth_time"),
    pytest.param({"default_acr_values": ["silver"]}, "invalid_client_metadata", id="OIDC Reg §2 acr"),
    pytest.param({"minimum_acr": "silver"}, "invalid_client_metadata", id="minimum_acr"),
    pytest.param({"scope": "a\nb"}, "invalid_client_metadata", id="RFC 6749 §3.3 scope"),
    pytest.param({"contacts": "a@b"}, "invalid_client_metadata", id="RFC 7591 §2 contacts"),
    pytest.param(
        {"jwks": JWKS, "jwks_uri": "https://a.example/"}, "invalid_client_metadata", id="RFC 7591 §2 both"
    ),
    pytest.param({"jwks": {"keys": []}}, "invalid_client_metadata", id="RFC 7517 §5 empty"),
    pytest.param(
        {"jwks": {"keys": [EC.as_dict(private=True)]}}, "invalid_client_metadata", id="RFC 7591 §2 private"
    ),
    pytest.param({"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, "invalid_client_metadata", id="symmetric"),
    pytest.param({"jwks": {"keys": [{"kty": "EC"}]}}, "invalid_client_metadata", id="RFC 7517 §4 broken key"),
    pytest.param(
        {"jwks": {"keys": JWKS["keys"] * 2}}, "invalid_client_metadata", id="RFC 7517 §4.5 kid twice"
    ),
    pytest.param({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata", id="no keys"),
    pytest.param(
        {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"},
        "invalid_client_metadata",
        id="RFC 6749 §4.4 public machine",
    ),
    pytest.param(
        {"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata", id="no encryption here"
    ),
]


@pytest.mark.parametrize(("document", "code"), REFUSED)
def test_a_registration_is_refused(document: object, code: str) -> None:
    whole = {**MINIMAL, **document} if isinstance(document, dict) and document else document
    with pytest.raises(OAuthError) as refused:
        register(whole, PRODUCTION)
    assert refused.value.code == code
    assert refused.value.status == 400
    assert refused.value.description


def test_the_sandbox_takes_loopback() -> None:
    here = "http://localhost:8001"
    document = {
        "redirect_uris": [f"{here}/cb"],
        "post_logout_redirect_uris": [f"{here}/bye"],
        "backchannel_logout_uri": f"{here}/keluar",
        "logo_uri": f"{here}/logo.png",
        "jwks_uri": f"{here}/jwks",
    }
    assert register(document, SANDBOX).items() >= document.items()
    for name in document.keys() - {"redirect_uris"}:
        with pytest.raises(OAuthError, match="invalid_client_metadata"):
            register({**MINIMAL, name: document[name]}, PRODUCTION)


def test_a_native_app_has_its_own_addresses() -> None:
    uris = ["id.go.pajak:/cb", "http://127.0.0.1/cb"]
    document = {"redirect_uris": uris, "application_type": "native", "token_endpoint_auth_method": "none"}
    assert register(document, PRODUCTION)["redirect_uris"] == uris
    assert not has_secret(register(document, PRODUCTION))


def test_a_machine_redirects_nowhere() -> None:
    kept = register({"grant_types": ["client_credentials"]}, PRODUCTION)
    assert kept["response_types"] == []
    assert sector_of(kept) is None


@pytest.mark.parametrize(
    "name", ["client_name#", "client_name#!!", "scope#id", "redirect_uris#id", "#id", ""]
)
def test_only_texts_for_people_have_languages(name: str) -> None:
    assert register({**MINIMAL, name: "x"}, PRODUCTION) == register(MINIMAL, PRODUCTION)


def test_unknown_scopes_are_left_out_and_the_answer_tells() -> None:
    assert register({**MINIMAL, "scope": "openid wajah openid"}, PRODUCTION)["scope"] == "openid"


def test_only_an_operator_names_resource_servers_and_agreements() -> None:
    document = {**MINIMAL, **OPERATORS_OWN}
    assert not OPERATORS_OWN.keys() & register(document, PRODUCTION).keys()
    stored = register(document, OPERATOR)
    kept = replace_registration({**MINIMAL, "client_id": "c1"}, stored, "c1", None, PRODUCTION)
    for found in (stored, kept):
        assert {name: found[name] for name in OPERATORS_OWN} == OPERATORS_OWN


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"jwt_bearer_jwks": None}, id="an issuer without keys"),
        pytest.param({"jwt_bearer_jwks_uri": "https://idp.example/jwks"}, id="keys at two places"),
        pytest.param({"token_exchange": ["anything"]}, id="a mode that is none"),
        pytest.param(
            {"grant_types": [JWT_BEARER], "token_endpoint_auth_method": "none"}, id="an assertion for anybody"
        ),
        pytest.param(
            {"grant_types": [TOKEN_EXCHANGE], "token_endpoint_auth_method": "none"},
            id="an exchange for anybody",
        ),
    ],
)
def test_agreements_that_are_none_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        register({**MINIMAL, **OPERATORS_OWN, **changes}, OPERATOR)


def test_fapi_clients_are_strong() -> None:
    strong = {**BY_KEY, "id_token_signed_response_alg": "PS256"}
    assert register({**BY_KEY, **FAPI2}, PRODUCTION)["id_token_signed_response_alg"] == "ES256"
    assert register({**strong, **FAPI2}, PRODUCTION)["id_token_signed_response_alg"] == "PS256"
    for weak in (
        {**MINIMAL, "id_token_signed_response_alg": "PS256"},
        {**BY_KEY, "id_token_signed_response_alg": "RS256"},
        {**strong, "token_endpoint_auth_signing_alg": "RS256"},
    ):
        with pytest.raises(OAuthError, match="invalid_client_metadata"):
            register({**weak, **FAPI2}, PRODUCTION)


def test_a_short_rsa_key_is_refused() -> None:
    key = RSAKey.generate_key(2048, parameters={"kid": "r"}).as_dict(private=False)
    assert register({**MINIMAL, "jwks": {"keys": [key]}}, PRODUCTION)["jwks"] == {"keys": [key]}
    for modulus in ("n" * 171, "n" * 4000, None, 7):
        with pytest.raises(OAuthError, match="invalid_client_metadata"):
            register({**MINIMAL, "jwks": {"keys": [{**key, "n": modulus}]}}, PRODUCTION)


BY_BROWSER = {"response_types": ["token id_token", "code"], "grant_types": ["authorization_code", "implicit"]}


def test_response_types_of_the_sandbox_are_kept_by_one_name() -> None:
    sandbox = replace(SANDBOX, discovery=metadata(replace(OFFER, response_types=offered(sandbox=True))))
    assert register({**MINIMAL, **BY_BROWSER}, sandbox)["response_types"] == ["id_token token", "code"]
    with pytest.raises(OAuthError):
        register({**MINIMAL, **BY_BROWSER}, PRODUCTION)
