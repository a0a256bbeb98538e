"""Request objects as oidcc-basic and oidcc-dynamic send them, by value and by reference (OpenID Connect Core §6).

Each function does what the module of its name does.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwe
from joserfc.jwk import JWKRegistry

from tests.conformance.key_party import new_key, signed, signed_in
from tests.conformance.oidcc import posted
from tests.conformance.pushing_party import turned_away
from tests.conformance.suite import Suite
from tests.site import Browser, RelyingParty, Site

CALLBACK = "https://rp.example/callback"


def plain(party: RelyingParty, **params: str | None) -> dict[str, str]:
    """What the module asks for: no PKCE."""
    address = party.authorize_url("openid", code_challenge=None, code_challenge_method=None, **params)
    return dict(parse_qsl(urlsplit(address).query))


def unsigned(claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts), ""])


def beside(params: dict[str, str], **more: str) -> str:
    """The address with what must be repeated outside, and no more."""
    repeated = {name: params[name] for name in ("client_id", "response_type", "scope", "redirect_uri")}
    return f"/authorize?{urlencode({**repeated, **more})}"


def succeeds(browser: Browser, party: RelyingParty, address: str, params: dict[str, str]) -> None:
    answer = signed_in(browser, address)
    assert answer.get("state") == params["state"], answer
    party.verifier = ""
    redeemed = party.redeem(answer["code"])
    assert redeemed.status_code == 200, redeemed.text
    claims = json.loads(base64.urlsafe_b64decode(redeemed.json()["id_token"].split(".")[1] + "=="))
    assert claims["nonce"] == params["nonce"]


@pytest.fixture
def request_uri(suite: Suite) -> str:
    """As the suite registers it: with a fragment that nobody can foresee."""
    return f"{suite.url}/requesturi/{secrets.token_hex(8)}#{secrets.token_hex(8)}"


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    site: Site, browser: Browser
) -> None:
    party = RelyingParty.register(site.url)
    params = plain(party)
    succeeds(browser, party, beside(params, request=unsigned(params)), params)


def test_oidcc_ensure_request_object_with_redirect_uri(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    params = plain(party)
    address = beside({**params, "redirect_uri": CALLBACK + "_invalid"}, request=unsigned(params))
    succeeds(browser, party, address, params)
    assert browser.left_for is not None
    assert browser.left_for.startswith(CALLBACK + "?")


@pytest.mark.parametrize("response_mode", [None, "form_post"])
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    site: Site, browser: Browser, suite: Suite, request_uri: str, response_mode: str | None
) -> None:
    """Here it is supported; the redirect comes in the way that the object asks for."""
    party = RelyingParty.register(site.url, request_uris=[request_uri])
    params = plain(party, response_mode=response_mode)
    suite.keep(unsigned(params), urlsplit(request_uri).path)
    browser.open(beside(params, request_uri=request_uri))
    browser.sign_in()
    browser.agree()
    if response_mode is None:
        assert browser.answer()["state"] == params["state"]
    else:
        assert posted(browser.page.text, CALLBACK)["state"] == params["state"]


def test_oidcc_request_uri_unsigned(site: Site, browser: Browser, suite: Suite, request_uri: str) -> None:
    party = RelyingParty.register(site.url, request_uris=[request_uri])
    assert party.registration["request_uris"] == [request_uri]
    params = plain(party)
    suite.keep(unsigned(params), urlsplit(request_uri).path)
    succeeds(browser, party, beside(params, request_uri=request_uri), params)


def test_oidcc_request_uri_signed_rs256(site: Site, browser: Browser, suite: Suite, request_uri: str) -> None:
    key = new_key("RS256")
    party = RelyingParty.register(
        site.url,
        request_uris=[request_uri],
        request_object_signing_alg="RS256",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    params = plain(party)
    text = signed(key, {**params, "iss": party.client_id, "aud": site.url})
    suite.keep(text, urlsplit(request_uri).path)
    succeeds(browser, party, beside(params, request_uri=request_uri), params)
    suite.keep(unsigned(params), urlsplit(request_uri).path)
    assert turned_away(browser, beside(params, request_uri=request_uri)) == (303, "invalid_request_object")


def test_nobody_makes_us_call_what_is_not_registered(
    site: Site, browser: Browser, suite: Suite, request_uri: str
) -> None:
    party = RelyingParty.register(site.url, request_uris=[request_uri])
    called = len(suite.asked)
    for other in (f"{suite.url}/other", request_uri + "x", request_uri.partition("#")[0]):
        address = beside(plain(party), request_uri=other)
        assert turned_away(browser, address) == (303, "invalid_request_uri")
    assert len(suite.asked) == called


def test_what_lies_behind_the_guard_is_not_called(site: Site, browser: Browser) -> None:
    """A registered address that leads into the operator's own network."""
    party = RelyingParty.register(site.url, request_uris=["https://127.0.0.1:9/request", f"{site.url}/jwks"])
    for request_uri in party.registration["request_uris"]:
        address = beside(plain(party), request_uri=request_uri)
        assert turned_away(browser, address) == (303, "invalid_request_uri")


def test_a_reference_to_nothing_is_told(site: Site, browser: Browser, suite: Suite, request_uri: str) -> None:
    party = RelyingParty.register(site.url, request_uris=[request_uri])
    address = beside(plain(party), request_uri=request_uri)
    assert turned_away(browser, address) == (303, "invalid_request_uri")
    suite.documents[urlsplit(request_uri).path] = b"x" * 100_000
    assert turned_away(browser, address) == (303, "invalid_request_uri")


