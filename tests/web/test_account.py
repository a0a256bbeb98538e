"""The citizen's account: who saw what, connected agencies, withdrawing, sessions."""

from __future__ import annotations

from html import unescape

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI
from tests.web.test_authorization_code import tokens


def at_home(browser: Browser, address: str = "/account") -> str:
    browser.open(address)
    if browser.step == "sign_in":
        browser.sign_in()
    return unescape(browser.page.text)


def test_an_account_page_asks_who_it_is_and_then_opens(browser: Browser) -> None:
    text = at_home(browser, "/account/agencies")
    assert browser.page.url.path == "/account/agencies"
    assert "Layanan terhubung" in text


def test_the_account_shows_a_masked_nik(browser: Browser) -> None:
    text = at_home(browser)
    assert "BUDI SANTOSO" in text
    assert BUDI not in text.replace(" ", "")


def test_a_release_is_in_the_log_with_who_what_and_why(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url, client_name="Kantor Catatan")
    party.userinfo(tokens(browser, party)["access_token"])
    text = at_home(browser, "/account/data-use")
    assert "Kantor Catatan" in text
    assert "Nama lengkap" in text
    assert "Persetujuan Anda" in text


def test_withdrawing_ends_the_clients_tokens_at_once(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url, client_name="Kantor Lepas")
    answer = tokens(browser, party, scope="openid profile offline_access", prompt="consent")
    assert "Kantor Lepas" in at_home(browser, "/account/agencies")
    browser.open(f"/account/agencies/{party.client_id}/withdraw")
    browser.submit(decision="allow")
    assert party.userinfo(answer["access_token"]).status_code == 401
    assert party.refresh(answer["refresh_token"]).json()["error"] == "invalid_grant"
    browser.open(party.authorize_url())
    assert browser.step == "consent"


def test_another_browsers_session_can_be_ended(site: Site, browser: Browser) -> None:
    elsewhere = Browser(site.url)
    at_home(elsewhere)
    at_home(browser, "/account/sessions")
    browser.page = browser.open("/account/sessions")
    form = browser.page.text.split('action="/account/sessions/end-others"')[1]
    csrf = form.split('name="csrf" value="')[1].split('"')[0]
    browser.post("/account/sessions/end-others", {"csrf": csrf})
    elsewhere.open("/account")
    assert elsewhere.step == "sign_in"
    assert "BUDI" in at_home(browser)


def test_a_post_without_its_token_changes_nothing(browser: Browser) -> None:
    at_home(browser)
    answer = browser.post("/account/sign-out", {"csrf": "made up"})
    assert answer.status_code == 403
    assert "BUDI" in at_home(browser)
