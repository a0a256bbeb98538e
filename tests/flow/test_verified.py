"""Verified claims out of what the registry knows (OpenID Connect for Identity Assurance §5.7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM
from gapura.disclosure.verification import SUPPORTED, VERIFIABLE, verification
from gapura.flow.verified import Verified, asked_attributes, verified
from gapura.protocol.verified_claims import read_verified

CAME = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
KNOWN = {"name": "BUDI SANTOSO", "birthdate": "1990-05-17"}
FRAMEWORK = {"trust_framework": "id_adminduk"}


def answer(*claims: object, **verification: object) -> Verified:
    asked = [{"verification": {"trust_framework": None, **verification}, "claims": one} for one in claims]
    return verified(read_verified(asked), KNOWN, CAME, NOW)


def test_what_is_known_comes_with_how_it_was_verified() -> None:
    found = answer({"name": None}, time=None)
    assert found.claims == {
        "verified_claims": {
            "verification": {**FRAMEWORK, "time": "2026-11-20T08:30:00Z"},
            "claims": {"name": "BUDI SANTOSO"},
        }
    }
    assert found.attributes == {"name"}


LEFT_OUT = [
    pytest.param({"name": None, "unknown": None}, {"name"}, {"name"}, id="5.7.2 unknown"),
    pytest.param({"name": None, "gender": {"essential": True}}, {"name"}, {"name"}, id="5.7.3 not agreed to"),
    pytest.param({"name": None, "claim%1/a&,.b": None}, {"name"}, {"name"}, id="5.7.2 an odd name"),
    pytest.param({"name": {"value": "ANI"}}, set(), {"name"}, id="5.7.4 another value"),
    pytest.param({"name": {"values": ["ANI", "BUDI SANTOSO"]}}, {"name"}, {"name"}, id="5.7.4 one of them"),
    pytest.param({"unknown": None}, set(), set(), id="nothing is left"),
]


@pytest.mark.parametrize(("claims", "delivered", "told"), LEFT_OUT)
def test_what_is_unknown_or_does_not_match_is_left_out(
    claims: dict[str, object], delivered: set[str], told: set[str]
) -> None:
    found = answer(claims, time=None)
    (only,) = found.sets
    assert only["claims"] == {name: KNOWN[name] for name in delivered}
    assert found.attributes == told  # that a value is another one says something of it
    if not delivered:
        assert only["verification"] == FRAMEWORK


def test_a_set_whose_verification_does_not_match_is_left_out_and_says_nothing() -> None:
    found = answer({"name": None}, time={"max_age": 60})
    assert found.claims == {}
    assert found.attributes == frozenset()


def test_sets_stand_for_themselves() -> None:
    found = answer({"name": None}, {"birthdate": None}).claims["verified_claims"]
    assert found == [
        {"verification": FRAMEWORK, "claims": {"name": "BUDI SANTOSO"}},
        {"verification": FRAMEWORK, "claims": {"birthdate": "1990-05-17"}},
    ]


def test_what_an_account_knows_is_not_verified_by_the_register() -> None:
    asked = read_verified({"verification": {}, "claims": dict.fromkeys(ATTRIBUTE_OF_CLAIM)})
    assert asked_attributes(asked) == {"nik", "name", "birthdate", "gender", "address"}
    assert VERIFIABLE[0] == "name"


def test_the_metadata_names_what_a_verification_is_made_of() -> None:
    proof = verification(CAME)
    assert [proof["trust_framework"]] == list(SUPPORTED["trust_frameworks_supported"])
    assert {one["type"] for one in proof["evidence"]} == set(SUPPORTED["evidence_supported"])
    records = {one["record"]["type"] for one in proof["evidence"]}
    assert records == set(SUPPORTED["electronic_records_supported"])
