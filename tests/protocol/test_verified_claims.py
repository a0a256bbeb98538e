"""Verified claims as they are asked for, and what of a verification an answer holds (OpenID Connect for Identity Assurance)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from gapura.errors import OAuthError
from gapura.protocol.claims_request import ClaimsRequest, parse_claims
from gapura.protocol.verified_claims import Unmet, narrowed, read_verified
from tests.protocol.samples import NOW
from tests.protocol.test_parsers import JSON

SOURCE = {"name": "Dukcapil", "country": "Indonesia"}
KNOWN: Mapping[str, Any] = {
    "trust_framework": "id_adminduk",
    "time": (NOW - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "evidence": [
        {"type": "electronic_record", "record": {"type": "population_register", "source": SOURCE}},
        {"type": "vouch", "attestation": {"type": "letter"}},
    ],
}
FRAMEWORK = {"trust_framework": "id_adminduk"}
RECORD = {"type": {"value": "electronic_record"}}

FITTING = [
    pytest.param({"trust_framework": None}, FRAMEWORK, id="5.3 null"),
    pytest.param({"trust_framework": {}}, FRAMEWORK, id="5.3 an empty object"),
    pytest.param({"trust_framework": {"essential": True}}, FRAMEWORK, id="5.3 essential"),
    pytest.param({}, FRAMEWORK, id="5.7.5 what an answer needs comes unasked"),
    pytest.param({"trust_framework": {"value": "id_adminduk"}}, FRAMEWORK, id="5.5.1 value"),
    pytest.param({"trust_framework": {"values": ["eidas", "id_adminduk"]}}, FRAMEWORK, id="5.5.1 values"),
    pytest.param({"time": None}, FRAMEWORK | {"time": KNOWN["time"]}, id="5.4 the time"),
    pytest.param({"time": {"max_age": 200_000}}, FRAMEWORK | {"time": KNOWN["time"]}, id="5.5.2 young"),
    pytest.param({"assurance_level": None}, FRAMEWORK, id="5.7.2 unavailable"),
    pytest.param({"x": {"y": [{"z": None}]}}, FRAMEWORK, id="5.7.2 unknown"),
    pytest.param(
        {"evidence": [RECORD]}, FRAMEWORK | {"evidence": [{"type": "electronic_record"}]}, id="5.4 one type"
    ),
    pytest.param(
        {"evidence": [{"type": {"value": "document"}}, RECORD | {"record": {"source": {"name": None}}}]},
        FRAMEWORK
        | {
            "evidence": [
                {
                    "type": "electronic_record",
                    "record": {"type": "population_register", "source": {"name": "Dukcapil"}},
                }
            ]
        },
        id="5.4 filters are linked by or, and what is asked within is kept alone",
    ),
    pytest.param({"evidence": None}, FRAMEWORK | {"evidence": KNOWN["evidence"]}, id="5.4 all evidence"),
]
UNFIT = [
    pytest.param({"trust_framework": {"value": "eidas"}}, id="5.5.1 value"),
    pytest.param({"trust_framework": {"values": []}}, id="5.5.1 no value fits"),
    pytest.param({"trust_framework": {"values": "id_adminduk"}}, id="5.5.1 no list"),
    pytest.param({"time": {"max_age": 3600}}, id="5.5.2 too old"),
    pytest.param({"time": {"max_age": "3600"}}, id="5.5.2 no number"),
    pytest.param({"trust_framework": {"max_age": 3600}}, id="5.5.2 no time"),
    pytest.param({"assurance_level": {"value": "high"}}, id="5.5.1 a restriction on what is unknown"),
    pytest.param({"x": [{"y": {"values": ["z"]}}]}, id="5.5.1 a restriction within what is unknown"),
    pytest.param({"evidence": [{"type": {"value": "document"}}]}, id="5.4 no such evidence"),
    pytest.param({"evidence": [RECORD | {"record": {"type": {"value": "tax"}}}]}, id="5.4 no such record"),
    pytest.param({"evidence": {"value": "x"}}, id="a value of a list"),
    pytest.param({"evidence": [RECORD | {"record": []}]}, id="a list of an object"),
    pytest.param({"evidence": [RECORD | {"record": {"value": 1}}]}, id="a value of an object"),
]


@pytest.mark.parametrize(("asked", "found"), FITTING)
def test_a_verification_holds_what_was_asked_for_and_no_more(asked: object, found: object) -> None:
    assert narrowed(asked, KNOWN, NOW) == found


@pytest.mark.parametrize("asked", UNFIT)
def test_what_does_not_meet_a_restriction_is_not_delivered(asked: object) -> None:
    with pytest.raises(Unmet):
        narrowed(asked, KNOWN, NOW)


def one(**members: object) -> dict[str, object]:
    return {"verification": {"trust_framework": None}, "claims": {"name": None}, **members}


REFUSED = [
    pytest.param("x", id="a text"),
    pytest.param(one(verification=None), id="no verification"),
    pytest.param(one(claims={}), id="no claims"),
    pytest.param(one(claims=None), id="null for claims"),
    pytest.param(one(claims=["name"]), id="a list of claims"),
    pytest.param(one(claims={"name": "x"}), id="a claim that is a text"),
    pytest.param(one(verification={"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}), id="too deep"),
    pytest.param(one(verification={str(n): None for n in range(65)}), id="too wide"),
    pytest.param(one(verification={"a\0": None}), id="a NUL in a name"),
    pytest.param(one(verification={"a": "\ud800"}), id="a surrogate in a value"),
    pytest.param([one()] * 9, id="too many sets"),
    pytest.param([one(), 1], id="a set that is none"),
]


@pytest.mark.parametrize("asked", REFUSED)
def test_what_asks_for_nothing_sensible_is_refused(asked: object) -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        read_verified(asked)


def test_it_comes_with_the_claims_parameter_and_goes_through_the_store() -> None:
    asked = {
        "userinfo": {"name": None, "verified_claims": one(claims={"nik": {"value": "3"}, "birthdate": {}})},
        "id_token": {"verified_claims": [one(), one(verification={"time": {"max_age": 1}})]},
    }
    claims = parse_claims(json.dumps(asked))
    assert claims.names == ("name",)
    assert claims.verified_names == ("nik", "birthdate", "name", "name")
    assert claims.verified_userinfo[0].claims["nik"].values == ("3",)
    assert ClaimsRequest.from_dict(json.loads(json.dumps(claims.to_dict()))) == claims
    assert ClaimsRequest(verified_id_token=claims.verified_id_token)


@given(JSON)
def test_any_verification(asked: object) -> None:
    try:
        sets = read_verified({"verification": {"evidence": asked}, "claims": {"name": None}})
        assert narrowed(sets[0].verification, KNOWN, NOW)["trust_framework"] == "id_adminduk"
    except (OAuthError, Unmet):
        pass
