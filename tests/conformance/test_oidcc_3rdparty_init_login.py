"""The plan oidcc-3rdparty-init-login-certification-test-plan, and the way from a person's account to a service."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from tests.conformance.oidcc import CALLBACK, Module
from tests.site import Browser, RelyingParty, Site

INITIATE = "https://suite.example/test/a/gapura/initiate_login_uri?from=gapura"


def test_oidcc_3rd_party_init_login(site: Site, browser: Browser) -> None:
    party = Module(site, browser).client(initiate_login_uri=INITIATE)
    assert party.registration["initiate_login_uri"] == INITIATE
    token = party.registration["registration_access_token"]
    read = browser.http.get(
        party.registration["registration_client_uri"], headers={"Authorization": f"Bearer {token}"}
    )
    assert read.status_code == 200
    assert read.headers["content-type"].startswith("application/json")
    assert read.json()["initiate_login_uri"] == INITIATE


def test_oidcc_3rd_party_init_login_nohttps(site: Site, browser: Browser) -> None:
    wanted = {"redirect_uris": [CALLBACK], "initiate_login_uri": INITIATE.replace("https", "http")}
    refused = browser.http.post(f"{site.url}/register", json=wanted)
    assert refused.status_code == 400
    assert refused.headers["content-type"].startswith("application/json")
    assert refused.json()["error"] == "invalid_client_metadata"


def opened_from_account(browser: Browser) -> list[str]:
    page = browser.open("/account/agencies").text
    return [unescape(found) for found in re.findall(r'href="(https://suite\.example/[^"]*)"', page)]


def test_a_connected_service_is_opened_from_the_account(site: Site, browser: Browser) -> None:
    module = Module(site, browser)
    module.authorize(module.client(initiate_login_uri=INITIATE))
    module.authorize(RelyingParty.register(site.url, redirect_uris=[CALLBACK]))
    (link,) = opened_from_account(browser)
    assert link.startswith(INITIATE)
    assert parse_qs(urlsplit(link).query) == {"from": ["gapura"], "iss": [site.url]}
