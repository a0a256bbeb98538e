"""Introspection as a JWT (RFC 9701), black box over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwe, jws, jwt
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, KeySet

from tests.site import RelyingParty, Site
from tests.site.http import new_client

JWT = "application/token-introspection+jwt"
KEY = ECKey.generate_key("P-256", {"kid": "e", "use": "enc"})


def asked(party: RelyingParty, token: str, accept: str = JWT) -> tuple[str, str]:
    """Media type and body."""
    answer = party.http.post(
        f"{party.issuer}/introspect", data={"token": token}, auth=party.auth, headers={"Accept": accept}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.headers["content-type"], answer.text


def claims_of(site: Site, text: str, alg: str) -> Mapping[str, Any]:
    keys = KeySet.import_key_set(new_client().get(f"{site.url}/jwks").json())
    read = jwt.decode(text, keys, algorithms=[alg])
    assert read.header["typ"] == "token-introspection+jwt"
    return read.claims


@pytest.fixture(scope="module")
def token(party: RelyingParty) -> str:
    return str(party.token(grant_type="client_credentials").json()["access_token"])


@pytest.mark.parametrize("accept", [JWT, f"application/json;q=0.5, {JWT.upper()}; q=1"])
def test_who_asks_for_a_jwt_gets_one(site: Site, party: RelyingParty, token: str, accept: str) -> None:
    media_type, text = asked(party, token, accept)
    assert media_type == JWT
    claims = claims_of(site, text, "RS256")
    assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    assert (claims["iss"], claims["aud"]) == (site.url, party.client_id)
    assert claims["token_introspection"] == party.introspect(token)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/jwt", ""])
def test_who_does_not_ask_gets_json(party: RelyingParty, token: str, accept: str) -> None:
    assert asked(party, token, accept)[0] == "application/json"


def test_who_registered_for_one_gets_no_other_form(site: Site, token: str) -> None:
    """RFC 9701 §6; and of a foreign token it says exactly that it is not active."""
    other = RelyingParty.register(site.url, introspection_signed_response_alg="PS256")
    media_type, text = asked(other, token, "application/json")
    assert media_type == JWT
    assert claims_of(site, text, "PS256")["token_introspection"] == {"active": False}


def test_it_is_encrypted_for_who_registered_for_that(site: Site) -> None:
    other = RelyingParty.register(
        site.url,
        jwks={"keys": [KEY.as_dict(private=False)]},
        introspection_signed_response_alg="ES256",
        introspection_encrypted_response_alg="ECDH-ES",
        introspection_encrypted_response_enc="A256GCM",
    )
    own = other.token(grant_type="client_credentials").json()["access_token"]
    _, text = asked(other, own, "application/json")
    read = jwe.decrypt_compact(text, KEY, registry=JWERegistry(algorithms=["ECDH-ES", "A256GCM"]))
    assert read.plaintext is not None
    assert read.protected["cty"] == "JWT"
    assert claims_of(site, read.plaintext.decode(), "ES256")["token_introspection"]["active"] is True


def test_the_answer_is_no_token_itself(party: RelyingParty, token: str) -> None:
    """RFC 9701 §8.1."""
    _, text = asked(party, token)
    assert jws.extract_compact(text.encode()).headers()["typ"] == "token-introspection+jwt"
    assert party.introspect(text) == {"active": False}
    assert party.userinfo(text).status_code == 401
