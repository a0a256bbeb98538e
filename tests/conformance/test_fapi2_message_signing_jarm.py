"""fapi2-message-signing-final with fapi_response_mode=jarm: the same modules, their answers as a JWT (JARM).

Each function does what the module of its name does; what comes without JARM stands in `test_fapi2_pushed_requests.py`.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from tests.conformance.oidcc import jwt_header, posted
from tests.conformance.pushing_party import PushingParty
from tests.site import Browser, RelyingParty, Site

ALGS = ["ES256", "PS256", "EdDSA"]


@pytest.fixture(params=["unsigned", "signed_non_repudiation"])
def party(site: Site, request: pytest.FixtureRequest) -> PushingParty:
    signs = request.param != "unsigned"
    party = PushingParty.fapi2(
        site.url, require_signed_request_object=signs, authorization_signed_response_alg="ES256"
    )
    party.signs = signs
    return party


def go(browser: Browser, address: str, decision: str = "allow") -> None:
    browser.open(address)
    if browser.left_for is None and browser.step == "sign_in":
        browser.sign_in()
    if browser.left_for is None:
        browser.agree(decision=decision)


def response(browser: Browser) -> str:
    """The JWT, which must be alone in the query."""
    parts = urlsplit(browser.left_for or "")
    assert not parts.fragment
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    assert list(params) == ["response"], params
    return params["response"]


def judged(
    site: Site, browser: Browser, party: RelyingParty, text: str, alg: str = "ES256"
) -> dict[str, Any]:
    """What it says, when all that ValidateJARMResponse and ValidateJARMExpRecommendations ask is right."""
    keys = browser.http.get(f"{site.url}/jwks").json()["keys"]
    named = [key for key in keys if key["kid"] == jwt_header(text)["kid"]]
    assert len(named) == 1
    claims: dict[str, Any] = jwt.decode(text, KeySet.import_key_set({"keys": named}), algorithms=[alg]).claims
    assert claims.pop("iss") == site.url
    assert claims.pop("aud") == party.client_id
    assert 10 <= claims.pop("exp") - time.time() <= 900
    assert claims.keys() <= {"code", "state", "session_state", "error", "error_description"}
    return claims


def answered(site: Site, browser: Browser, party: PushingParty, **params: str | None) -> dict[str, Any]:
    decision = params.pop("decision", None) or "allow"
    go(browser, party.visit(party.pushed(response_mode="jwt", **params)), decision)
    return judged(site, browser, party, response(browser))


def test_fapi2_discovery_end_point_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert {"jwt", "query.jwt", "fragment.jwt", "form_post.jwt"} <= set(found["response_modes_supported"])
    assert set(ALGS) <= set(found["authorization_signing_alg_values_supported"])
    assert "RSA-OAEP-256" in found["authorization_encryption_alg_values_supported"]
    assert "A256GCM" in found["authorization_encryption_enc_values_supported"]


def test_fapi2_happy_flow(site: Site, browser: Browser, party: PushingParty) -> None:
    answer = answered(site, browser, party)
    assert answer["state"] == "af0ifjsldkj"
    redeemed = party.redeem(answer["code"])
    assert redeemed.status_code == 200, redeemed.text
    assert party.userinfo(redeemed.json()["access_token"]).status_code == 200


def test_fapi2_user_rejects_authentication(site: Site, browser: Browser, party: PushingParty) -> None:
    answer = answered(site, browser, party, decision="deny")
    assert answer["error"] == "access_denied"
    assert answer["state"] == "af0ifjsldkj"
    assert "code" not in answer


def test_fapi2_ensure_authorization_request_without_state_success(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    assert "state" not in answered(site, browser, party, state=None)


def test_fapi2_ensure_authorization_request_with_long_state(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    state = "s" * 1000
    assert answered(site, browser, party, state=state)["state"] == state


def test_fapi2_par_attempt_reuse_request_uri(site: Site, browser: Browser, party: PushingParty) -> None:
    """An error page, or an error by whichever way; nothing is a code."""
    request_uri = party.pushed(response_mode="jwt")
    go(browser, party.visit(request_uri))
    assert "code" in judged(site, browser, party, response(browser))
    page = browser.open(party.visit(request_uri))
    if browser.left_for is None:
        assert page.status_code == 400
    else:
        assert "code" not in browser.left_for


def test_fapi2_the_registered_redirect_uri_keeps_its_query(site: Site, browser: Browser) -> None:
    """The second client's dummy1 and dummy2."""
    party = PushingParty.fapi2(
        site.url,
        redirect_uris=["https://rp.example/callback?dummy1=lorem&dummy2=ipsum"],
        authorization_signed_response_alg="ES256",
    )
    go(browser, party.visit(party.pushed(response_mode="jwt")))
    params = dict(parse_qsl(urlsplit(browser.left_for or "").query))
    assert list(params) == ["dummy1", "dummy2", "response"]
    assert judged(site, browser, party, params["response"])["code"]


