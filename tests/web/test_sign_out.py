"""Signing out (OpenID Connect RP-Initiated Logout), black box; what portals are told is tested with the portals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.site import Browser, RelyingParty, Site
from tests.web.test_authorization_code import tokens

AFTER = "https://rp.example/signed-out"


@pytest.fixture(scope="module")
def leaving(site: Site) -> RelyingParty:
    return RelyingParty.register(site.url, post_logout_redirect_uris=[AFTER])


def test_with_a_hint_it_ends_at_once_and_goes_back_with_the_state(
    browser: Browser, leaving: RelyingParty
) -> None:
    hint = tokens(browser, leaving)["id_token"]
    browser.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER}&state=xyz")
    assert browser.left_for == f"{AFTER}?state=xyz"
    browser.open(leaving.authorize_url(prompt="none"))
    assert browser.answer()["error"] == "login_required"


def test_without_a_hint_the_person_is_asked_first(browser: Browser, leaving: RelyingParty) -> None:
    tokens(browser, leaving)
    browser.open("/logout")
    assert 'value="allow"' in browser.page.text
    assert "Layanan Uji" in browser.page.text  # what would be left, too
    browser.submit(decision="deny")
    browser.open(leaving.authorize_url(prompt="none"))
    assert "code" in browser.answer()
    browser.open("/logout")
    browser.submit(decision="allow")
    assert "Anda sudah keluar" in browser.page.text


def test_nobody_signed_in_is_told_so(browser: Browser) -> None:
    assert "Anda sudah keluar" in browser.open("/logout").text


Spoil = Callable[[str], str]
UNPROVEN: dict[str, Spoil] = {
    "no hint": lambda _: f"post_logout_redirect_uri={AFTER}",
    "a changed hint": lambda hint: f"id_token_hint={hint[:-4]}AAAA&post_logout_redirect_uri={AFTER}",
    "an unsigned hint": lambda hint: (
        f"id_token_hint={hint.rsplit('.', 1)[0]}.&post_logout_redirect_uri={AFTER}"
    ),
    "a URI with an added query": lambda hint: f"id_token_hint={hint}&post_logout_redirect_uri={AFTER}?a=b",
}


@pytest.mark.parametrize("query", UNPROVEN.values(), ids=UNPROVEN.keys())
def test_nobody_is_sent_where_the_client_did_not_register(
    browser: Browser, leaving: RelyingParty, query: Spoil
) -> None:
    hint = tokens(browser, leaving)["id_token"]
    browser.open(f"/logout?{query(hint)}")
    if 'value="allow"' in browser.page.text:
        browser.submit(decision="allow")
    assert browser.left_for is None
    assert browser.page.status_code == 200


def test_an_access_token_of_an_ended_session_is_dead(browser: Browser, leaving: RelyingParty) -> None:
    answer = tokens(browser, leaving)
    browser.open(f"/logout?id_token_hint={answer['id_token']}")
    assert leaving.userinfo(answer["access_token"]).status_code == 401


def test_a_refresh_token_outlives_the_session(browser: Browser, leaving: RelyingParty) -> None:
    answer = tokens(browser, leaving, scope="openid offline_access", prompt="consent")
    browser.open(f"/logout?id_token_hint={answer['id_token']}")
    assert leaving.refresh(answer["refresh_token"]).status_code == 200
