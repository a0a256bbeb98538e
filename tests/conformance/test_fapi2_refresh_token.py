"""What FAPI 2.0's module for refresh tokens does (fapi2-security-profile-final, sender_constrain=dpop)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from joserfc.jws import extract_compact

from gapura.crypto.strict_json import load_object
from tests.conformance.key_party import new_key, signed_in
from tests.conformance.pushing_party import PushingParty
from tests.site import Browser, Site
from tests.site.http import new_client


def granted(site: Site, party: PushingParty) -> dict[str, Any]:
    """The first answer of the token endpoint, a refresh token in it."""
    address = party.visit(party.pushed(scope="openid profile offline_access", prompt="consent"))
    answer = party.redeem(signed_in(Browser(site.url), address)["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def claims_of(token: str) -> dict[str, Any]:
    return load_object(extract_compact(token.encode()).payload, 32_768)


@pytest.fixture(scope="module")
def party(site: Site) -> PushingParty:
    return PushingParty.fapi2(site.url)


@pytest.fixture(scope="module")
def first(site: Site, party: PushingParty) -> dict[str, Any]:
    return granted(site, party)


def test_fapi2_refresh_token(party: PushingParty, first: dict[str, Any]) -> None:
    """With another DPoP key, which a confidential client may have by then."""
    party.bound = new_key()
    answer = party.refresh(first["refresh_token"], scope="openid profile")
    assert answer.status_code == 200, answer.text
    second = answer.json()
    assert second["access_token"] != first["access_token"]
    assert second["token_type"] == "DPoP"
    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    for name in ("iss", "sub", "aud", "auth_time"):
        assert after[name] == before[name]
    assert after["iat"] >= before["iat"]
    assert "nonce" not in after
    assert party.userinfo(second["access_token"]).status_code == 200


def test_fapi2_refresh_token_does_not_rotate(party: PushingParty, first: dict[str, Any]) -> None:
    """FAPI 2.0 §5.3.2.1: what is handed out is the same, and it works again and again."""
    for _ in range(3):
        answer = party.refresh(first["refresh_token"])
        assert (answer.status_code, answer.json()["refresh_token"]) == (200, first["refresh_token"])


def test_fapi2_refresh_token_many_at_once(party: PushingParty, first: dict[str, Any]) -> None:
    def refresh(_: int) -> int:
        other = PushingParty(party.issuer, party.registration, http=new_client(), key=party.key)
        return other.refresh(first["refresh_token"]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(refresh, range(24))) == [200] * 24


def test_fapi2_refresh_token_without_client_authentication(
    party: PushingParty, first: dict[str, Any]
) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": party.client_id,
    }
    refused = party.http.post(f"{party.issuer}/token", data=form)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_fapi2_refresh_token_without_a_proof(party: PushingParty, first: dict[str, Any]) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    refused = party.post("/token", form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


def test_fapi2_refresh_token_of_another_client(
    site: Site, party: PushingParty, first: dict[str, Any]
) -> None:
    other = PushingParty.fapi2(site.url)
    theirs = granted(site, other)
    refused = party.refresh(theirs["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    foreign: httpx2.Response = party.userinfo(theirs["access_token"])
    assert foreign.status_code == 401
    assert other.refresh(theirs["refresh_token"]).status_code == 200
    assert party.refresh(first["refresh_token"]).status_code == 200


def test_fapi2_refresh_token_that_was_revoked(site: Site, party: PushingParty) -> None:
    own = granted(site, party)
    assert party.post("/revoke", {"token": own["refresh_token"]}).status_code == 200
    refused = party.refresh(own["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert party.ask_about(own["access_token"]).json() == {"active": False}
