"""Signing in without a browser, for the tests of agencies' apps."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.site import RelyingParty, Site
from tests.site.browser import BUDI, SITI

SUBSTANTIAL = "urn:gapura:loa:substantial"


def headless(party: RelyingParty, nik: str, **form: str) -> httpx2.Response:
    request = dict(httpx2.URL(party.issuer + party.authorize_url()).params)
    return party.http.post(
        f"{party.issuer}/sandbox/sign-in",
        data={**request, "nik": nik, "decision": "allow", **form},
        auth=party.auth,
    )


def answer(response: httpx2.Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def test_a_test_gets_a_code_without_a_browser(party: RelyingParty) -> None:
    token = party.redeem(answer(headless(party, BUDI))["code"])
    assert party.userinfo(token.json()["access_token"]).json()["name"] == "BUDI SANTOSO"


def test_the_level_is_the_one_that_was_asked_for(party: RelyingParty) -> None:
    token = party.redeem(answer(headless(party, SITI, level=SUBSTANTIAL, scope="openid nik"))["code"]).json()
    assert party.introspect(token["access_token"])["acr"] == SUBSTANTIAL


def test_a_test_can_refuse(party: RelyingParty) -> None:
    assert answer(headless(party, BUDI, decision="deny"))["error"] == "access_denied"


@pytest.mark.parametrize("nik", ["3171011785909999", "not a nik"])
def test_nobody_is_refused(party: RelyingParty, nik: str) -> None:
    assert headless(party, nik).json()["error"] == "access_denied"


def test_only_the_client_itself_may(site: Site, party: RelyingParty) -> None:
    request = dict(httpx2.URL(party.issuer + party.authorize_url()).params)
    sent = httpx2.post(f"{site.url}/sandbox/sign-in", data={**request, "nik": BUDI, "decision": "allow"})
    assert (sent.status_code, sent.json()["error"]) == (401, "invalid_client")
