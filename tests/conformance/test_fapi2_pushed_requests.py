"""What FAPI 2.0's modules send to the pushed authorization request endpoint, plain and as signed request objects.

Of fapi2-security-profile-final and fapi2-message-signing-final; each function does what the module of its name does.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import Counter
from typing import Any

import pytest
import redis
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.key_party import new_key, signed_in
from tests.conformance.pushing_party import PAR, PushingParty, refused, turned_away
from tests.site import Browser, Site

DUMMY = "https://rp.example/callback?dummy1=lorem&dummy2=ipsum"


@pytest.fixture(params=["unsigned", "signed_non_repudiation"])
def party(site: Site, request: pytest.FixtureRequest) -> PushingParty:
    return party_of(site, signs=request.param != "unsigned")


def party_of(site: Site, *, signs: bool, **metadata: Any) -> PushingParty:
    party = PushingParty.fapi2(site.url, require_signed_request_object=signs, **metadata)
    party.signs = signs
    return party


def id_token_of(site: Site, browser: Browser, party: PushingParty, code: str) -> dict[str, object]:
    """Of a code that is redeemed, and whose access token opens userinfo."""
    redeemed = party.redeem(code)
    assert redeemed.status_code == 200, redeemed.text
    assert party.userinfo(redeemed.json()["access_token"]).status_code == 200
    keys = KeySet.import_key_set(browser.http.get(f"{site.url}/jwks").json())
    return dict(jwt.decode(redeemed.json()["id_token"], keys, algorithms=["ES256"]).claims)


def succeeds(site: Site, browser: Browser, party: PushingParty, **params: str | None) -> dict[str, object]:
    """Through the whole flow with what is pushed; the ID token."""
    answer = signed_in(browser, party.visit(party.pushed(**params)))
    assert answer["iss"] == site.url
    assert answer.get("state") == party.params(**params).get("state")
    return id_token_of(site, browser, party, answer["code"])


def entropy(text: str) -> float:
    """As the suite counts it: Shannon's, of the text itself."""
    counted = Counter(text).values()
    return -len(text) * sum(n / len(text) * math.log2(n / len(text)) for n in counted)


def test_fapi2_happy_flow(site: Site, browser: Browser, party: PushingParty) -> None:
    answer = party.push()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert 0 < answer.json()["expires_in"] < 600
    assert entropy(answer.json()["request_uri"].rpartition(":")[2]) > 96
    # the redirect repeats what RFC 6749 wants there
    repeated = {name: party.params()[name] for name in ("response_type", "scope", "redirect_uri")}
    back = signed_in(browser, party.visit(answer.json()["request_uri"], **repeated))
    assert (back["iss"], back["state"]) == (site.url, party.params()["state"])
    assert id_token_of(site, browser, party, back["code"])["nonce"] == party.params()["nonce"]


def test_fapi2_happy_flow_of_the_second_client(site: Site, browser: Browser) -> None:
    """A query in its redirect URI, a long state, the type of the object, `dpop_jkt`."""
    party = party_of(site, signs=True, redirect_uris=[DUMMY])
    asked = party.params(state=secrets.token_hex(64), dpop_jkt=party.jkt)
    text = party.request_object(asked, iat=int(time.time()), typ="oauth-authz-req+jwt")
    pushed = party.post(PAR, {"request": text})
    assert pushed.status_code == 201, pushed.text
    back = signed_in(browser, party.visit(pushed.json()["request_uri"]))
    assert (back["dummy1"], back["dummy2"], back["state"]) == ("lorem", "ipsum", asked["state"])
    assert id_token_of(site, browser, party, back["code"])


def test_fapi2_user_rejects_authentication(browser: Browser, party: PushingParty) -> None:
    browser.open(party.visit(party.pushed()))
    browser.submit(decision="deny")
    answer = browser.answer()
    assert (answer["error"], answer["state"]) == ("access_denied", party.params()["state"])