def test_what_the_object_leaves_out_is_read_outside_and_what_it_says_wins(
    site: Site, browser: Browser
) -> None:
    party = RelyingParty.register(site.url)
    params = plain(party)
    inside = {name: params[name] for name in ("client_id", "nonce")} | {"state": "inside", "max_age": 3600}
    address = beside(params, request=unsigned(inside), state="outside", prompt="login")
    browser.open(address)
    assert browser.step == "sign_in"
    succeeds(browser, party, str(browser.page.url), {**params, "state": "inside"})


BAD = {
    "RFC 9101 §5 another's client_id": ({"client_id": "other"}, "invalid_request_object"),
    "Core §6.1 another response_type": ({"response_type": "token"}, "invalid_request"),
    "RFC 9101 §4 request within": ({"request": "a.b.c"}, "invalid_request_object"),
    "RFC 9101 §4 aud of another": ({"aud": "https://other.example"}, "invalid_request_object"),
    "Core §3.1.2.6 registration": ({"registration": {"client_name": "x"}}, "registration_not_supported"),
    "RFC 6749 §3.1.2.4 redirect_uri within": ({"redirect_uri": "https://evil.example/"}, ""),
}


@pytest.mark.parametrize(("changes", "error"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_object_goes_back_where_the_query_says(
    site: Site, browser: Browser, changes: dict[str, Any], error: str
) -> None:
    party = RelyingParty.register(site.url)
    params = plain(party)
    address = beside(params, request=unsigned({**params, **changes}))
    assert turned_away(browser, address) == ((303, error) if error else (400, ""))


def test_an_object_that_can_t_be_read_is_a_page_where_nobody_can_be_told(
    site: Site, browser: Browser
) -> None:
    party = RelyingParty.register(site.url)
    address = beside({**plain(party), "redirect_uri": "https://evil.example/"}, request="no.request.object")
    assert turned_away(browser, address) == (400, "")


def test_request_and_request_uri_exclude_one_another(site: Site, browser: Browser, request_uri: str) -> None:
    party = RelyingParty.register(site.url, request_uris=[request_uri])
    params = plain(party)
    address = beside(params, request=unsigned(params), request_uri=request_uri)
    assert turned_away(browser, address) == (303, "invalid_request")


def test_a_client_that_must_push_is_told_so(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url, require_pushed_authorization_requests=True)
    params = plain(party)
    assert turned_away(browser, beside(params)) == (303, "invalid_request")
    assert turned_away(browser, beside(params, request=unsigned(params))) == (303, "invalid_request")
    pushed = party.http.post(f"{site.url}/par", data=params, auth=party.auth)
    assert pushed.status_code == 201, pushed.text
    address = f"/authorize?{urlencode({'client_id': party.client_id, **pushed.json()})}"
    succeeds(browser, party, address, params)


def test_a_public_client_may_push(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(
        site.url, token_endpoint_auth_method="none", grant_types=["authorization_code"]
    )
    params = dict(parse_qsl(urlsplit(party.authorize_url("openid")).query))
    pushed = party.http.post(f"{site.url}/par", data=params)
    assert pushed.status_code == 201, pushed.text
    address = f"/authorize?{urlencode({'client_id': party.client_id, **pushed.json()})}"
    assert "code" in signed_in(browser, address)


def test_a_client_that_must_sign_is_told_so(site: Site, browser: Browser) -> None:
    key = new_key()
    jwks = {"keys": [key.as_dict(private=False)]}
    party = RelyingParty.register(site.url, require_signed_request_object=True, jwks=jwks)
    params = plain(party)
    assert turned_away(browser, beside(params)) == (303, "invalid_request")
    assert turned_away(browser, beside(params, request=unsigned(params))) == (303, "invalid_request_object")
    address = beside(params, request=signed(key, params), state="outside")
    succeeds(browser, party, address, params)


@pytest.mark.parametrize("kty", ["RSA", "EC"])
def test_an_encrypted_request_object_is_read(site: Site, browser: Browser, kty: str) -> None:
    """Core §6.1, RFC 9101 §6.1: signed first, then encrypted to a key that the JWKS offers for it."""
    keys = browser.http.get(f"{site.url}/jwks").json()["keys"]
    ours = JWKRegistry.import_key(next(k for k in keys if k.get("use") == "enc" and k["kty"] == kty))
    alg = {"RSA": "RSA-OAEP-256", "EC": "ECDH-ES"}[kty]
    mine = new_key()
    party = RelyingParty.register(
        site.url,
        jwks={"keys": [mine.as_dict(private=False)]},
        require_signed_request_object=True,
        request_object_encryption_alg=alg,
        request_object_encryption_enc="A256GCM",
    )
    params = plain(party)
    header = {"alg": alg, "enc": "A256GCM", "kid": ours.kid, "cty": "JWT"}
    text = jwe.encrypt_compact(header, signed(mine, params), ours, algorithms=[alg, "A256GCM"])
    succeeds(browser, party, beside(params, request=text), params)


def test_the_sandboxs_sign_in_takes_request_objects_too(site: Site) -> None:
    party = RelyingParty.register(site.url)
    params = plain(party)
    form = {"request": unsigned(params), "nik": "3171011785900001", "decision": "allow"}
    answer = party.http.post(f"{site.url}/sandbox/sign-in", data=form, auth=party.auth)
    assert answer.status_code == 303, answer.text
    pushed = party.http.post(f"{site.url}/par", data=params, auth=party.auth).json()["request_uri"]
    form = {"request_uri": pushed, "nik": "3171011785900001", "decision": "deny"}
    for status in (303, 400):
        answer = party.http.post(f"{site.url}/sandbox/sign-in", data=form, auth=party.auth)
        assert answer.status_code == status, answer.text
