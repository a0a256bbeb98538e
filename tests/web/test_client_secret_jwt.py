"""A client that proves itself by a MAC under its secret, which we have to be able to read for that (decision 6)."""

from __future__ import annotations

import secrets
import time
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.values import Secret
from tests.conformance.key_party import ASSERTION_TYPE
from tests.site import RelyingParty, Site

BY_SECRET: dict[str, Any] = {"token_endpoint_auth_method": "client_secret_jwt"}


def asked(party: RelyingParty, secret: str, **claims: object) -> httpx2.Response:
    now = int(time.time())
    whole = {
        "iss": party.client_id,
        "sub": party.client_id,
        "aud": party.issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + 60,
        **claims,
    }
    assertion = jwt.encode({"alg": "HS256"}, whole, OctKey.import_key(secret))
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return party.http.post(f"{party.issuer}/token", data=form)


@pytest.fixture(scope="module")
def party(site: Site) -> RelyingParty:
    return RelyingParty.register(site.url, token_endpoint_auth_signing_alg="HS256", **BY_SECRET)


def test_the_secret_makes_assertions_and_each_serves_once(party: RelyingParty) -> None:
    secret = party.registration["client_secret"]
    assert asked(party, secret, jti="satu").status_code == 200
    again = asked(party, secret, jti="satu")
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("claims", [{"aud": "https://bpjs.example"}, {"exp": 1}, {"sub": "bpjs"}])
def test_its_claims_are_judged_as_those_of_a_signature(
    party: RelyingParty, claims: dict[str, object]
) -> None:
    assert asked(party, party.registration["client_secret"], **claims).json()["error"] == "invalid_client"


def test_another_secret_makes_none(party: RelyingParty) -> None:
    assert asked(party, "s" * 43).json()["error"] == "invalid_client"


def test_the_secret_itself_is_not_taken(party: RelyingParty) -> None:
    refused = party.token(grant_type="client_credentials")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_the_secret_is_kept_sealed_and_only_while_it_is_needed(site: Site, root_keys: Secret) -> None:
    party = RelyingParty.register(site.url, **BY_SECRET)
    first = party.registration["client_secret"]
    [(sealed,)] = site.rows("select secret_sealed from client where id = %s", party.client_id)
    assert isinstance(sealed, bytes)
    assert first.encode() not in sealed
    vault = Vault(RootKeys.parse(root_keys.reveal()))
    assert vault.open("client-secret", sealed, party.client_id.encode()).decode() == first

    own = party.registration["registration_client_uri"]
    headers = {"Authorization": f"Bearer {party.registration['registration_access_token']}"}
    document = {
        "client_id": party.client_id,
        "redirect_uris": party.registration["redirect_uris"],
        "grant_types": party.registration["grant_types"],
    }
    changed = party.http.put(own, json=document, headers=headers).json()
    assert changed["token_endpoint_auth_method"] == "client_secret_basic"
    assert changed["client_secret"] != first
    assert site.rows("select secret_sealed from client where id = %s", party.client_id) == [(None,)]
    assert asked(party, first).json()["error"] == "invalid_client"

    back = party.http.put(own, json={**document, **BY_SECRET}, headers=headers).json()
    assert asked(party, back["client_secret"]).status_code == 200


def test_a_client_by_a_plain_secret_leaves_only_its_digest(site: Site, party: RelyingParty) -> None:
    plain = RelyingParty.register(site.url)
    assert site.rows("select secret_sealed from client where id = %s", plain.client_id) == [(None,)]
    assert party.client_id != plain.client_id
