"""Scopes, claims, how they are verified, levels, subjects and languages: what is told of the person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.scopes import SCOPES
from tests.conformance.advertised.house import Driver, House, asked, tokens, told
from tests.site import Browser
from tests.site.browser import BUDI

EVERYTHING = {"prompt": "consent"}  # offline_access is not given without (OpenID Connect Core §11)


def scope(house: House, name: str) -> None:
    """Its claims arrive in userinfo, and `offline_access` brings a refresh token."""
    party = house.plain
    got = tokens(party, f"openid {name}", **EVERYTHING)
    answer = party.userinfo(got["access_token"])
    wanted = {claim for row in SCOPES[name].attributes for claim in ATTRIBUTES[row].claim_names}
    assert wanted | {"sub"} <= answer.json().keys()
    assert name in got["scope"].split()
    assert ("refresh_token" in got) == (name == "offline_access")


def claim(house: House, name: str) -> None:
    """It comes where it is asked for by its name."""
    wanted = json.dumps({"id_token": {name: None}, "userinfo": {name: None}})
    party = house.plain
    got = tokens(party, claims=wanted, max_age="3600")
    id_token = house.judged(got["id_token"], "ES256")
    assert name in id_token | party.userinfo(got["access_token"]).json()


def claim_type(house: House, name: str) -> None:
    """OpenID Connect Core §5.6: normal ones stand there, the others are named as somewhere else."""
    assert name == "normal"
    party = house.plain
    found = party.userinfo(tokens(party, "openid profile")["access_token"]).json()
    assert not {"_claim_names", "_claim_sources"} & found.keys()


def claims_parameter(house: House, is_supported: bool) -> None:
    assert is_supported
    party = house.plain
    got = tokens(party, claims='{"userinfo":{"birthdate":{"essential":true}}}')
    assert set(party.userinfo(got["access_token"]).json()) == {"sub", "birthdate"}


def verified(house: House, verification: Mapping[str, object], claims: Mapping[str, object]) -> Any:
    """What is told when `claims` are asked for with this `verification`; None for nothing."""
    wanted = {"verification": {"trust_framework": None, **verification}, "claims": claims}
    party = house.plain
    got = tokens(party, claims=json.dumps({"userinfo": {"verified_claims": wanted}}))
    return party.userinfo(got["access_token"]).json().get("verified_claims")


def verified_claims(house: House, is_supported: bool) -> None:
    assert is_supported
    assert verified(house, {}, {"name": None})["claims"]["name"]


def trust_framework(house: House, name: str) -> None:
    found = verified(house, {"trust_framework": {"value": name}}, {"name": None})
    assert found["verification"]["trust_framework"] == name


def evidence(house: House, name: str) -> None:
    found = verified(house, {"evidence": [{"type": {"value": name}}]}, {"name": None})
    assert [one["type"] for one in found["verification"]["evidence"]] == [name]


def electronic_record(house: House, name: str) -> None:
    wanted = [{"type": {"value": "electronic_record"}, "record": {"type": {"value": name}}}]
    found = verified(house, {"evidence": wanted}, {"name": None})
    assert [one["record"]["type"] for one in found["verification"]["evidence"]] == [name]


def claim_in_verified_claims(house: House, name: str) -> None:
    assert name in verified(house, {}, {name: None})["claims"]


def acr(house: House, value: str) -> None:
    """Somebody can sign in at it, and who insists on it gets it."""
    party = house.plain
    essential = json.dumps({"id_token": {"acr": {"essential": True, "value": value}}})
    wanted = {"nik": BUDI, "level": value, "decision": "allow", "claims": essential}
    answer = party.post("/sandbox/sign-in", {**asked(party), **wanted})
    assert answer.status_code == 303, answer.text
    got = party.redeem(told(answer)[1]["code"]).json()
    assert house.judged(got["id_token"], "ES256")["acr"] == value


def subject_type(house: House, name: str) -> None:
    """Pairwise: of another sector, another sub (OpenID Connect Core §8.1)."""
    assert name == "pairwise"
    subs = []
    for host in ("satu.example", "satu.example", "dua.example"):
        party = house.party(subject_type=name, redirect_uris=[f"https://{host}/callback"])
        subs.append(house.judged(tokens(party)["id_token"], "ES256")["sub"])
    assert subs[0] == subs[1] != subs[2]


def ui_locale(house: House, tag: str) -> None:
    """The sign-in page speaks it, whatever the browser prefers."""
    for preferred in house.metadata["ui_locales_supported"]:
        browser = Browser(house.site.url)
        browser.http.headers["Accept-Language"] = preferred
        page = browser.open(house.signed_in[1].authorize_url("openid", ui_locales=tag))
        assert browser.step == "sign_in"
        assert f'<html lang="{tag}"' in page.text


DRIVERS: Mapping[str, Driver] = {
    "scopes_supported": scope,
    "claims_supported": claim,
    "claim_types_supported": claim_type,
    "claims_parameter_supported": claims_parameter,
    "verified_claims_supported": verified_claims,
    "trust_frameworks_supported": trust_framework,
    "evidence_supported": evidence,
    "electronic_records_supported": electronic_record,
    "claims_in_verified_claims_supported": claim_in_verified_claims,
    "acr_values_supported": acr,
    "subject_types_supported": subject_type,
    "ui_locales_supported": ui_locale,
}
