"""The authorization code flow, black box over HTTP."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, SITI


def signed_in(
    browser: Browser,
    party: RelyingParty,
    who: str = BUDI,
    scope: str = "openid profile",
    **params: str | None,
) -> dict[str, str]:
    """The answer of a whole sign-in."""
    browser.open(party.authorize_url(scope, **params))
    if browser.step == "sign_in":
        browser.sign_in(who)
    if browser.left_for is None and browser.step == "consent":
        browser.agree("birthdate", "gender", "nik", "address", "email", "phone")
    return browser.answer()


def tokens(
    browser: Browser,
    party: RelyingParty,
    who: str = BUDI,
    scope: str = "openid profile",
    **params: str | None,
) -> dict[str, Any]:
    answer = party.redeem(signed_in(browser, party, who, scope, **params)["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def id_token_of(site: Site, answer: dict[str, Any]) -> dict[str, Any]:
    keys = KeySet.import_key_set(httpx2.get(f"{site.url}/jwks").json())
    found: dict[str, Any] = jwt.decode(
        answer["id_token"], keys, algorithms=["ES256", "RS256", "PS256", "EdDSA", "Ed25519"]
    ).claims
    return found


def test_a_citizen_signs_in_agrees_and_the_client_gets_what_was_agreed(
    site: Site, browser: Browser, party: RelyingParty
) -> None:
    answer = tokens(browser, party, scope="openid profile email")
    claims = id_token_of(site, answer)
    assert claims["iss"] == site.url
    assert claims["aud"] == party.client_id
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["acr"] == "urn:gapura:loa:low"
    assert claims["amr"] == ["pwd"]
    assert "name" not in claims  # the ID token stays thin
    info = party.userinfo(answer["access_token"]).json()
    assert info["sub"] == claims["sub"]
    assert info["name"] == "BUDI SANTOSO"
    assert info["birthdate"] == "1990-05-17"
    assert info["email"] == "budi.santoso@contoh.id"


def test_two_factors_give_the_level_substantial(site: Site, browser: Browser, party: RelyingParty) -> None:
    claims = id_token_of(site, tokens(browser, party, SITI, scope="openid nik"))
    assert claims["acr"] == "urn:gapura:loa:substantial"
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_a_voluntary_attribute_that_was_left_out_does_not_leave(browser: Browser, site: Site) -> None:
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url("openid profile"))
    browser.sign_in()
    browser.agree()
    answer = party.redeem(browser.answer()["code"]).json()
    assert set(party.userinfo(answer["access_token"]).json()) == {"sub", "name"}


def test_a_level_out_of_reach_leaves_the_scope_out_and_says_so(browser: Browser, party: RelyingParty) -> None:
    answer = tokens(browser, party, BUDI, scope="openid nik")
    assert answer["scope"] == "openid"
    assert "nik" not in party.userinfo(answer["access_token"]).json()


def test_a_consent_page_promises_nothing_that_the_level_keeps_back(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url("openid profile nik"))
    browser.sign_in(BUDI)
    assert browser.step == "consent"
    assert BUDI not in browser.page.text.replace(" ", "")


def test_the_second_visit_is_answered_at_once(browser: Browser, party: RelyingParty) -> None:
    signed_in(browser, party)
    browser.open(party.authorize_url())
    assert "code" in browser.answer()


def test_the_response_names_its_issuer_and_returns_the_state(
    site: Site, browser: Browser, party: RelyingParty
) -> None:
    answer = signed_in(browser, party)
    assert (answer["iss"], answer["state"]) == (site.url, "af0ifjsldkj")


def test_no_state_sent_none_returned(browser: Browser, party: RelyingParty) -> None:
    assert "state" not in signed_in(browser, party, state=None)


def test_a_code_is_refused_the_second_time_and_kills_the_first_token(
    browser: Browser, party: RelyingParty
) -> None:
    code = signed_in(browser, party)["code"]
    first = party.redeem(code).json()
    assert party.userinfo(first["access_token"]).status_code == 200
    second = party.redeem(code)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert party.userinfo(first["access_token"]).status_code == 401
    assert party.introspect(first["access_token"]) == {"active": False}


def test_a_code_of_another_client_is_refused(site: Site, browser: Browser, party: RelyingParty) -> None:
    other = RelyingParty.register(site.url)
    code = signed_in(browser, party)["code"]
    other.verifier = party.verifier
    assert other.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [{"code_verifier": "x" * 43}, {"code_verifier": ""}, {"redirect_uri": "https://rp.example/callback/"}],
    ids=[
        "RFC 7636 §4.6 wrong verifier",
        "RFC 9700 §2.1.1 no verifier",
        "RFC 6749 §4.1.3 another redirect_uri",
    ],
)
def test_a_code_is_bound_to_its_request(
    browser: Browser, party: RelyingParty, change: dict[str, str]
) -> None:
    code = signed_in(browser, party)["code"]
    assert party.redeem(code, **change).json()["error"] == "invalid_grant"
    assert party.redeem(code).json()["error"] == "invalid_grant"  # and it is spent


def test_refresh_tokens_rotate_and_a_replay_kills_the_family(browser: Browser, party: RelyingParty) -> None:
    first = tokens(browser, party, scope="openid profile offline_access", prompt="consent")
    second = party.refresh(first["refresh_token"]).json()
    again = party.refresh(first["refresh_token"]).json()  # within the grace: the same successor
    assert again["refresh_token"] == second["refresh_token"]
    third = party.refresh(second["refresh_token"]).json()
    assert party.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(third["access_token"]).status_code == 401


def test_offline_access_takes_consent(browser: Browser, site: Site) -> None:
    party = RelyingParty.register(site.url)
    answer = tokens(browser, party, scope="openid offline_access")
    assert "refresh_token" not in answer


SILENT = {
    "Core §3.1.2.6 nobody is signed in": ({}, "login_required"),
    "Core §3.1.2.1 none with another prompt": ({"prompt": "none login"}, "invalid_request"),
}


@pytest.mark.parametrize(("params", "error"), SILENT.values(), ids=SILENT.keys())
def test_a_silent_request_never_shows_a_page(
    browser: Browser, party: RelyingParty, params: dict[str, str], error: str
) -> None:
    browser.open(party.authorize_url(**{"prompt": "none", **params}))
    assert browser.answer()["error"] == error


def test_silent_after_a_sign_in_gives_a_code(browser: Browser, party: RelyingParty) -> None:
    signed_in(browser, party)
    browser.open(party.authorize_url(prompt="none"))
    assert "code" in browser.answer()


def test_prompt_login_asks_again_and_gives_a_new_auth_time(
    site: Site, browser: Browser, party: RelyingParty
) -> None:
    before = id_token_of(site, tokens(browser, party))
    browser.open(party.authorize_url(prompt="login"))
    assert browser.step == "sign_in"
    browser.sign_in()
    after = id_token_of(site, party.redeem(browser.answer()["code"]).json())
    assert after["auth_time"] >= before["auth_time"]
    assert after["sid"] == before["sid"]


def test_max_age_zero_counts(browser: Browser, party: RelyingParty) -> None:
    signed_in(browser, party)
    browser.open(party.authorize_url(max_age="0"))
    assert browser.step == "sign_in"
    browser.open(party.authorize_url(max_age="10000"))
    assert "code" in browser.answer()


def test_cancelling_goes_back_with_access_denied(browser: Browser, party: RelyingParty) -> None:
    browser.open(party.authorize_url())
    browser.submit(decision="deny")
    assert browser.answer()["error"] == "access_denied"


def test_an_interaction_opened_in_another_browser_does_nothing(
    site: Site, browser: Browser, party: RelyingParty
) -> None:
    browser.open(party.authorize_url())
    stranger = Browser(site.url)
    assert stranger.open(str(browser.page.url)).status_code == 403


def test_two_tabs_of_one_browser_each_have_their_own_way(browser: Browser, party: RelyingParty) -> None:
    browser.open(party.authorize_url(state="one"))
    first = browser.page
    browser.open(party.authorize_url(state="two"))
    browser.sign_in()
    if browser.step == "consent" and browser.left_for is None:
        browser.agree()
    assert browser.answer()["state"] == "two"
    browser.page = first
    browser.open(str(first.url))  # already signed in: the first tab goes on by itself
    assert browser.answer()["state"] == "one"


def test_a_form_without_its_token_is_refused(browser: Browser, party: RelyingParty) -> None:
    browser.open(party.authorize_url())
    answer = browser.post(str(browser.page.url), {"step": "sign_in", "identifier": BUDI, "password": "x"})
    assert answer.status_code == 403


def test_an_unknown_client_gets_a_page_with_a_request_id_and_no_redirect(browser: Browser) -> None:
    page = browser.open("/authorize?client_id=nobody&redirect_uri=https://evil.example/&response_type=code")
    assert page.status_code == 400
    assert page.headers["x-request-id"] in page.text
    assert "evil.example" not in page.text


def test_a_posted_request_comes_back_by_get(browser: Browser, party: RelyingParty) -> None:
    query = httpx2.URL(browser.origin + party.authorize_url()).params
    browser.page = httpx2.get(f"{browser.origin}/healthz")
    browser.post("/authorize", dict(query))
    assert browser.step == "sign_in"


def test_form_post_answers_with_a_form_that_needs_no_script(browser: Browser, party: RelyingParty) -> None:
    browser.open(party.authorize_url(response_mode="form_post"))
    browser.sign_in()
    if browser.step == "consent":
        browser.agree()
    assert 'action="https://rp.example/callback"' in browser.page.text
    assert re.search(r'name="code" value="[^"]+"', browser.page.text)
    assert "<button" in browser.page.text


def test_client_credentials_have_no_person(party: RelyingParty) -> None:
    answer = party.token(grant_type="client_credentials").json()
    assert "id_token" not in answer
    assert "refresh_token" not in answer
    assert party.userinfo(answer["access_token"]).status_code == 403


def test_a_revoked_token_is_dead_at_once(browser: Browser, party: RelyingParty) -> None:
    answer = tokens(browser, party)
    revoked = party.http.post(
        f"{party.issuer}/revoke", data={"token": answer["access_token"]}, auth=party.auth
    )
    assert revoked.status_code == 200
    assert party.userinfo(answer["access_token"]).status_code == 401


def test_the_clients_language_holds_until_the_person_chooses_another(
    browser: Browser, party: RelyingParty
) -> None:
    browser.open(party.authorize_url(ui_locales="en fr"))
    assert '<html lang="en"' in browser.page.text
    browser.post("/language", {"lang": "id", "next": browser.page.url.path})
    assert browser.step == "sign_in"
    assert '<html lang="id"' in browser.page.text
