"""FAPI 2.0's plans with authorization_request_type=rar: what is asked for stands in `authorization_details` too (RFC 9396)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.key_party import signed_in
from tests.conformance.pushing_party import PAR, PushingParty, refused
from tests.site import Browser, Site

LOOK_UP = {"type": "citizen_data", "datatypes": ["name"], "reference": "PEM-2026/00417"}


@pytest.fixture(params=["unsigned", "signed_non_repudiation"])
def party(site: Site, request: pytest.FixtureRequest) -> PushingParty:
    signs = request.param != "unsigned"
    party = PushingParty.fapi2(
        site.url, require_signed_request_object=signs, authorization_details_types=["citizen_data"]
    )
    party.signs = signs
    return party


def pushed(party: PushingParty, details: list[dict[str, Any]]) -> Any:
    """As a form's parameter it is JSON, in a request object an array."""
    asked: dict[str, Any] = party.params()
    if party.signs:
        return party.post(PAR, {"request": party.request_object(asked | {"authorization_details": details})})
    return party.post(PAR, asked | {"authorization_details": json.dumps(details)})


def test_fapi2_happy_flow(browser: Browser, party: PushingParty) -> None:
    """With CheckForAuthorizationDetailsInTokenResponse, for a person without a second factor."""
    answer = pushed(party, [LOOK_UP])
    assert answer.status_code == 201, answer.text
    found = signed_in(browser, party.visit(answer.json()["request_uri"]))
    redeemed = party.redeem(found["code"])
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.json()["authorization_details"] == [LOOK_UP]
    told = party.post("/introspect", {"token": redeemed.json()["access_token"]}).json()
    assert told["authorization_details"] == [LOOK_UP]


@pytest.mark.parametrize(
    "details",
    [
        pytest.param([{"type": "account_information"}], id="an unknown type"),
        pytest.param(
            [{"type": "tax_return", "actions": ["submit"], "tax_year": 2025}], id="not registered for"
        ),
        pytest.param([LOOK_UP | {"datatypes": ["blood_type"]}], id="an unknown value"),
        pytest.param([LOOK_UP | {"privileges": ["admin"]}], id="an unknown element"),
    ],
)
def test_bad_details_are_refused_where_they_are_pushed(
    party: PushingParty, details: list[dict[str, Any]]
) -> None:
    assert refused(pushed(party, details)) == (400, "invalid_authorization_details")
