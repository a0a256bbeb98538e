"""Tokens by others' tokens and words (RFC 8693, RFC 7523 §2.1), black box: what an operator agreed on, and no more."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gapura.protocol.grants import jwt_bearer, token_exchange
from gapura.protocol.grants.token_exchange import ACCESS_TOKEN
from tests.site import Browser, RelyingParty, Site

DESK, ARCHIVE = "https://loket.example", "https://arsip.example"
IDP = "https://idp.example"
KEY = ECKey.generate_key("P-256", {"kid": "idp-1", "use": "sig", "alg": "ES256"}, auto_kid=False)


@dataclass(frozen=True, slots=True)
class Registrar:
    """An operator at the shell."""

    site: Site
    home: Path

    def party(self, **metadata: object) -> RelyingParty:
        file = self.home / f"{secrets.token_hex(4)}.json"
        file.write_text(json.dumps(metadata))
        done = subprocess.run(
            [sys.executable, "-m", "gapura", "client", "add", "sandbox", str(file)],
            env=self.site.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        words = done.stdout.split()
        answer = {name: words[words.index(name) + 1] for name in ("client_id", "client_secret")}
        return RelyingParty(self.site.url, {**metadata, **answer})


@pytest.fixture(scope="module")
def registrar(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Registrar:
    return Registrar(site, tmp_path_factory.mktemp("registrations"))


@pytest.fixture(scope="module")
def desk(registrar: Registrar) -> RelyingParty:
    """A resource server that works on with what comes to it."""
    return registrar.party(
        client_name="Loket",
        grant_types=[token_exchange.NAME, "client_credentials"],
        resource_identifier=DESK,
        token_exchange=["delegation"],
    )


@pytest.fixture(scope="module")
def archive(registrar: Registrar) -> RelyingParty:
    return registrar.party(
        client_name="Arsip", grant_types=["client_credentials"], resource_identifier=ARCHIVE
    )


@pytest.fixture
def tokens(
    site: Site, browser: Browser, party: RelyingParty, desk: RelyingParty, archive: RelyingParty
) -> dict[str, Any]:
    """What a person let the app do at both resource servers."""
    assert desk.client_id != archive.client_id
    url = party.authorize_url("openid profile offline_access", prompt="consent")
    browser.open(f"{url}&resource={DESK}&resource={ARCHIVE}")
    browser.sign_in()
    browser.agree()
    answer = httpx2.post(
        f"{site.url}/token",
        data={
            "grant_type": "authorization_code",
            "code": browser.answer()["code"],
            "redirect_uri": party.registration["redirect_uris"][0],
            "code_verifier": party.verifier,
        },
        auth=party.auth,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def exchanged(desk: RelyingParty, token: str, **form: str) -> httpx2.Response:
    given = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "resource": ARCHIVE}
    return desk.token(grant_type=token_exchange.NAME, **given | form)


def test_a_desk_works_on_in_a_persons_name_and_the_next_one_sees_who_it_is(
    browser: Browser,
    tokens: dict[str, Any],
    desk: RelyingParty,
    archive: RelyingParty,
    party: RelyingParty,
) -> None:
    answer = exchanged(desk, tokens["access_token"], scope="profile")
    assert answer.status_code == 200, answer.text
    assert answer.json()["issued_token_type"] == ACCESS_TOKEN
    assert not {"refresh_token", "id_token"} & answer.json().keys()
    seen = archive.introspect(answer.json()["access_token"])
    before = desk.introspect(tokens["access_token"])
    assert (seen["aud"], seen["scope"], seen["sub"]) == (ARCHIVE, "profile", before["sub"])
    assert (seen["client_id"], seen["act"]) == (
        desk.client_id,
        {"sub": desk.client_id, "client_id": desk.client_id},
    )
    assert party.userinfo(answer.json()["access_token"]).status_code == 401
    page = browser.open("/account/data-use").text
    assert "Wewenang diteruskan ke sistem lain" in page
    assert "Loket" in page


def test_with_the_grant_everything_made_of_it_ends(
    tokens: dict[str, Any], desk: RelyingParty, archive: RelyingParty, party: RelyingParty
) -> None:
    token = exchanged(desk, tokens["access_token"]).json()["access_token"]
    assert archive.introspect(token)["active"]
    revoked = party.http.post(
        f"{party.issuer}/revoke", data={"token": tokens["refresh_token"]}, auth=party.auth
    )
    assert revoked.status_code == 200
    assert archive.introspect(token) == {"active": False}
    assert exchanged(desk, tokens["access_token"]).json()["error"] == "invalid_request"


def test_a_desk_with_a_token_of_its_own_as_proof_of_who_acts(
    tokens: dict[str, Any], desk: RelyingParty, archive: RelyingParty
) -> None:
    own = desk.token(grant_type="client_credentials").json()["access_token"]
    answer = exchanged(desk, tokens["access_token"], actor_token=own, actor_token_type=ACCESS_TOKEN)
    assert answer.status_code == 200, answer.text
    assert archive.introspect(answer.json()["access_token"])["act"]["sub"] == desk.client_id


def test_an_exchanged_token_goes_no_further_than_it_says(tokens: dict[str, Any], desk: RelyingParty) -> None:
    token = exchanged(desk, tokens["access_token"], scope="profile").json()["access_token"]
    assert exchanged(desk, token, resource=DESK).json()["error"] == "invalid_target"
    assert exchanged(desk, token, scope="openid").json()["error"] == "invalid_scope"


def test_who_has_no_agreement_exchanges_nothing(
    site: Site, tokens: dict[str, Any], party: RelyingParty, archive: RelyingParty
) -> None:
    assert exchanged(archive, tokens["access_token"]).json()["error"] == "unauthorized_client"
    eager = RelyingParty.register(
        site.url,
        redirect_uris=[],
        grant_types=[token_exchange.NAME],
        token_exchange=["impersonation"],
        resource_identifier=DESK + "/2",
    )
    assert "token_exchange" not in eager.registration
    assert exchanged(eager, tokens["access_token"]).json()["error"] == "unauthorized_client"
    assert party.client_id


def test_the_persons_end_is_the_end_of_exchanges(
    site: Site, tokens: dict[str, Any], desk: RelyingParty
) -> None:
    site.rows(
        "update account set status = 'suspended' where id = (select account_id from grants order by created_at desc limit 1)"
    )
    try:
        assert exchanged(desk, tokens["access_token"]).json()["error"] == "invalid_grant"
    finally:
        site.rows("update account set status = 'active'")


@pytest.fixture(scope="module")
def office(registrar: Registrar) -> RelyingParty:
    """An app whose agency's own sign-on may speak for people who let it act in their absence."""
    return registrar.party(
        client_name="Kantor",
        redirect_uris=["https://kantor.example/kembali"],
        grant_types=["authorization_code", "refresh_token", jwt_bearer.NAME],
        scope="openid profile offline_access",
        jwt_bearer_issuer=IDP,
        jwt_bearer_jwks={"keys": [KEY.as_dict(private=False)]},
    )


