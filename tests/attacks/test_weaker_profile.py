"""Who has got at a registration access token would like the client's refresh tokens to need no key any more."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.conformance.pushing_party import PushingParty
from tests.site import Browser, Site

OURS = ("registration_access_token", "registration_client_uri", "client_id_issued_at")


def replaced(party: PushingParty, **changes: object) -> httpx2.Response:
    kept: dict[str, Any] = {n: v for n, v in party.registration.items() if n not in OURS} | changes
    return party.http.put(
        party.registration["registration_client_uri"],
        json={name: value for name, value in kept.items() if value is not None},
        headers={"Authorization": f"Bearer {party.registration['registration_access_token']}"},
    )


@pytest.mark.parametrize("profile", ["oidc", None])
def test_a_strong_profile_is_not_left_for_a_weaker_one(
    site: Site, browser: Browser, profile: str | None
) -> None:
    party = PushingParty.fapi2(site.url)
    browser.open(party.visit(party.pushed(scope="openid profile offline_access", prompt="consent")))
    browser.sign_in()
    browser.agree()
    refresh_token = party.token(**party.code_form(browser.answer()["code"])).json()["refresh_token"]
    answer = replaced(party, security_profile=profile, dpop_bound_access_tokens=None)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    refreshed = party.post("/token", {"grant_type": "refresh_token", "refresh_token": refresh_token})
    assert refreshed.json()["error"] == "invalid_dpop_proof"


def test_a_plain_client_may_take_a_strong_one(site: Site) -> None:
    party = PushingParty.by_key(site.url)
    answer = replaced(party, security_profile="fapi2")
    assert answer.status_code == 200, answer.text
    assert answer.json()["dpop_bound_access_tokens"] is True