@pytest.mark.filterwarnings(
    "ignore:EdDSA is deprecated"
)  # its newer name is not what the suite's clients know
@pytest.mark.parametrize("alg", ALGS)
def test_the_registered_algorithm_signs(site: Site, browser: Browser, alg: str) -> None:
    party = PushingParty.fapi2(site.url, authorization_signed_response_alg=alg)
    go(browser, party.visit(party.pushed(response_mode="jwt")))
    text = response(browser)
    assert jwt_header(text)["alg"] == alg
    assert judged(site, browser, party, text, alg)["code"]


def test_the_default_is_what_the_profile_allows(site: Site, browser: Browser) -> None:
    """JARM §3 says RS256, which FAPI 2.0 §5.4.1 forbids."""
    party = PushingParty.fapi2(site.url)
    go(browser, party.visit(party.pushed(response_mode="jwt")))
    assert jwt_header(response(browser))["alg"] == "ES256"
    plain = RelyingParty.register(site.url)
    go(browser, plain.authorize_url(response_mode="jwt"))
    assert jwt_header(response(browser))["alg"] == "RS256"


ENCRYPTED = [
    pytest.param(
        RSAKey.generate_key(2048, {"kid": "r", "use": "enc"}, auto_kid=False), "RSA-OAEP-256", id="RSA"
    ),
    pytest.param(ECKey.generate_key("P-256", {"kid": "e", "use": "enc"}), "ECDH-ES", id="EC"),
]


@pytest.mark.parametrize(("key", "alg"), ENCRYPTED)
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_the_response_is_encrypted_for_who_registers_that(
    site: Site, browser: Browser, key: Key, alg: str, decision: str
) -> None:
    party = RelyingParty.register(
        site.url,
        jwks={"keys": [key.as_dict(private=False)]},
        authorization_signed_response_alg="ES256",
        authorization_encrypted_response_alg=alg,
        authorization_encrypted_response_enc="A256GCM",
    )
    go(browser, party.authorize_url(response_mode="jwt"), decision)
    opened = jwe.decrypt_compact(response(browser), key, algorithms=[alg, "A256GCM"])
    assert opened.headers()["cty"] == "JWT"
    assert opened.plaintext is not None
    claims = judged(site, browser, party, opened.plaintext.decode())
    assert ("code" in claims) == (decision == "allow")


@pytest.mark.parametrize(
    ("mode", "way"), [("query.jwt", "query"), ("fragment.jwt", "fragment"), ("form_post.jwt", "form_post")]
)
def test_each_signed_mode_goes_its_own_way(site: Site, browser: Browser, mode: str, way: str) -> None:
    party = RelyingParty.register(site.url, authorization_signed_response_alg="ES256")
    go(browser, party.authorize_url(response_mode=mode))
    if way == "form_post":
        assert browser.left_for is None
        text = posted(browser.page.text, "https://rp.example/callback")["response"]
    else:
        parts = urlsplit(browser.left_for or "")
        assert getattr(parts, "fragment" if way == "query" else "query") == ""
        text = dict(parse_qsl(getattr(parts, way)))["response"]
    assert judged(site, browser, party, text)["code"]


def test_errors_of_a_request_come_signed_too(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url, authorization_signed_response_alg="ES256")
    browser.open(party.authorize_url(response_mode="jwt", prompt="none"))
    assert judged(site, browser, party, response(browser))["error"] == "login_required"
    browser.open(party.authorize_url(response_mode="jwt", resource="https://unknown.example/"))
    assert judged(site, browser, party, response(browser))["error"] == "invalid_target"


def test_tokens_never_stand_in_the_query_not_even_signed(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(
        site.url,
        grant_types=["implicit"],
        response_types=["id_token"],
        authorization_signed_response_alg="ES256",
    )
    browser.open(party.authorize_url(response_type="id_token", response_mode="query.jwt"))
    assert "invalid_request" in urlsplit(browser.left_for or "").fragment
    go(browser, party.authorize_url(response_type="id_token", response_mode="jwt"))
    text = dict(parse_qsl(urlsplit(browser.left_for or "").fragment))["response"]
    keys = KeySet.import_key_set(browser.http.get(f"{site.url}/jwks").json())
    assert jwt.decode(text, keys, algorithms=["ES256"]).claims["id_token"]
