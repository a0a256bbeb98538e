"""The plan oidcc-session-management-certification-test-plan (OpenID Connect Session Management), its frames in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route

from tests.conformance.oidcc import CALLBACK, Module
from tests.conformance.suite import AFTER_LOGOUT, Suite
from tests.conformance.suite import CALLBACK as SUITES_CALLBACK
from tests.journeys.citizen import started
from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, PASSWORD

ELSEWHERE = "https://suite.example"

# What the suite shows: the provider's frame, and one of its own that asks it.
PAGES = {
    "/session_verify": """<iframe id="op_iframe" src="{frame}"></iframe><iframe id="rp_iframe" src="/rp"></iframe>""",
    "/rp": """<script>
        addEventListener("message", (event) => parent.postMessage({{origin: event.origin, data: event.data}}, "*"));
        setTimeout(() => parent.document.getElementById("op_iframe").contentWindow.postMessage("{asked}", "*"), 300);
        </script>""",
}


@pytest.fixture(scope="module")
def chrome(chromium: str, site: Site) -> Iterator[Chromium]:  # noqa: ARG001 -- started after it, stopped before
    with started(chromium) as running:
        yield running


@pytest.fixture
def page(chrome: Chromium) -> Iterator[Page]:
    context = chrome.new_context(locale="id-ID", ignore_https_errors=True)
    context.grant_permissions(["local-network-access"])
    yield context.new_page()
    context.close()


class Asking:
    """The suite's origin, which asks the provider's frame about `session_state`.

    It is of one site with the provider, as browsers of today keep cookies from the frames of another.
    """

    def __init__(self, site: Site, page: Page, client_id: str, origin: str) -> None:
        self.site, self.page, self.client_id, self.origin = site, page, client_id, origin
        self.session_state = ""
        page.context.route(f"{origin}/**", self._serve)

    def _serve(self, route: Route) -> None:
        body = PAGES.get(urlsplit(route.request.url).path, "")
        frame = f"{self.site.url}/check-session"
        asked = f"{self.client_id} {self.session_state}"
        route.fulfill(content_type="text/html", body=body.format(frame=frame, asked=asked))

    def answer(self, session_state: str) -> str:
        self.session_state = session_state
        self.page.add_init_script("addEventListener('message', (event) => { window.answered = event.data; })")
        self.page.goto(f"{self.origin}/session_verify")
        answered = self.page.wait_for_function("window.answered").json_value()
        assert answered["origin"] == self.site.url
        return str(answered["data"])


def sign_in(page: Page, address: str, back: str) -> dict[str, str]:
    page.goto(address)
    page.fill("[name=identifier]", BUDI)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit] >> nth=0")
    # The address alone would still be that of the page before.
    arrived = f"location.href.startsWith('{back}') || document.querySelector('button[value=allow]')"
    page.wait_for_function(arrived)
    if not page.url.startswith(back):
        page.click("button[value=allow]")
    page.wait_for_url(f"{back}*")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_oidcc_session_management_discovery_endpoint_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["check_session_iframe"] == f"{site.url}/check-session"
    assert found["end_session_endpoint"] == f"{site.url}/logout"


@pytest.mark.browser
def test_oidcc_session_management_rp_initiated_logout(
    site: Site, browser: Browser, suite: Suite, page: Page
) -> None:
    module, back, after = Module(site, browser), suite.url + SUITES_CALLBACK, suite.url + AFTER_LOGOUT
    party = module.client(redirect_uris=[back], post_logout_redirect_uris=[after])
    asking = Asking(site, page, party.client_id, suite.url)
    answer = sign_in(page, site.url + module.url(party), back)
    assert asking.answer(answer["session_state"]) == "unchanged"

    redeemed = party.token(grant_type="authorization_code", code=answer["code"], redirect_uri=back)
    id_token = redeemed.json()["id_token"]
    page.goto(f"{site.url}/logout?id_token_hint={id_token}&post_logout_redirect_uri={after}&state=a~b")
    page.wait_for_url(f"{after}?state=a~b")
    assert asking.answer(answer["session_state"]) == "changed"


@pytest.mark.browser
@pytest.mark.parametrize("asked", ["", "x", "a b c", f"{'0' * 64} salt", "ü.salt"])
def test_what_is_no_session_state_is_an_error(site: Site, suite: Suite, page: Page, asked: str) -> None:
    assert Asking(site, page, "client", suite.url).answer(asked) == "error"


@pytest.mark.browser
def test_another_client_learns_nothing(site: Site, browser: Browser, suite: Suite, page: Page) -> None:
    module, asking = Module(site, browser), Asking(site, page, "somebody-else", suite.url)
    back = suite.url + SUITES_CALLBACK
    answer = sign_in(page, site.url + module.url(module.client(redirect_uris=[back])), back)
    assert asking.answer(answer["session_state"]) == "changed"


@pytest.mark.browser
def test_a_browser_that_keeps_cookies_from_frames_says_so_and_not_that_something_changed(
    site: Site, browser: Browser, suite: Suite, page: Page
) -> None:
    module, back = Module(site, browser), suite.url + SUITES_CALLBACK
    party = module.client(redirect_uris=[back])
    answer = sign_in(page, site.url + module.url(party), back)
    assert Asking(site, page, party.client_id, ELSEWHERE).answer(answer["session_state"]) == "error"


def test_session_state_is_made_of_the_cookie_that_the_frame_reads(site: Site, browser: Browser) -> None:
    module = Module(site, browser)
    party = module.client()
    found = module.authorize(party).params["session_state"]
    state = browser.http.cookies["__Host-gapura-state"]
    digest, _, salt = found.partition(".")
    origin = CALLBACK.removesuffix(urlsplit(CALLBACK).path)
    assert digest == sha256(f"{party.client_id} {origin} {state} {salt}".encode()).hexdigest()
    again = module.authorize(party, prompt="none").params["session_state"]
    assert again != found  # another salt
    assert browser.http.cookies["__Host-gapura-state"] == state


def test_the_cookie_comes_back_by_itself_and_goes_with_the_session(site: Site, browser: Browser) -> None:
    module = Module(site, browser)
    party = module.client()
    module.authorize(party)
    state = browser.http.cookies["__Host-gapura-state"]
    browser.http.cookies.delete("__Host-gapura-state")
    module.authorize(party, prompt="none")
    assert browser.http.cookies["__Host-gapura-state"] == state
    browser.open("/logout")
    browser.submit(decision="allow")
    assert "__Host-gapura-state" not in browser.http.cookies


def test_a_session_that_was_ended_elsewhere_is_over_in_this_browser_with_its_next_request(
    site: Site, browser: Browser
) -> None:
    module = Module(site, browser)
    party = module.client()
    module.authorize(party)
    site.rows("update session set ended_at = now(), end_reason = 'test' where ended_at is null")
    assert module.authorize(party, prompt="none").params["error"] == "login_required"
    assert "__Host-gapura-state" not in browser.http.cookies


def test_a_client_without_openid_is_told_nothing_of_the_session(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url("profile"))
    browser.sign_in()
    browser.agree()
    assert "session_state" not in browser.answer()


def test_the_frame_alone_may_be_framed(site: Site, browser: Browser) -> None:
    frame = browser.http.get(f"{site.url}/check-session")
    assert "x-frame-options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["content-security-policy"]
    assert "script-src 'sha256-" in frame.headers["content-security-policy"]
    page = browser.http.get(site.url)
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
