"""Authorization details (RFC 9396) from the request to the resource server, black box over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gapura.protocol.pkce import challenge_of
from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, SITI

LOOK_UP = {"type": "citizen_data", "datatypes": ["nik", "address"], "reference": "PEM-2026/00417"}
FILING = {"type": "tax_return", "actions": ["prepare", "submit"], "tax_year": 2025}
TYPES = ["citizen_data", "tax_return", "social_security"]


@pytest.fixture(scope="module")
def browser(site: Site) -> Browser:
    """Somebody is signed in with two factors, once: each code of their app works once in 30 seconds."""
    browser = Browser(site.url)
    browser.open("/account")
    browser.sign_in(SITI)
    return browser


@pytest.fixture
def party(site: Site) -> RelyingParty:
    """A new client each time: nobody has agreed to anything yet."""
    return RelyingParty.register(site.url, authorization_details_types=TYPES)


def asking(*details: dict[str, Any]) -> dict[str, str]:
    return {"authorization_details": json.dumps(details)}


def agreed(
    browser: Browser, party: RelyingParty, *details: dict[str, Any], scope: str = "openid"
) -> dict[str, str]:
    browser.open(party.authorize_url(scope, prompt="consent", **asking(*details)))
    browser.agree()
    return browser.answer()


def test_what_was_agreed_to_stands_in_token_answer_token_and_introspection(
    browser: Browser, party: RelyingParty
) -> None:
    answer = party.redeem(agreed(browser, party, LOOK_UP, FILING)["code"]).json()
    assert answer["authorization_details"] == [LOOK_UP, FILING]
    payload = answer["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["authorization_details"] == [LOOK_UP, FILING]
    assert party.introspect(answer["access_token"])["authorization_details"] == [LOOK_UP, FILING]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("id", ["Melihat data kependudukan Anda untuk satu berkas", "NIK, Alamat", "Mengisi, Menyampaikan"]),
        ("en", ["Look at your population data for one case", "NIK, Address", "Fill in, Submit"]),
    ],
)
def test_the_consent_page_says_in_words_what_the_client_may_do(
    browser: Browser, party: RelyingParty, language: str, words: list[str]
) -> None:
    browser.open(party.authorize_url("openid", ui_locales=language, **asking(LOOK_UP, FILING)))
    assert browser.step == "consent"
    for said in (*words, "PEM-2026/00417", "2025"):
        assert said in browser.page.text


def test_it_is_asked_again_when_it_grows_and_only_then(browser: Browser, party: RelyingParty) -> None:
    agreed(browser, party, FILING)
    browser.open(party.authorize_url("openid", **asking(FILING | {"actions": ["submit"]})))
    assert "code" in browser.answer()
    browser.open(party.authorize_url("openid", **asking(FILING | {"tax_year": 2026})))
    assert browser.step == "consent"
    browser.open(party.authorize_url("openid", prompt="none", **asking(FILING, LOOK_UP)))
    assert browser.answer()["error"] == "consent_required"


def test_the_account_shows_what_a_service_may_do(browser: Browser, party: RelyingParty) -> None:
    agreed(browser, party, FILING)
    page = browser.open("/account/agencies").text
    assert "Mengurus SPT tahunan Anda" in page
    assert "Tahun pajak: 2025" in page


def test_a_token_is_cut_down_at_the_token_endpoint_and_never_grows(
    browser: Browser, party: RelyingParty
) -> None:
    less = [FILING | {"actions": ["prepare"]}]
    callback = agreed(browser, party, LOOK_UP, FILING, scope="openid offline_access")
    answer = party.redeem(callback["code"], **asking(*less)).json()
    assert answer["authorization_details"] == less
    assert party.introspect(answer["access_token"])["authorization_details"] == less
    grown = party.refresh(answer["refresh_token"], **asking(FILING | {"tax_year": 2026}))
    assert grown.json()["error"] == "invalid_authorization_details"
    again = party.refresh(answer["refresh_token"], **asking(LOOK_UP)).json()
    assert again["authorization_details"] == [LOOK_UP]
    assert party.refresh(again["refresh_token"]).json()["authorization_details"] == [LOOK_UP, FILING]


def test_more_than_was_granted_spends_the_code(browser: Browser, party: RelyingParty) -> None:
    callback = agreed(browser, party, FILING)
    refused = party.redeem(callback["code"], **asking(LOOK_UP))
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_authorization_details"
    assert party.redeem(callback["code"]).json()["error"] == "invalid_grant"


def test_a_level_out_of_reach_leaves_them_out_and_promises_nothing(site: Site, party: RelyingParty) -> None:
    browser = Browser(site.url)
    browser.open(party.authorize_url("openid", **asking(FILING)))
    browser.sign_in(BUDI)
    assert "SPT" not in browser.page.text
    browser.agree()
    assert "authorization_details" not in party.redeem(browser.answer()["code"]).json()


def test_no_scope_is_needed_beside_them(browser: Browser, party: RelyingParty) -> None:
    browser.open(party.authorize_url("", **asking(FILING)))
    browser.agree()
    answer = party.redeem(browser.answer()["code"]).json()
    assert "id_token" not in answer
    assert answer["authorization_details"] == [FILING]


REFUSED: list[Any] = [
    pytest.param([{"type": "payment_initiation"}], id="RFC 9396 §5 an unknown type"),
    pytest.param([FILING | {"amount": 3}], id="RFC 9396 §5 an unknown element"),
    pytest.param([{"type": "tax_return"}], id="RFC 9396 §5 a missing element"),
    pytest.param([{"actions": ["submit"]}], id="RFC 9396 §2 no type"),
    pytest.param([], id="RFC 9396 §2 an empty array"),
    pytest.param({"type": "tax_return"}, id="RFC 9396 §2 no array"),
    pytest.param([LOOK_UP | {"reference": "3171011785900001"}], id="a NIK as case number"),
]


@pytest.mark.parametrize("details", REFUSED)
def test_bad_details_go_back_as_such(browser: Browser, party: RelyingParty, details: object) -> None:
    browser.open(party.authorize_url("openid", authorization_details=json.dumps(details)))
    assert browser.answer()["error"] == "invalid_authorization_details"


def test_a_type_takes_its_registration(site: Site, browser: Browser) -> None:
    plain = RelyingParty.register(site.url)
    browser.open(plain.authorize_url("openid", **asking(FILING)))
    assert browser.answer()["error"] == "invalid_authorization_details"


def test_a_client_cannot_ask_for_itself(party: RelyingParty) -> None:
    refused = party.token(grant_type="client_credentials", **asking(FILING))
    assert refused.json()["error"] == "invalid_authorization_details"


def test_discovery_lists_the_types(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["authorization_details_types_supported"] == TYPES


def test_the_sandboxs_sign_in_takes_them_too(site: Site, party: RelyingParty) -> None:
    """And response modes: the answer is the authorization response itself."""
    asked = {
        "nik": SITI,
        "level": "urn:gapura:loa:substantial",
        "decision": "allow",
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": party.registration["redirect_uris"][0],
        "code_challenge": challenge_of(party.verifier),
        "code_challenge_method": "S256",
        **asking(FILING),
    }
    answer = party.http.post(f"{site.url}/sandbox/sign-in", data=asked, auth=party.auth)
    assert answer.status_code == 303, answer.text
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert party.redeem(code).json()["authorization_details"] == [FILING]
    signed = party.http.post(
        f"{site.url}/sandbox/sign-in", data=asked | {"response_mode": "fragment.jwt"}, auth=party.auth
    )
    assert "#response=" in signed.headers["location"]