def test_fapi2_ensure_authorization_request_without_state_success(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    succeeds(site, browser, party, state=None)


def test_fapi2_ensure_authorization_request_without_nonce_success(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    assert "nonce" not in succeeds(site, browser, party, nonce=None)


@pytest.mark.parametrize(
    "length",
    [
        pytest.param(64, id="fapi2_ensure_authorization_request_with_64_char_nonce_success"),
        pytest.param(384, id="fapi2_ensure_authorization_request_with_long_nonce"),
    ],
)
def test_fapi2_a_long_nonce_comes_back(
    site: Site, browser: Browser, party: PushingParty, length: int
) -> None:
    nonce = secrets.token_hex(length // 2)
    assert succeeds(site, browser, party, nonce=nonce)["nonce"] == nonce


def test_fapi2_ensure_authorization_request_with_long_state(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    succeeds(site, browser, party, state=secrets.token_hex(500))


def test_fapi2_ensure_other_scope_order_succeeds(site: Site, browser: Browser, party: PushingParty) -> None:
    succeeds(site, browser, party, scope="profile openid")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=f"fapi2_ensure_different_{name}_inside_and_outside_request_object")
        for name in ("nonce", "state")
    ],
)
def test_fapi2_what_stands_outside_is_ignored(
    site: Site, browser: Browser, party: PushingParty, name: str
) -> None:
    answer = signed_in(browser, party.visit(party.pushed(), **{name: "something-else"}))
    assert answer["state"] == party.params()["state"]
    assert id_token_of(site, browser, party, answer["code"])["nonce"] == party.params()["nonce"]


def test_fapi2_state_only_outside_request_object_not_used(browser: Browser, party: PushingParty) -> None:
    answer = signed_in(browser, party.visit(party.pushed(state=None), state="outside"))
    assert "code" in answer
    assert "state" not in answer


def test_fapi2_ensure_request_object_without_redirect_uri_fails(site: Site, party: PushingParty) -> None:
    """Of one registered it is the one; of two nobody knows which."""
    assert party.push(redirect_uri=None).status_code == 201
    two = party_of(site, signs=party.signs, redirect_uris=[DUMMY, "https://rp.example/callback"])
    answer = two.push(redirect_uri=None)
    assert refused(answer) == (400, "invalid_request")
    assert answer.json()["error_description"] == "redirect_uri is missing, and 2 are registered"


def test_fapi2_ensure_redirect_uri_in_authorization_request(site: Site, party: PushingParty) -> None:
    """Its second client has two to choose from, and the one that came is the one that was pushed."""
    two = party_of(site, signs=party.signs, redirect_uris=[DUMMY, "https://rp.example/callback"])
    assert refused(two.push(redirect_uri=None)) == (400, "invalid_request")
    browser = Browser(site.url)
    signed_in(browser, two.visit(two.pushed(redirect_uri="https://rp.example/callback")))
    assert str(browser.left_for).startswith("https://rp.example/callback?code=")


def test_fapi2_plain_fapi_tolerate_unregistered_redirect_uri(party: PushingParty) -> None:
    answer = party.push(redirect_uri=f"https://rp.example/{secrets.token_hex(8)}")
    assert refused(answer) == (400, "invalid_request")
    assert "redirect_uri" in answer.json()["error_description"]


def test_fapi2_ensure_unsigned_authorization_request_without_using_par_fails(
    browser: Browser, party: PushingParty
) -> None:
    assert turned_away(browser, party.authorize_url()) == (303, "invalid_request")
    assert browser.answer()["state"] == party.params()["state"]


def test_a_request_object_in_the_address_is_no_pushed_one(browser: Browser, party: PushingParty) -> None:
    text = party.request_object(party.params())
    address = party.authorize_url(request=text)
    assert turned_away(browser, address) == (303, "invalid_request")


@pytest.mark.parametrize(
    "response_type",
    [
        pytest.param("code id_token", id="fapi2_ensure_response_type_code_idtoken_fails"),
        pytest.param("token", id="fapi2_ensure_response_type_token_fails"),
    ],
)
def test_fapi2_another_response_type_fails(party: PushingParty, response_type: str) -> None:
    status, error = refused(party.push(response_type=response_type))
    assert status == 400
    assert error in {"unsupported_response_type", "invalid_request", "unauthorized_client"}


def test_fapi2_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    address = party.visit(party.pushed())
    browser.open(address)
    assert browser.step == "sign_in"
    answer = signed_in(browser, address)
    assert id_token_of(site, browser, party, answer["code"])


def test_fapi2_par_attempt_reuse_request_uri(browser: Browser, party: PushingParty) -> None:
    address = party.visit(party.pushed(), redirect_uri=party.params()["redirect_uri"])
    signed_in(browser, address)
    assert turned_away(browser, address) == (303, "invalid_request_uri")


def test_fapi2_par_attempt_reuse_request_uri_after_a_no(browser: Browser, party: PushingParty) -> None:
    address = party.visit(party.pushed())
    signed_in(browser, address, decision="deny")
    assert turned_away(browser, address) == (303, "invalid_request_uri")


def test_fapi2_par_attempt_to_use_expired_request_uri(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    address = party.visit(party.pushed())
    with redis.Redis.from_url(site.redis_url) as raw:
        keys = raw.keys("{pushed:*")
        assert all(0 < raw.ttl(key) <= 60 for key in keys)
        raw.delete(*keys)  # as a minute does it
    assert turned_away(browser, address) == (303, "invalid_request_uri")


def test_a_used_request_uri_is_a_page_where_nobody_can_be_told(site: Site, browser: Browser) -> None:
    party = party_of(site, signs=False, redirect_uris=[DUMMY, "https://rp.example/callback"])
    address = party.visit(party.pushed())
    signed_in(browser, address)
    assert turned_away(browser, address) == (400, "")


def test_fapi2_par_attempt_to_use_request_uri_for_different_client(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    other = party_of(site, signs=party.signs)
    request_uri = party.pushed()
    assert turned_away(browser, other.visit(request_uri)) == (303, "invalid_request_uri")
    assert "code" in signed_in(browser, party.visit(request_uri))  # and nothing is lost by it


def test_a_request_uri_is_the_first_browsers_alone(site: Site, browser: Browser, party: PushingParty) -> None:
    address = party.visit(party.pushed())
    browser.open(address)
    stranger = Browser(site.url)
    assert turned_away(stranger, address) == (303, "invalid_request_uri")
    assert "state" not in stranger.answer()
    assert "code" in signed_in(browser, address)


def test_two_tabs_of_one_pushed_request_get_one_answer(browser: Browser, party: PushingParty) -> None:
    address = party.visit(party.pushed())
    browser.open(address)
    first = browser.page
    assert "code" in signed_in(browser, address)
    browser.page = first
    browser.open(str(first.url))
    assert browser.left_for is None


def test_a_posted_request_uri_is_as_good_as_one_in_the_address(browser: Browser, party: PushingParty) -> None:
    browser.page = browser.http.get(f"{browser.origin}/healthz")
    browser.post("/authorize", {"client_id": party.client_id, "request_uri": party.pushed()})
    assert browser.step == "sign_in"
    browser.sign_in()
    browser.agree()
    assert "code" in browser.answer()


def test_fapi2_par_authorization_request_containing_request_uri_form_param(party: PushingParty) -> None:
    bad = "urn:ietf:params:oauth:request_uri:bwc4JK-ESC0w8acc191e-Y1LTC2"
    answer = party.post(PAR, {**party.params(), "request_uri": bad})
    assert refused(answer) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_fapi2_par_attempt_invalid_http_method(party: PushingParty, method: str) -> None:
    answer = party.http.request(method, f"{party.issuer}{PAR}")
    assert answer.status_code == 405


def test_fapi2_par_ensure_pkce_required(party: PushingParty) -> None:
    answer = party.push(code_challenge=None, code_challenge_method=None)
    assert refused(answer) == (400, "invalid_request")


@pytest.mark.parametrize("method", [None, "plain"])
def test_fapi2_par_plain_pkce_rejected(party: PushingParty, method: str | None) -> None:
    assert refused(party.push(code_challenge_method=method)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(None, id="fapi2_ensure_pkce_code_verifier_required"),
        pytest.param("x" * 43, id="fapi2_incorrect_pkce_code_verifier_rejected"),
    ],
)
def test_fapi2_a_code_without_its_verifier_is_worth_nothing(
    browser: Browser, party: PushingParty, verifier: str | None
) -> None:
    form = party.code_form(signed_in(browser, party.visit(party.pushed()))["code"])
    del form["code_verifier"]
    sent = form if verifier is None else {**form, "code_verifier": verifier}
    assert refused(party.token(**sent)) == (400, "invalid_grant")


def test_fapi2_par_without_duplicate_parameters(site: Site, browser: Browser, party: PushingParty) -> None:
    succeeds(site, browser, party)


AUDIENCES = {
    "fapi2_par_test_array_as_audience_fails": lambda issuer: [issuer, "https://other.example"],
    "fapi2_par_test_par_endpoint_url_as_audience_fails": lambda issuer: f"{issuer}/par",
    "fapi2_par_test_token_endpoint_url_as_audience_fails": lambda issuer: f"{issuer}/token",
}


@pytest.mark.parametrize("audience", AUDIENCES.values(), ids=AUDIENCES.keys())
def test_fapi2_par_audience(site: Site, party: PushingParty, audience: object) -> None:
    assert callable(audience)
    answer = party.post(PAR, {**party.params(), **party.proof_of_client(aud=audience(site.url))})
    assert refused(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("ahead", "status"),
    [
        pytest.param(
            8, 201, id="fapi2_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted"
        ),
        pytest.param(
            70, 401, id="fapi2_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails"
        ),
    ],
)
def test_fapi2_an_assertion_from_the_future(site: Site, ahead: int, status: int) -> None:
    party, later = party_of(site, signs=False), int(time.time()) + ahead
    proof = party.proof_of_client(iat=later, nbf=later, exp=later + 60)
    assert party.post(PAR, {**party.params(), **proof}).status_code == status


def test_fapi2_ensure_mismatched_dpop_jkt_fails(party: PushingParty) -> None:
    asked = party.params(dpop_jkt=new_key().thumbprint())
    form = {"request": party.request_object(asked)} if party.signs else asked
    status, error = refused(party.proven(PAR, form))
    assert (status, error) == (400, "invalid_dpop_proof")


def test_fapi2_ensure_dpopproof_at_par_endpoint_binding_success(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    asked = party.params()
    pushed = party.proven(PAR, {"request": party.request_object(asked)} if party.signs else asked)
    assert pushed.status_code == 201, pushed.text
    answer = signed_in(browser, party.visit(pushed.json()["request_uri"]))
    assert id_token_of(site, browser, party, answer["code"])


def test_fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    browser: Browser, party: PushingParty
) -> None:
    """The proof at PAR binds the code, without any `dpop_jkt`."""
    asked = party.params()
    pushed = party.proven(PAR, {"request": party.request_object(asked)} if party.signs else asked)
    answer = signed_in(browser, party.visit(pushed.json()["request_uri"]))
    party.bound = new_key()
    status, error = refused(party.redeem(answer["code"]))
    assert status == 400
    assert error in {"invalid_request", "invalid_grant", "invalid_dpop_proof"}


def test_fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_jkt_when_pushed(
    browser: Browser, party: PushingParty
) -> None:
    answer = signed_in(browser, party.visit(party.pushed(dpop_jkt=new_key().thumbprint())))
    status, error = refused(party.redeem(answer["code"]))
    assert status == 400
    assert error in {"invalid_request", "invalid_grant", "invalid_dpop_proof"}


UNKNOWN = {
    "no client": ({}, 401, "invalid_client"),
    "RFC 9126 §2.1 a secret that is none": ({"client_id": "x", "client_secret": "y"}, 401, "invalid_client"),
}


@pytest.mark.parametrize(("form", "status", "error"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_who_doesn_t_prove_to_be_a_client_pushes_nothing(
    party: PushingParty, form: dict[str, str], status: int, error: str
) -> None:
    answer = party.http.post(f"{party.issuer}{PAR}", data={"response_type": "code", **form})
    assert refused(answer) == (status, error)


def test_a_pushed_request_of_megabytes_is_not_read(party: PushingParty) -> None:
    answer = party.post(PAR, {"request": "x" * 60_000})
    assert answer.status_code in {400, 413}
    answer = party.http.post(f"{party.issuer}{PAR}", data={"request": "x" * 2_000_000})
    assert answer.status_code == 413
