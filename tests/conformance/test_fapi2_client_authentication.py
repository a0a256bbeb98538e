"""What FAPI 2.0's modules ask of client authentication and codes (fapi2-security-profile-final, private_key_jwt with DPoP)."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from tests.conformance.key_party import ASSERTION_TYPE, new_key, signed_in
from tests.conformance.pushing_party import PushingParty, refused
from tests.site import Browser, Site


@pytest.fixture(scope="module", params=["PS256", "ES256", "EdDSA"])
def party(request: pytest.FixtureRequest, site: Site) -> PushingParty:
    return PushingParty.fapi2(site.url, request.param)


def code_of(party: PushingParty, browser: Browser) -> str:
    return signed_in(browser, party.visit(party.pushed()))["code"]


def redeemed_by(party: PushingParty, code: str, **claims: Any) -> httpx2.Response:
    """With a client assertion that differs by these claims."""
    return party.proven("/token", {**party.code_form(code), **party.proof_of_client(**claims)})


FAULTY: dict[str, dict[str, Any]] = {
    "fapi2_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails": {"exp": int(time.time()) - 300},
    "fapi2_ensure_client_assertion_with_wrong_aud_fails": {"aud": "https://bpjs.example"},
    "the token endpoint as aud": {"aud": "token_endpoint"},
    "an array as aud": {"aud": ["issuer", "https://bpjs.example"]},
    "fapi2_ensure_client_assertion_with_no_sub_fails": {"sub": None},
    "no iss": {"iss": None},
    "no jti": {"jti": None},
    "no exp": {"exp": None},
    "nbf a minute ahead": {"nbf": int(time.time()) + 3600, "iat": int(time.time()) + 3600},
}


@pytest.mark.parametrize("fault", FAULTY)
def test_fapi2_an_assertion_with_a_fault_proves_nothing(
    site: Site, browser: Browser, party: PushingParty, fault: str
) -> None:
    claims = dict(FAULTY[fault])
    if claims.get("aud") == "token_endpoint":
        claims["aud"] = f"{site.url}/token"
    if isinstance(claims.get("aud"), list):
        claims["aud"] = [site.url, *claims["aud"][1:]]
    code = code_of(party, browser)
    answer = redeemed_by(party, code, **claims)
    assert refused(answer) == (401, "invalid_client")
    description = answer.json()["error_description"]
    assert description.isascii()
    assert not set('"\\\r\n\t') & set(description)
    assert party.redeem(code).status_code == 200, "whoever failed to prove themselves has spent nothing"


def test_fapi2_ensure_signed_client_assertion_with_rs256_fails(site: Site, browser: Browser) -> None:
    party = PushingParty.fapi2(site.url, "PS256")
    code = code_of(party, browser)
    bare = {name: value for name, value in party.key.as_dict(private=True).items() if name != "alg"}
    weak = type(party.key).import_key(bare)
    own, party.key = party.key, weak
    assertion = party.assertion(alg="RS256")
    party.key = own
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **party.code_form(code)}
    assert refused(party.proven("/token", form)) == (401, "invalid_client")


def test_fapi2_ensure_client_assertion_in_token_endpoint(browser: Browser, party: PushingParty) -> None:
    form = {"client_id": party.client_id, **party.code_form(code_of(party, browser))}
    answer = party.http.post(f"{party.issuer}/token", data=form)
    assert refused(answer) == (401, "invalid_client")


def test_fapi2_ensure_client_id_in_token_endpoint(site: Site, browser: Browser, party: PushingParty) -> None:
    """The second client's id everywhere, the first client's key and code."""
    other = PushingParty.fapi2(site.url)
    code = code_of(party, browser)
    form = {
        "client_id": other.client_id,
        **party.proof_of_client(iss=other.client_id, sub=other.client_id),
        **party.code_form(code),
    }
    assert refused(party.proven("/token", form)) == (401, "invalid_client")
    mixed = {"client_id": other.client_id, **party.proof_of_client(), **party.code_form(code)}
    assert refused(party.proven("/token", mixed)) == (400, "invalid_request")


def test_fapi2_an_assertion_is_used_once(browser: Browser, party: PushingParty) -> None:
    form = {**party.params(), **party.proof_of_client()}
    assert party.http.post(f"{party.issuer}/par", data=form).status_code == 201
    assert refused(party.http.post(f"{party.issuer}/par", data=form)) == (401, "invalid_client")
    again = {**party.code_form("any"), **{k: v for k, v in form.items() if k.startswith("client_assertion")}}
    assert refused(party.proven("/token", again)) == (401, "invalid_client"), "nor elsewhere"
    assert browser.origin == party.issuer


def test_fapi2_ensure_authorization_code_is_bound_to_client(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    other = PushingParty.fapi2(site.url)
    assert refused(other.redeem(code_of(party, browser))) == (400, "invalid_grant")


def test_fapi2_attempt_reuse_authorization_code_after_one_second(
    browser: Browser, party: PushingParty
) -> None:
    code = code_of(party, browser)
    first = party.redeem(code)
    token = first.json()["access_token"]
    assert party.userinfo(token).status_code == 200
    time.sleep(1)
    assert refused(party.redeem(code)) == (400, "invalid_grant")
    dead = party.userinfo(token)
    assert dead.status_code == 401
    assert "invalid_token" in dead.headers["WWW-Authenticate"]


def test_fapi2_ensure_token_endpoint_fails_with_expired_auth_code(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    code = code_of(party, browser)
    [(lives,)] = site.rows(
        "select code_expires_at - created_at from grants where client_id = %s order by created_at desc limit 1",
        party.client_id,
    )
    assert lives.total_seconds() <= 60  # type: ignore[attr-defined]
    site.rows(
        "update grants set code_expires_at = now() - interval '2 seconds' where client_id = %s and redeemed_at is null",
        party.client_id,
    )
    assert refused(party.redeem(code)) == (400, "invalid_grant")


@pytest.mark.parametrize("accept", ["application/json;charset=UTF-8", "*/*, application/json"])
def test_fapi2_happy_flow_of_a_resource(browser: Browser, party: PushingParty, accept: str) -> None:
    """Accept headers in their variants, and no token in the query (FAPI 2.0 §5.3.4)."""
    redeemed = party.redeem(code_of(party, browser)).json()
    assert redeemed["expires_in"] > 0
    token, url = redeemed["access_token"], f"{party.issuer}/userinfo"
    assert party.http.get(url, params={"access_token": token}).status_code == 401
    party.http.headers["Accept"] = accept
    answer = party.userinfo(token)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["date"]


def test_a_key_of_somebody_else_signs_nothing(party: PushingParty) -> None:
    own, party.key = party.key, new_key()
    answer = party.push()
    party.key = own
    assert refused(answer) == (401, "invalid_client")
