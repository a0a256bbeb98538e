"""Forms of other sites, which come without cookies (SameSite=Lax)."""

from __future__ import annotations

import httpx2
import pytest

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, PASSWORD

CROSS_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    "path",
    [
        "/account/sign-out",
        "/account/sessions/end-others",
        "/account/agencies/some/withdraw",
        "/admin/citizens",
        "/admin/clients/new",
        "/logout",
        "/logout/confirmed",
        "/language",
        "/interaction/unknown",
        "/enrol/unknown",
    ],
)
def test_they_neither_sign_out_nor_part_a_browser_from_what_is_open_in_it(
    site: Site, browser: Browser, path: str
) -> None:
    browser.open(RelyingParty.register(site.url).authorize_url())
    answer = httpx2.post(f"{site.url}{path}", data={"decision": "allow"}, headers=CROSS_SITE)
    browser.http.cookies.update(answer.cookies)
    assert answer.cookies.keys() <= {"gapura-language"}
    browser.submit(identifier=BUDI, password=PASSWORD)
    assert browser.step == "consent"
