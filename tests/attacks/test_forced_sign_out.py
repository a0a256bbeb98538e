"""Somebody else who wants a person signed out, or to learn from it."""

from __future__ import annotations

import httpx2

from tests.site import Browser, RelyingParty, Site
from tests.web.test_authorization_code import tokens

BACKCHANNEL = "https://rp.example/backchannel"
CROSS_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def test_a_form_of_another_site_signs_nobody_out(site: Site, browser: Browser) -> None:
    """Its post brings no cookies; an answer that clears the session's would take it away unseen."""
    party = RelyingParty.register(site.url)
    tokens(browser, party)
    answer = httpx2.post(f"{site.url}/logout", data={"state": "a"}, headers=CROSS_SITE)
    assert "gapura-session" not in answer.headers.get("set-cookie", "")
    browser.open(answer.headers["location"])
    assert 'value="allow"' in browser.page.text
    browser.open(party.authorize_url(prompt="none"))
    assert "code" in browser.answer()


def test_a_client_that_posts_the_hint_still_signs_out_at_once(site: Site, browser: Browser) -> None:
    after = "https://rp.example/signed-out"
    party = RelyingParty.register(site.url, post_logout_redirect_uris=[after])
    hint = tokens(browser, party)["id_token"]
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": after, "state": "xyz"}
    answer = httpx2.post(f"{site.url}/logout", data=sent, headers=CROSS_SITE)
    browser.open(answer.headers["location"])
    assert browser.left_for == f"{after}?state=xyz"


def test_a_hint_too_long_for_an_address_is_asked_about(site: Site, browser: Browser) -> None:
    tokens(browser, RelyingParty.register(site.url))
    answer = httpx2.post(f"{site.url}/logout", data={"id_token_hint": "a." * 4090, "state": "xyz"})
    browser.open(answer.headers["location"])
    assert 'value="allow"' in browser.page.text


def test_a_client_does_not_learn_where_else_a_person_was_signed_in(site: Site, browser: Browser) -> None:
    """A client's server holds an ID token, and can call without the person's browser."""
    clinic = RelyingParty.register(site.url, client_name="Klinik Jiwa", backchannel_logout_uri=BACKCHANNEL)
    curious = RelyingParty.register(site.url, backchannel_logout_uri=BACKCHANNEL)
    tokens(browser, clinic)
    hint = tokens(browser, curious)["id_token"]
    answer = httpx2.get(f"{site.url}/logout", params={"id_token_hint": hint})
    assert answer.status_code == 200
    assert "Klinik Jiwa" not in answer.text
