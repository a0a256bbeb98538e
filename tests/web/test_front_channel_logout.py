"""Portals that are told by the browser that a session has ended (OpenID Connect Front-Channel Logout), black box."""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.site import Browser, RelyingParty, Site
from tests.web.test_authorization_code import tokens

AFTER = "https://rp.example/signed-out"
HEARS = "https://rp.example/front?one=1"


@pytest.fixture(scope="module")
def hearing(site: Site) -> RelyingParty:
    return RelyingParty.register(
        site.url,
        client_name="Pajak Uji",
        post_logout_redirect_uris=[AFTER],
        frontchannel_logout_uri=HEARS,
        frontchannel_logout_session_required=True,
    )


def sid_of(id_token: str) -> str:
    claims = id_token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"])


def frames_of(browser: Browser) -> list[str]:
    return [unescape(found) for found in re.findall(r'<iframe src="([^"]+)"', browser.page.text)]


def test_frames_say_who_ended_which_session_and_the_way_goes_on_without_waiting_long(
    site: Site, browser: Browser, hearing: RelyingParty
) -> None:
    hint = tokens(browser, hearing)["id_token"]
    page = browser.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER}&state=a~b")
    (frame,) = frames_of(browser)
    assert parse_qs(urlsplit(frame).query) == {"one": ["1"], "iss": [site.url], "sid": [sid_of(hint)]}
    assert page.headers["refresh"] == f"4; url={AFTER}?state=a~b"
    assert f'href="{AFTER}?state=a~b"' in page.text  # for whoever's browser does neither
    assert "frame-src https://rp.example;" in page.headers["content-security-policy"] + ";"
    assert "Pajak Uji" in page.text
    assert "gapura-session=;" in page.headers["set-cookie"]
    browser.open(hearing.authorize_url(prompt="none"))
    assert browser.answer()["error"] == "login_required"


def test_the_page_that_says_goodbye_tells_them_too(browser: Browser, hearing: RelyingParty) -> None:
    tokens(browser, hearing)
    browser.open("/logout")
    page = browser.submit(decision="allow")
    assert len(frames_of(browser)) == 1
    assert "refresh" not in page.headers
    assert "script-src" not in page.headers["content-security-policy"]


def test_leaving_by_the_account_tells_them_too(browser: Browser, hearing: RelyingParty) -> None:
    tokens(browser, hearing)
    page = browser.open("/account").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    browser.post("/account/sign-out", {"csrf": unescape(csrf[1])})
    assert len(frames_of(browser)) == 1


def test_who_does_not_hear_by_the_browser_is_sent_back_at_once(site: Site, browser: Browser) -> None:
    deaf = RelyingParty.register(site.url, post_logout_redirect_uris=[AFTER])
    hint = tokens(browser, deaf)["id_token"]
    browser.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER}")
    assert browser.left_for == AFTER


def test_a_hint_alone_loads_nothing_of_where_its_person_was(
    site: Site, browser: Browser, hearing: RelyingParty
) -> None:
    hint = tokens(browser, hearing)["id_token"]
    stranger = Browser(site.url)
    stranger.open(f"/logout?id_token_hint={hint}")
    assert frames_of(stranger) == []


def test_it_must_be_at_home_where_the_client_is(site: Site, hearing: RelyingParty) -> None:
    answer = hearing.http.post(
        f"{site.url}/register",
        json={
            "redirect_uris": ["https://rp.example/callback"],
            "frontchannel_logout_uri": "https://rp.example:8443/front",
        },
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client_metadata"
    assert "frontchannel_logout_uri" in answer.json()["error_description"]
