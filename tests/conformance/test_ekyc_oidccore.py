"""The plan ekyc-test-plan-oidccore: one function for each of its modules, each in every place where claims can go.

The module that sends requests of the tester's own (`testuserprovidedrequest`) and those that are built from a userinfo
document given to the suite come with what our documentation names for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conformance.oidcc import Module
from tests.site import Browser, RelyingParty, Site

PLACES = {"id_token": ("id_token",), "userinfo": ("userinfo",), "id_token_userinfo": ("id_token", "userinfo")}
every_place = pytest.mark.parametrize("places", PLACES.values(), ids=PLACES.keys())
FRAMEWORK = {"trust_framework": "id_adminduk"}
BUDI = "BUDI SANTOSO"


@dataclass(slots=True)
class Asked:
    """What a module got: `answers` by place, None where no verified claims came."""

    module: Module
    party: RelyingParty
    answers: dict[str, Any]

    def attributes_told(self, action: str) -> set[str]:
        """Of which the data-use log says that they went out that way."""
        rows = self.module.site.rows(
            "select attributes from data_use where client_id = %s and action = %s",
            self.party.client_id,
            action,
        )
        return {name for (attributes,) in rows for name in attributes}  # type: ignore[attr-defined]


def flow(site: Site, browser: Browser, **verified: object) -> Asked:
    """A sign-in that asks for `verified` claims by place, and for plain ones besides as every module does."""
    module = Module(site, browser)
    party = module.client()
    claims = {place: {"verified_claims": asked} for place, asked in verified.items()}
    claims.setdefault("userinfo", {})["birthdate"] = {"essential": False}
    tokens = module.flow(party, claims=json.dumps(claims))
    userinfo = party.userinfo(tokens["access_token"]).json()
    assert userinfo["birthdate"]
    return Asked(
        module,
        party,
        {
            "id_token": tokens["id_token_claims"].get("verified_claims"),
            "userinfo": userinfo.get("verified_claims"),
        },
    )


def ask(claims: object, **verification: object) -> dict[str, object]:
    return {"verification": {"trust_framework": None, **verification}, "claims": claims}


def in_places(site: Site, browser: Browser, places: tuple[str, ...], asked: object) -> Asked:
    found = flow(site, browser, **dict.fromkeys(places, asked))
    for place in {"id_token", "userinfo"} - set(places):
        assert found.answers[place] is None
    return found


@pytest.fixture(scope="module")
def first(site: Site) -> str:
    """The claim that the suite takes: the first that the metadata names."""
    found = Browser(site.url).http.get(f"{site.url}/.well-known/openid-configuration").json()
    return str(found["claims_in_verified_claims_supported"][0])


@every_place
def test_ekyc_server_happypath(site: Site, browser: Browser, places: tuple[str, ...], first: str) -> None:
    metadata = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert metadata["claims_parameter_supported"] is True
    assert metadata["verified_claims_supported"] is True
    assert metadata["trust_frameworks_supported"] == ["id_adminduk"]
    assert metadata["evidence_supported"] == ["electronic_record"]
    assert metadata["electronic_records_supported"] == ["population_register"]
    assert "nik" in metadata["claims_in_verified_claims_supported"]
    found = in_places(site, browser, places, ask({first: None}))
    for place in places:
        assert found.answers[place] == {"verification": FRAMEWORK, "claims": {first: BUDI}}
        assert "name" in found.attributes_told(place)


@pytest.mark.parametrize(
    "wish",
    [{}, {"essential": False}],
    ids=["ekyc_server_happypath_emptyobject", "ekyc_server_happypath_essentialfalse"],
)
@every_place
def test_ekyc_server_happypath_by_another_wish(
    site: Site, browser: Browser, places: tuple[str, ...], first: str, wish: object
) -> None:
    found = in_places(site, browser, places, ask({first: wish}))
    assert all(found.answers[place]["claims"] == {first: BUDI} for place in places)


@pytest.mark.parametrize(
    ("name", "wish"),
    [("r4nd0m", None), ("r4nd0m", {"essential": True}), ("claim%1/a&,.b", None)],
    ids=[
        "ekyc_server_unknown_claim_omitted",
        "ekyc_server_unknown_essential_claim_omitted",
        "ekyc_server_unknown_claim_specialchars_omitted",
    ],
)
def test_ekyc_server_what_is_unknown_is_omitted(
    site: Site, browser: Browser, first: str, name: str, wish: object
) -> None:
    found = in_places(site, browser, PLACES["id_token_userinfo"], ask({first: None, name: wish}))
    assert all(answer["claims"] == {first: BUDI} for answer in found.answers.values())


def test_ekyc_server_one_claim_with_random_value_omitted(site: Site, browser: Browser, first: str) -> None:
    """The suite takes an empty `claims` in both places, and in userinfo nothing else."""
    asked = ask({first: {"value": str(uuid4())}}, time=None)
    found = in_places(site, browser, PLACES["id_token_userinfo"], asked)
    assert all(answer == {"verification": FRAMEWORK, "claims": {}} for answer in found.answers.values())


def test_ekyc_server_request_only_in_idtoken(site: Site, browser: Browser, first: str) -> None:
    in_places(site, browser, ("id_token",), ask({first: None}))


def test_ekyc_server_request_only_in_userinfo(site: Site, browser: Browser, first: str) -> None:
    in_places(site, browser, ("userinfo",), ask({first: None}))


REQUESTS = [
    pytest.param(
        ask({"name": None, "birthdate": None, "gender": None, "address": None}, time=None), id="all"
    ),
    pytest.param(ask({"name": None}, trust_framework={"value": "id_adminduk"}), id="this framework"),
    pytest.param(ask({"name": None}, time={"max_age": 86400}), id="not older than a day"),
    pytest.param(
        ask(
            {"name": None},
            evidence=[
                {"type": {"value": "electronic_record"}, "record": {"type": None, "source": {"name": None}}}
            ],
        ),
        id="with its evidence",
    ),
    pytest.param([ask({"name": None}), ask({"birthdate": None})], id="two sets"),
]


@pytest.mark.parametrize("asked", REQUESTS)
def test_ekyc_server_testuserprovidedrequest(site: Site, browser: Browser, asked: Any) -> None:
    found = in_places(site, browser, ("userinfo",), asked)
    sets = asked if isinstance(asked, list) else [asked]
    answers = found.answers["userinfo"] if isinstance(asked, list) else [found.answers["userinfo"]]
    for wish, answer in zip(sets, answers, strict=True):
        assert set(answer["claims"]) == set(wish["claims"])
        assert set(answer["verification"]) == set(wish["verification"])
        if "time" in answer["verification"]:
            age = datetime.now(UTC) - datetime.fromisoformat(answer["verification"]["time"])
            assert timedelta() <= age < timedelta(hours=1)
        for proof in answer["verification"].get("evidence", ()):
            assert proof["record"]["source"]["name"].startswith("Direktorat Jenderal Kependudukan")


def test_ekyc_server_testbasedonuserinfo_defaults(site: Site, browser: Browser) -> None:
    """The request is built from an answer, each of its values asked for."""
    asked = ask({"name": {"value": BUDI}}, trust_framework={"value": "id_adminduk"})
    found = in_places(site, browser, ("userinfo",), asked)
    assert found.answers["userinfo"] == {"verification": FRAMEWORK, "claims": {"name": BUDI}}


def test_ekyc_server_test_userinfo_notfoundinop(site: Site, browser: Browser) -> None:
    asked = ask({"name": None}, trust_framework={"value": "eidas"}, assurance_level={"value": "high"})
    found = in_places(site, browser, ("userinfo",), asked)
    assert found.answers["userinfo"] is None
    assert "name" not in found.attributes_told("userinfo")


def test_a_verified_claim_is_asked_of_the_person_and_takes_its_level(site: Site, browser: Browser) -> None:
    module = Module(site, browser)
    party = module.client()
    claims = json.dumps({"userinfo": {"verified_claims": ask({"name": None, "nik": None, "email": None})}})
    browser.open(module.url(party, claims=claims))
    browser.sign_in()
    assert BUDI in browser.page.text
    assert "budi" not in browser.page.text.lower().replace(
        "budi santoso", ""
    )  # what the account knows isn't verified
    answer = module.through()
    tokens = module.tokens(party, answer)
    # No second factor, so no NIK, whichever way it is asked for.
    assert party.userinfo(tokens["access_token"]).json()["verified_claims"]["claims"] == {"name": BUDI}


def test_a_request_for_nothing_is_refused(site: Site, browser: Browser) -> None:
    module = Module(site, browser)
    claims = json.dumps({"userinfo": {"verified_claims": ask({})}})
    assert module.refused(module.client(), claims=claims)["error"] == "invalid_request"
