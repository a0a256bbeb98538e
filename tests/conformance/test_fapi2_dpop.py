"""What FAPI 2.0's modules ask of DPoP (fapi2-security-profile-final, sender_constrain=dpop)."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import pytest
from joserfc.jwk import Key

from tests.conformance.dpop_party import DpopParty, asks_for_nonce, bare, proof
from tests.conformance.key_party import new_key, signed_in
from tests.conformance.pushing_party import PAR, PushingParty
from tests.site import Browser, Site


@dataclass(slots=True)
class Holder:
    """A party and an access token that it holds."""

    party: DpopParty
    access_token: str
    url: str

    def ask(self, *proofs: str, scheme: str = "DPoP") -> httpx2.Response:
        headers = [("Authorization", f"{scheme} {self.access_token}"), *(("DPoP", text) for text in proofs)]
        return self.party.http.get(self.url, headers=headers)

    def proof(self, key: Key | None = None, **changes: object) -> str:
        return proof(key or self.party.bound, "GET", self.url, token=self.access_token, **changes)


@pytest.fixture(scope="module")
def holder(site: Site) -> Holder:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(Browser(site.url), party.authorize_url())
    redeemed = party.redeem(answer["code"])
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.json()["token_type"] == "DPoP"
    return Holder(party, redeemed.json()["access_token"], f"{site.url}/userinfo")


def with_header(holder: Holder, **header: object) -> str:
    """A proof whose header says something else than what was signed."""
    _, claims, signature = holder.proof().split(".")
    text = json.dumps({"typ": "dpop+jwt", "jwk": bare(holder.party.bound), **header}).encode()
    return f"{base64.urlsafe_b64encode(text).rstrip(b'=').decode()}.{claims}.{signature}"


def unsigned(holder: Holder) -> str:
    return with_header(holder, alg="none").rpartition(".")[0] + "."


def tampered(holder: Holder) -> str:
    head, _, signature = holder.proof().rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


REFUSED: dict[str, Callable[[Holder], tuple[str, ...]]] = {
    "more than one proof": lambda h: (h.proof(), h.proof()),
    "no JWT": lambda _: ("not.a.jwt",),
    "no typ": lambda h: (h.proof(header_typ=None),),
    "another typ": lambda h: (h.proof(header_typ="jwt"),),
    "no alg": lambda h: (with_header(h),),
    "alg none": lambda h: (unsigned(h),),
    "RS256": lambda h: (h.proof(new_key("RS256")),),
    "no jwk": lambda h: (h.proof(header_jwk=None),),
    "a private key": lambda h: (h.proof(header_jwk=h.party.bound.as_dict(private=True)),),
    "no jti": lambda h: (h.proof(jti=None),),
    "no htm": lambda h: (h.proof(htm=None),),
    "no htu": lambda h: (h.proof(htu=None),),
    "no iat": lambda h: (h.proof(iat=None),),
    "no ath": lambda h: (h.proof(ath=None),),
    "a bad signature": lambda h: (tampered(h),),
    "another method": lambda h: (h.proof(htm="PUT"),),
    "another URL": lambda h: (h.proof(htu="https://www.example.com"),),
    "a wrong ath": lambda h: (h.proof(ath="wrong"),),
    "another key": lambda h: (h.proof(new_key()),),
    "no proof": lambda _: (),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_fapi2_dpop_negative_tests(holder: Holder, fault: str) -> None:
    answer = holder.ask(*REFUSED[fault](holder))
    assert answer.status_code in {400, 401}, answer.text
    assert "DPoP-Nonce" not in answer.headers


ACCEPTED: dict[str, Callable[[Holder], str]] = {
    "htu with query and fragment": lambda h: h.proof(htu=f"{h.url}?a=b#c"),
    "unknown members in header and claims": lambda h: h.proof(header_extra="x", extra={"a": 1}),
    "htu in capitals": lambda h: h.proof(htu=h.url.replace("https://localhost", "HTTPS://LOCALHOST")),
    "an iat of 10 s before": lambda h: h.proof(iat=int(time.time()) - 10),
    "an iat of 8 s after": lambda h: h.proof(iat=int(time.time()) + 8),
    "nbf and exp": lambda h: h.proof(nbf=int(time.time()), exp=int(time.time()) + 300),
    "a proof like any other": lambda h: h.proof(),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_fapi2_dpop_negative_tests_that_succeed(holder: Holder, kind: str) -> None:
    answer = holder.ask(ACCEPTED[kind](holder))
    assert answer.status_code == 200, answer.text
    assert answer.json()["sub"]


@pytest.mark.parametrize("scheme", ["dPOP", "DPOP", "dpop"])
def test_fapi2_access_token_type_header_case_sensitivity(holder: Holder, scheme: str) -> None:
    assert holder.ask(holder.proof(), scheme=scheme).status_code == 200


def test_fapi2_dpop_negative_tests_a_proof_is_good_once(holder: Holder) -> None:
    text = holder.proof()
    assert holder.ask(text).status_code == 200
    refused = holder.ask(text)
    assert refused.status_code == 401
    assert "used before" in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_fapi2_dpop_negative_tests_an_hour_off_needs_a_nonce(holder: Holder, seconds: int) -> None:
    off = int(time.time()) + seconds
    refused = holder.ask(holder.proof(iat=off))
    assert refused.status_code == 401
    assert asks_for_nonce(refused)
    assert re.search(r"iat lies (3599|360\d) s", refused.headers["WWW-Authenticate"])
    nonce = refused.headers["DPoP-Nonce"]
    assert holder.ask(holder.proof(iat=off, nonce=nonce)).status_code == 200


def test_a_nonce_of_somebody_else_is_answered_with_one_of_ours(holder: Holder) -> None:
    refused = holder.ask(holder.proof(nonce="A" * 32))
    assert asks_for_nonce(refused)
    answer = holder.ask(holder.proof(nonce=refused.headers["DPoP-Nonce"]))
    assert answer.status_code == 200
    assert answer.headers["DPoP-Nonce"]


def test_fapi2_dpop_negative_tests_a_bound_token_is_no_bearer_token(holder: Holder) -> None:
    refused = holder.ask(scheme="Bearer")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('DPoP error="invalid_token"')
    assert refused.headers["WWW-Authenticate"].endswith('algs="ES256 PS256 EdDSA"')
    in_form = holder.party.http.post(holder.url, data={"access_token": holder.access_token})
    assert in_form.status_code == 401


def test_a_bearer_token_is_not_taken_for_a_bound_one(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url)
    answer = signed_in(browser, party.authorize_url())
    redeemed = party.post("/token", party.code_form(answer["code"]))
    assert redeemed.json()["token_type"] == "Bearer"
    assert party.userinfo(redeemed.json()["access_token"]).status_code == 401


def test_introspection_tells_a_resource_server_the_key(holder: Holder) -> None:
    found = holder.party.introspect(holder.access_token)
    assert found["token_type"] == "DPoP"
    assert found["cnf"] == {"jkt": holder.party.jkt}


def test_the_token_itself_names_the_key(holder: Holder) -> None:
    claims = json.loads(base64.urlsafe_b64decode(holder.access_token.split(".")[1] + "=="))
    assert claims["cnf"] == {"jkt": holder.party.jkt}


def test_fapi2_ensure_holder_of_key_required(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url())
    refused = party.post("/token", party.code_form(answer["code"]))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    assert party.redeem(answer["code"]).status_code == 200, "nothing was spent"


def test_fapi2_check_dpop_proof_nbf_exp(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url())
    now = int(time.time())
    redeemed = party.proven("/token", party.code_form(answer["code"]), nbf=now, exp=now + 300)
    assert redeemed.status_code == 200, redeemed.text


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(-10, id="fapi2_ensure_dpopproof_with_iat_10seconds_before_succeeds"),
        pytest.param(8, id="fapi2_ensure_dpopproof_with_iat_10seconds_after_succeeds"),
    ],
)
def test_fapi2_a_clock_that_is_a_little_off(site: Site, browser: Browser, seconds: int) -> None:
    """Where the request is pushed, at the token endpoint and at the resource."""

    def off() -> int:
        return int(time.time()) + seconds

    party = PushingParty.fapi2(site.url)
    pushed = party.proven(PAR, party.params(), iat=off())
    assert pushed.status_code == 201, pushed.text
    code = signed_in(browser, party.visit(pushed.json()["request_uri"]))["code"]
    redeemed = party.proven("/token", party.code_form(code), iat=off())
    assert redeemed.status_code == 200, redeemed.text
    assert party.userinfo(redeemed.json()["access_token"], iat=off()).status_code == 200
    assert party.nonce is not None, "each answer to a proof brings the next nonce"


def test_fapi2_ensure_dpop_auth_code_binding_success(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url(dpop_jkt=party.jkt))
    redeemed = party.redeem(answer["code"])
    assert redeemed.status_code == 200, redeemed.text


def test_fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url(dpop_jkt=new_key().thumbprint()))
    refused = party.redeem(answer["code"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_fapi2_refresh_token_a_confidential_client_may_change_its_key(site: Site, browser: Browser) -> None:
    party = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url("openid offline_access", prompt="consent"))
    first = party.redeem(answer["code"]).json()
    party.bound = new_key()
    second = party.refresh(first["refresh_token"])
    assert second.status_code == 200, second.text
    assert party.userinfo(second.json()["access_token"]).status_code == 200
    bare_refresh = {"grant_type": "refresh_token", "refresh_token": second.json()["refresh_token"]}
    refused = party.post("/token", bare_refresh)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_public_clients_refresh_token_is_bound_to_its_key(site: Site, browser: Browser) -> None:
    party = DpopParty.register(
        site.url, token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"]
    )
    party.is_public = True
    answer = signed_in(browser, party.authorize_url("openid offline_access", prompt="consent"))
    first = party.redeem(answer["code"]).json()
    own, party.bound = party.bound, new_key()
    refused = party.refresh(first["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    unproven = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert party.post("/token", unproven).json()["error"] == "invalid_grant"
    party.bound = own
    assert party.refresh(first["refresh_token"]).status_code == 200
