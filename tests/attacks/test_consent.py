"""A consent that says more than the person did."""

from __future__ import annotations

import time

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, PASSWORD, SITI
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


def test_a_yes_of_one_person_is_none_of_another(site: Site, browser: Browser) -> None:
    """Budi leaves the page open, Siti signs in beside it: what he was shown is not what she agrees to."""
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url())
    browser.submit(identifier=BUDI, password=PASSWORD)
    address, fields = browser.filled(decision="allow")
    browser.open(RelyingParty.register(site.url).authorize_url(prompt="login"))
    browser.sign_in(SITI)
    browser.post(address, fields)
    assert browser.step == "consent"
    assert "SITI" in browser.page.text
    assert site.rows("select from consent where client_id = %s", party.client_id) == []
    browser.agree()
    assert "code" in browser.answer()


def test_a_yes_to_one_text_is_none_to_the_next(site: Site, browser: Browser) -> None:
    """The agency publishes a new version of its purpose while the page is open."""
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url())
    browser.submit(identifier=BUDI, password=PASSWORD)
    address, fields = browser.filled(decision="allow")
    _publish_another_purpose(site, party.client_id)
    browser.post(address, fields)
    assert browser.step == "consent"
    assert "Menjual data Anda" in browser.page.text
    assert site.rows("select from consent where client_id = %s", party.client_id) == []


def _publish_another_purpose(site: Site, client_id: str) -> None:
    site.rows(
        "with new as (insert into purpose select (jsonb_populate_record(p, jsonb_build_object("
        "'id', gen_random_uuid(), 'version', 2, 'title_id', 'Menjual data Anda'))).* "
        "from purpose p where agency_id = 'sandbox' and version = 1 returning id) "
        "update client_purpose set purpose_id = new.id from new where client_id = %s",
        client_id,
    )
    time.sleep(0.5)
