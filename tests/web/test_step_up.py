"""A sign-in that was enough once and is no longer (RFC 9470), black box over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.site import RelyingParty, Site
from tests.site.browser import SITI

LOW, SUBSTANTIAL = "urn:gapura:loa:low", "urn:gapura:loa:substantial"
NOT_SENT_BACK = {
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
}


def tokens(party: RelyingParty, level: str, **params: str) -> dict[str, Any]:
    request = dict(httpx2.URL(party.issuer + party.authorize_url(**params)).params)
    sent = {**request, "nik": SITI, "level": level, "decision": "allow"}
    answer = party.http.post(f"{party.issuer}/sandbox/sign-in", data=sent, auth=party.auth)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    found: dict[str, Any] = party.redeem(query["code"][0]).json()
    return found


def test_a_client_that_asks_for_more_sends_the_person_to_sign_in_again(site: Site) -> None:
    party = RelyingParty.register(site.url)
    before = tokens(party, LOW)["access_token"]
    assert party.userinfo(before).status_code == 200

    metadata = {name: value for name, value in party.registration.items() if name not in NOT_SENT_BACK}
    registered = party.http.put(
        party.registration["registration_client_uri"],
        json={**metadata, "minimum_acr": SUBSTANTIAL},
        headers={"Authorization": f"Bearer {party.registration['registration_access_token']}"},
    )
    assert registered.status_code == 200, registered.text

    refused = party.userinfo(before)
    assert (refused.status_code, refused.json()["error"]) == (401, "insufficient_user_authentication")
    challenge = refused.headers["www-authenticate"]
    assert challenge.startswith('Bearer error="insufficient_user_authentication"')
    assert challenge.endswith(f'acr_values="{SUBSTANTIAL}"')

    again = tokens(party, SUBSTANTIAL, acr_values=SUBSTANTIAL)["access_token"]
    assert party.userinfo(again).status_code == 200


def test_a_resource_learns_how_and_when_the_person_signed_in(site: Site) -> None:
    """RFC 9470 §6: in the token itself and from introspection."""
    party = RelyingParty.register(site.url)
    opaque = RelyingParty.register(site.url, access_token_format="opaque")
    for one in (party, opaque):
        told = one.introspect(tokens(one, SUBSTANTIAL, acr_values=SUBSTANTIAL)["access_token"])
        assert told["acr"] == SUBSTANTIAL
        assert told["iat"] - 60 < told["auth_time"] <= told["iat"]
