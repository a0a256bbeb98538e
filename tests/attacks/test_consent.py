"""A consent that says more than the person did."""

from __future__ import annotations

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI
from tests.web.test_account import at_home
from tests.web.test_authorization_code import tokens


def test_what_a_person_unticks_no_older_grant_hands_out(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    asked = {"scope": "openid profile email offline_access", "prompt": "consent"}
    before = tokens(browser, party, BUDI, **asked)
    assert "birthdate" in party.userinfo(before["access_token"]).json()
    browser.open(party.authorize_url(**asked))
    browser.agree("email")
    browser.answer()
    renewed = party.refresh(before["refresh_token"]).json()
    for access_token in (before["access_token"], renewed["access_token"]):
        assert party.userinfo(access_token).json().keys() == {"sub", "name", "email", "email_verified"}


def test_what_the_law_demands_is_withdrawn_by_no_form(site: Site, browser: Browser) -> None:
    """Decision 16: there the citizen objects. The page offers no such form, which keeps nobody from posting it."""
    party = RelyingParty.register(site.url)
    access_token = tokens(browser, party, BUDI)["access_token"]
    other = RelyingParty.register(site.url)
    tokens(browser, other, BUDI)
    site.rows("update consent set legal_basis = 'LEGAL_DUTY' where client_id = %s", party.client_id)
    at_home(browser)
    browser.open(f"/account/agencies/{other.client_id}/withdraw")
    _, fields = browser.filled(decision="allow")
    browser.post(f"/account/agencies/{party.client_id}/withdraw", fields)
    assert party.userinfo(access_token).status_code == 200
