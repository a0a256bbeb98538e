"""How something is asked for and answered: response types and modes, prompts, PKCE, details, ways of sending a request."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from gapura.disclosure.authorization_details import DETAIL_TYPES, Element
from gapura.protocol.redirect import JWT, response_mode
from gapura.protocol.response_types import RESPONSE_TYPES
from tests.conformance.advertised.house import Driver, House, asked, sent, tokens, told
from tests.conformance.key_party import KeyParty, signed
from tests.site import Browser

SAMPLES: Mapping[str, object] = {"reference": "B-12/2026", "tax_year": 2025}
"""Values of elements that are free."""


def response(house: House, both: tuple[str, str]) -> None:
    """What the type names comes in the mode's way; tokens never in a query (Multiple Response Types §5)."""
    name, mode = both
    row = RESPONSE_TYPES[name]
    party = house.party(
        response_types=[name], grant_types=list(row.grant_types), authorization_signed_response_alg="ES256"
    )
    answer = sent(party, response_type=name, response_mode=mode)
    if mode.startswith("query") and row.in_front:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        return
    way, found = told(answer)
    assert way == (row.default_mode if mode == JWT else mode.removesuffix(f".{JWT}"))
    if mode.endswith(JWT):
        assert set(found) == {"response"}
        found = house.judged(found["response"], "ES256")
    assert {"code", "id_token", "access_token"} & found.keys() == {
        "access_token" if part == "token" else part for part in name.split()
    }
    assert response_mode(mode, row) is not None


def prompt(house: House, value: str) -> None:
    """By somebody who is signed in and has agreed."""
    browser, party = house.signed_in
    browser.open(party.authorize_url("openid", prompt=value))
    if value == "none":
        assert browser.answer()["code"]
        return
    assert browser.left_for is None
    assert browser.step == {"login": "sign_in", "consent": "consent", "select_account": "sign_in"}[value]


def display(house: House, value: str) -> None:
    browser = Browser(house.site.url)
    assert browser.open(house.signed_in[1].authorize_url("openid", display=value)).status_code == 200
    assert browser.step == "sign_in"


def code_challenge_method(house: House, name: str) -> None:
    """The code is good with the verifier alone."""
    party = house.party()
    code = told(sent(party, code_challenge_method=name))[1]["code"]
    wrong = party.redeem(code, code_verifier=secrets.token_urlsafe(48))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert tokens(party, code_challenge_method=name)["access_token"]


def _sample(element: Element) -> object:
    if not element.values:
        return SAMPLES[element.name]
    try:
        return element.read(list(element.values))
    except ValueError:
        return element.values[0]


def details_type(house: House, name: str) -> None:
    """RFC 9396 §7: the token answer tells what was allowed."""
    detail = {"type": name} | {one.name: _sample(one) for one in DETAIL_TYPES[name].elements}
    party = house.party(authorization_details_types=[name])
    got = tokens(party, "openid nik profile", authorization_details=json.dumps([detail]))
    assert got["authorization_details"] == [detail]
    assert party.introspect(got["access_token"])["authorization_details"] == [detail]


def request_parameter(house: House, is_supported: bool) -> None:
    assert is_supported
    party = house.party(request_object_signing_alg="ES256")
    _comes_through(party, request=request_object(party, asked(party)))


def request_uri_parameter(house: House, is_supported: bool) -> None:
    assert is_supported
    address = f"{house.suite.url}/request/{secrets.token_hex(8)}"
    party = house.party(request_object_signing_alg="ES256", request_uris=[address])
    house.suite.keep(request_object(party, asked(party)), address.removeprefix(house.suite.url))
    _comes_through(party, request_uri=address)


def request_uri_registration(house: House, is_required: bool) -> None:
    """What was not registered is not fetched."""
    assert is_required
    party = house.party(request_object_signing_alg="ES256")
    address = house.suite.keep(request_object(party, asked(party)), f"/request/{secrets.token_hex(8)}")
    answer = sent(party, request_uri=address)
    assert answer.status_code == 400
    assert address.removeprefix(house.suite.url) not in house.suite.asked


def request_object(party: KeyParty, params: dict[str, Any], alg: str | None = None) -> str:
    return signed(party.key, {**params, "iss": party.client_id, "aud": party.issuer}, alg=alg)


def _comes_through(party: KeyParty, **params: str) -> None:
    assert tokens(party, **params)["access_token"]


def not_required(house: House, is_required: bool) -> None:
    """A plain request is answered."""
    assert not is_required
    browser, party = house.signed_in
    browser.open(party.authorize_url("openid"))
    assert browser.answer()["code"]


def response_iss(house: House, is_supported: bool) -> None:
    """RFC 9207, in refusals too."""
    assert is_supported
    browser, party = house.signed_in
    for params in ({}, {"max_age": "0", "prompt": "none"}):
        browser.open(party.authorize_url("openid", **params))
        assert browser.answer()["iss"] == house.metadata["issuer"]


DRIVERS: Mapping[str, Driver] = {
    "response_types_supported": response,
    "prompt_values_supported": prompt,
    "display_values_supported": display,
    "code_challenge_methods_supported": code_challenge_method,
    "authorization_details_types_supported": details_type,
    "request_parameter_supported": request_parameter,
    "request_uri_parameter_supported": request_uri_parameter,
    "require_request_uri_registration": request_uri_registration,
    "require_pushed_authorization_requests": not_required,
    "require_signed_request_object": not_required,
    "authorization_response_iss_parameter_supported": response_iss,
}
