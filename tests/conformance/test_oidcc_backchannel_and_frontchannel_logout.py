"""The plans oidcc-backchannel- and oidcc-frontchannel-rp-initiated-logout-certification-test-plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from time import monotonic, sleep
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Request, Route

from tests.conformance.logout import AFTER, BASE, Leaving
from tests.conformance.suite import Suite
from tests.journeys.citizen import started
from tests.site import Browser, Site

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PATIENCE = 15.0  # seconds


@pytest.fixture(scope="module")
def chrome(chromium: str, site: Site) -> Iterator[Chromium]:  # noqa: ARG001 -- started after it, stopped before
    with started(chromium) as running:
        yield running


def test_oidcc_backchannel_logout_discovery_endpoint_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"] == f"{site.url}/logout"


def test_oidcc_backchannel_rp_initiated_logout(site: Site, browser: Browser, suite: Suite) -> None:
    leaving = Leaving.signed_in(
        site,
        browser,
        backchannel_logout_uri=f"{suite.url}/backchannel_logout",
        backchannel_logout_session_required=True,
    )
    leaving.leave()
    assert leaving.returned == {"state": [leaving.state]}
    assert leaving.is_over()

    deadline = monotonic() + PATIENCE
    while not suite.posted:
        assert monotonic() < deadline, "no logout token came"
        sleep(0.1)
    ((path, body),) = suite.posted
    assert path == "/backchannel_logout"
    form = parse_qs(body)
    assert set(form) == {"logout_token"}
    claims = leaving.module.claims(form["logout_token"][0])
    told = leaving.tokens["id_token_claims"]
    assert claims["iss"] == site.url
    assert claims["aud"] == leaving.party.client_id
    assert {"iat", "exp", "jti"} <= set(claims)
    assert claims["events"] == {EVENT: {}}
    assert claims["sub"] == told["sub"]
    assert claims["sid"] == told["sid"]
    assert "nonce" not in claims


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["frontchannel_logout_supported"] is True
    assert found["frontchannel_logout_session_supported"] is True


def test_oidcc_frontchannel_rp_initiated_logout(site: Site, browser: Browser) -> None:
    """The browser here runs no script: it loads the frames, and the `Refresh` header brings it on."""
    leaving = Leaving.signed_in(
        site,
        browser,
        frontchannel_logout_uri=f"{BASE}/frontchannel_logout",
        frontchannel_logout_session_required=True,
    )
    leaving.leave()
    (frame,) = re.findall(r'<iframe src="([^"]+)"', browser.page.text)
    address, _, query = unescape(frame).partition("?")
    assert address == f"{BASE}/frontchannel_logout"
    assert parse_qs(query) == {"iss": [site.url], "sid": [leaving.tokens["id_token_claims"]["sid"]]}

    seconds, _, onward = browser.page.headers["refresh"].partition("; url=")
    assert int(seconds) < 10
    assert onward.split("?")[0] == AFTER
    assert parse_qs(urlsplit(onward).query) == {"state": [leaving.state]}
    assert leaving.is_over()


WAYS = [
    pytest.param(True, True, 0.0, 3.5, id="a script goes on when the portal has heard"),
    pytest.param(True, False, 3.0, 9.0, id="a portal that does not answer is not waited for"),
    pytest.param(False, True, 3.0, 9.0, id="without scripts the browser goes on by itself"),
]


@pytest.mark.browser
@pytest.mark.parametrize(("scripts", "answers", "earliest", "latest"), WAYS)
def test_the_frame_is_loaded_and_nobody_waits_long(
    site: Site,
    browser: Browser,
    chrome: Chromium,
    *,
    scripts: bool,
    answers: bool,
    earliest: float,
    latest: float,
) -> None:
    leaving = Leaving.signed_in(site, browser, frontchannel_logout_uri=f"{BASE}/frontchannel_logout")
    context = chrome.new_context(ignore_https_errors=True, java_script_enabled=scripts)
    context.add_cookies(
        [
            {"name": one.name, "value": one.value or "", "url": site.url, "secure": True}
            for one in browser.http.cookies.jar
        ]
    )
    page, asked = context.new_page(), list[Request]()

    def serve(route: Route) -> None:
        asked.append(route.request)
        if answers or "frontchannel_logout" not in route.request.url:
            route.fulfill(content_type="text/html", body="")

    context.route(f"{BASE}/**", serve)
    hint = {"id_token_hint": leaving.tokens["id_token"], "post_logout_redirect_uri": AFTER, "state": "a~b"}
    began = monotonic()
    page.goto(f"{site.url}/logout?{urlencode(hint)}", wait_until="commit")
    page.wait_for_url(f"{AFTER}?state=a~b")
    assert earliest <= monotonic() - began < latest
    assert "/frontchannel_logout?iss=" in asked[0].url
    assert "referer" not in asked[0].all_headers()
    context.close()
