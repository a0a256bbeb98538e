"""Requests that are approved elsewhere (CIBA)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from gapura.protocol.grants import ciba
from tests.conformance.advertised.house import Driver, House
from tests.conformance.key_party import KeyParty
from tests.site.browser import BUDI


def approved_elsewhere(house: House, **metadata: str) -> tuple[KeyParty, dict[str, Any]]:
    """A request of Budi's to which the sandbox has said yes."""
    party = house.party(grant_types=[ciba.NAME], redirect_uris=[], response_types=[], **metadata)
    form = {"scope": "openid", "login_hint": BUDI}
    if "backchannel_client_notification_endpoint" in metadata:
        form["client_notification_token"] = secrets.token_urlsafe(24)
    answer = party.post("/backchannel-authentication", form)
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    query = f"auth_req_id={begun['auth_req_id']}&action=allow"
    assert house.http.post(f"{house.site.url}/sandbox/approve?{query}").status_code == 204
    return party, begun


def delivery_mode(house: House, mode: str) -> None:
    """By either the tokens are fetched; one of them says when."""
    metadata = {"backchannel_token_delivery_mode": mode}
    if mode == "ping":
        metadata["backchannel_client_notification_endpoint"] = house.pings.uri
    party, begun = approved_elsewhere(house, **metadata)
    if mode == "ping":
        assert house.pings.ping_of(begun["auth_req_id"])
    answer = party.token(grant_type=ciba.NAME, auth_req_id=begun["auth_req_id"])
    assert answer.status_code == 200, answer.text


def user_code(house: House, is_supported: bool) -> None:
    """Where it isn't supported nobody can register that a person has one."""
    wanted = {
        "grant_types": [ciba.NAME],
        "redirect_uris": [],
        "response_types": [],
        "backchannel_user_code_parameter": True,
    }
    answer = house.http.post(house.metadata["registration_endpoint"], json=wanted)
    assert (answer.status_code == 201) == is_supported


DRIVERS: Mapping[str, Driver] = {
    "backchannel_token_delivery_modes_supported": delivery_mode,
    "backchannel_user_code_parameter_supported": user_code,
}
