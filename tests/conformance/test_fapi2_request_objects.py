"""What FAPI 2.0's message signing asks of request objects (fapi2-message-signing-final, signed_non_repudiation).

Each function does what the module of its name does; the flows themselves are in `test_fapi2_pushed_requests.py`.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.conformance.key_party import new_key, signed_in
from tests.conformance.pushing_party import PAR, PushingParty, refused
from tests.site import Browser, Site

INVALID = (400, "invalid_request_object")
MINUTES = 60


@pytest.fixture(scope="module")
def party(site: Site) -> PushingParty:
    party = PushingParty.fapi2(site.url, require_signed_request_object=True)
    party.signs = True
    return party


def now() -> int:
    return int(time.time())


def test_fapi2_ensure_request_object_with_multiple_aud_succeeds(
    site: Site, browser: Browser, party: PushingParty
) -> None:
    text = party.request_object(party.params(), aud=[site.url, "https://other1.example.com"])
    pushed = party.post(PAR, {"request": text})
    assert pushed.status_code == 201, pushed.text
    assert "code" in signed_in(browser, party.visit(pushed.json()["request_uri"]))


def test_fapi2_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(
    party: PushingParty,
) -> None:
    text = party.request_object(party.params(), nbf=now() + 8)
    assert party.post(PAR, {"request": text}).status_code == 201


CLAIMS = {
    "fapi2_ensure_request_object_without_exp_fails": lambda: {"exp": None},
    "fapi2_ensure_request_object_without_nbf_fails": lambda: {"nbf": None},
    "fapi2_ensure_expired_request_object_fails": lambda: {"exp": now() - 5 * MINUTES},
    "fapi2_ensure_request_object_with_bad_aud_fails": lambda: {"aud": "https://www.other1.example.com"},
    "fapi2_ensure_request_object_with_exp_over_60_fails": lambda: {"exp": now() + 70 * MINUTES},
    "fapi2_ensure_request_object_with_nbf_over_60_fails": lambda: {"nbf": now() - 70 * MINUTES},
    "fapi2_par_authorization_request_containing_request_uri": lambda: {
        "request_uri": "urn:x:bwc4JK-ESC0w8acc"
    },
    "RFC 9101 §4 request within": lambda: {"request": "a.b.c"},
    "RFC 9126 §3 another's client_id": lambda: {"client_id": "other"},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS.keys())
def test_fapi2_request_object_whose_claims_fail(party: PushingParty, changes: Any) -> None:
    text = party.request_object(party.params(), **changes())
    assert refused(party.post(PAR, {"request": text})) == INVALID


def test_the_fault_of_a_signed_request_object_is_named(party: PushingParty) -> None:
    text = party.request_object(party.params(), exp=now() - 5 * MINUTES)
    said = party.post(PAR, {"request": text}).json()["error_description"]
    assert said.startswith("the request object: it expired 300 s ago") or "it expired 301 s ago" in said


def test_fapi2_ensure_signed_request_object_with_rs256_fails(site: Site) -> None:
    party = PushingParty.fapi2(site.url, "PS256", require_signed_request_object=True)
    bare = party.key.as_dict(private=True)
    bare.pop("alg")
    key = type(party.key).import_key(bare)
    text = party.request_object(party.params(), key=key, alg="RS256")
    assert refused(party.post(PAR, {"request": text})) == INVALID
    text = party.request_object(party.params(), key=key, alg="PS256")
    assert party.post(PAR, {"request": text}).status_code == 201


def test_fapi2_ensure_request_object_signature_algorithm_is_not_none(party: PushingParty) -> None:
    _, claims, _ = party.request_object(party.params()).split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    assert refused(party.post(PAR, {"request": f"{header}.{claims}."})) == INVALID


def test_fapi2_ensure_request_object_with_invalid_signature_fails(party: PushingParty) -> None:
    head, _, signature = party.request_object(party.params()).rpartition(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert refused(party.post(PAR, {"request": f"{head}.{flipped}"})) == INVALID


def test_fapi2_ensure_matching_key_in_authorization_request(party: PushingParty) -> None:
    text = party.request_object(party.params(), key=new_key())
    assert refused(party.post(PAR, {"request": text})) == INVALID


def test_fapi2_ensure_unsigned_request_at_par_endpoint_fails(party: PushingParty) -> None:
    assert refused(party.post(PAR, party.params())) == (400, "invalid_request")


def test_what_stands_beside_a_pushed_request_object_is_ignored(browser: Browser, party: PushingParty) -> None:
    text = party.request_object(party.params(state=None))
    pushed = party.post(PAR, {"request": text, "state": "outside", "scope": "openid nik"})
    assert pushed.status_code == 201, pushed.text
    answer = signed_in(browser, party.visit(pushed.json()["request_uri"]))
    assert "state" not in answer
    assert party.redeem(answer["code"]).json()["scope"] == "openid profile"


def test_a_client_assertion_is_no_request_object(party: PushingParty) -> None:
    """RFC 9101 §10.8: what proves the client must not be taken for what it asks."""
    text = party.assertion(**party.params())
    assert refused(party.post(PAR, {"request": text})) == INVALID


def test_a_request_object_is_no_client_assertion(party: PushingParty) -> None:
    form = party.proof_of_client()
    form["client_assertion"] = party.request_object(party.params(), jti="once")
    answer = party.http.post(f"{party.issuer}{PAR}", data={**form, **party.params()})
    assert refused(answer) == (401, "invalid_client")


def test_a_registration_that_wants_signed_objects_without_keys_is_refused(
    site: Site, browser: Browser
) -> None:
    wanted = {"redirect_uris": ["https://rp.example/cb"], "require_signed_request_object": True}
    answer = browser.http.post(f"{site.url}/register", json=wanted)
    assert refused(answer) == (400, "invalid_client_metadata")