def word(site: Site, sub: str, key: ECKey = KEY, **changes: object) -> str:
    now = int(time.time())
    claims = {"iss": IDP, "sub": sub, "aud": site.url, "iat": now, "exp": now + 60} | changes
    claims.setdefault("jti", secrets.token_urlsafe(8))
    text: str = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])
    return text


def let_in(browser: Browser, office: RelyingParty) -> str:
    """The person signs in once and lets the app act in their absence: who they are there."""
    browser.open(office.authorize_url("openid profile offline_access", prompt="consent"))
    browser.sign_in()
    browser.agree()
    tokens = office.redeem(browser.answer()["code"]).json()
    return str(office.userinfo(tokens["access_token"]).json()["sub"])


def test_the_agreed_word_gets_a_token_once(site: Site, browser: Browser, office: RelyingParty) -> None:
    sub = let_in(browser, office)
    assertion = word(site, sub)
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: office.token(grant_type=jwt_bearer.NAME, assertion=assertion), range(30))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 29
    [good] = [answer.json() for answer in answers if answer.status_code == 200]
    assert not {"refresh_token", "id_token"} & good.keys()
    assert office.userinfo(good["access_token"]).json()["name"] == "BUDI SANTOSO"
    assert "used before" in next(a.json()["error_description"] for a in answers if a.status_code == 400)


def test_withdrawn_is_withdrawn_whatever_the_issuer_says(
    site: Site, browser: Browser, office: RelyingParty
) -> None:
    sub = let_in(browser, office)
    good = office.token(grant_type=jwt_bearer.NAME, assertion=word(site, sub)).json()
    browser.open(f"/account/agencies/{office.client_id}/withdraw")
    browser.submit(decision="allow")
    assert office.userinfo(good["access_token"]).status_code == 401
    again = office.token(grant_type=jwt_bearer.NAME, assertion=word(site, sub))
    assert again.json()["error"] == "invalid_grant"


def test_a_person_who_is_suspended_is_nobody_to_speak_for(
    site: Site, browser: Browser, office: RelyingParty
) -> None:
    sub = let_in(browser, office)
    site.rows("update account set status = 'suspended'")
    try:
        answer = office.token(grant_type=jwt_bearer.NAME, assertion=word(site, sub))
        assert answer.json()["error"] == "invalid_grant"
    finally:
        site.rows("update account set status = 'active'")


def test_a_key_outside_the_agreement_says_nothing(site: Site, office: RelyingParty) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "idp-1"}, auto_kid=False)
    answer = office.token(grant_type=jwt_bearer.NAME, assertion=word(site, "x", stranger))
    assert answer.json()["error"] == "invalid_grant"
    assert "not signed by a key of the agreement" in answer.json()["error_description"]
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    assert office.token(grant_type=jwt_bearer.NAME, assertion=unsigned).json()["error"] == "invalid_grant"
