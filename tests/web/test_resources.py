"""Tokens for resource servers (RFC 8707, decision 5), black box over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx2
import pytest

from tests.site import Browser, RelyingParty, Site

API = "https://api.example/"


@pytest.fixture(scope="module")
def server(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A resource server, which only an operator registers: its id and secret."""
    metadata = {"client_name": "API", "grant_types": ["client_credentials"], "resource_identifier": API}
    file = tmp_path_factory.mktemp("resource") / "metadata.json"
    file.write_text(json.dumps(metadata))
    done = subprocess.run(
        [sys.executable, "-m", "gapura", "client", "add", "sandbox", str(file)],
        env=site.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split()
    return words[words.index("client_id") + 1], words[words.index("client_secret") + 1]


def code(browser: Browser, party: RelyingParty) -> str:
    browser.open(party.authorize_url(resource=API))
    if browser.step == "sign_in":
        browser.sign_in()
    if browser.left_for is None and browser.step == "consent":
        browser.agree()
    return browser.answer()["code"]


def introspected(site: Site, server: tuple[str, str], token: str) -> dict[str, object]:
    answer = httpx2.post(f"{site.url}/introspect", data={"token": token}, auth=server)
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.parametrize("again", [{"resource": API}, {}], ids=["RFC 8707 §2.2 named again", "left out"])
def test_the_token_is_for_the_resource_and_nobody_else(
    site: Site, browser: Browser, party: RelyingParty, server: tuple[str, str], again: dict[str, str]
) -> None:
    token = party.redeem(code(browser, party), **again).json()["access_token"]
    assert introspected(site, server, token)["aud"] == API
    assert party.userinfo(token).status_code == 401


def test_an_app_gets_a_token_of_its_own_for_the_resource(
    site: Site, party: RelyingParty, server: tuple[str, str]
) -> None:
    token = party.token(grant_type="client_credentials", resource=API).json()["access_token"]
    found = introspected(site, server, token)
    assert (found["aud"], found["client_id"]) == (API, party.client_id)


def test_a_resource_that_nobody_registered_is_refused(party: RelyingParty) -> None:
    answer = party.token(grant_type="client_credentials", resource="https://elsewhere.example/")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


def test_a_resource_server_sees_no_token_of_others(
    site: Site, party: RelyingParty, server: tuple[str, str]
) -> None:
    token = party.token(grant_type="client_credentials").json()["access_token"]
    assert introspected(site, server, token) == {"active": False}
