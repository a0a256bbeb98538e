"""In which form tokens come: encrypted to the client that registered for it, opaque, signed; black box over HTTP."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from joserfc import jwe, jwt
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.site import Browser, RelyingParty, Site
from tests.site.http import new_client

RSA = RSAKey.generate_key(2048, {"kid": "r", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "e", "use": "enc"})
JWKS = {"keys": [key.as_dict(private=False) for key in (RSA, EC)]}


def code(browser: Browser, party: RelyingParty, **params: str) -> str:
    browser.open(party.authorize_url(**params))
    if browser.step == "sign_in":
        browser.sign_in()
    if browser.left_for is None and browser.step == "consent":
        browser.agree()
    return browser.answer()["code"]


def decrypted(token: str, alg: str, enc: str) -> tuple[dict[str, Any], bytes]:
    key = RSA if alg.startswith("RSA") else EC
    read = jwe.decrypt_compact(token, key, registry=JWERegistry(algorithms=[alg, enc]))
    assert read.plaintext is not None
    return dict(read.protected), read.plaintext


def signed_claims(site: Site, token: str, alg: str = "ES256") -> dict[str, Any]:
    keys = KeySet.import_key_set(new_client().get(f"{site.url}/jwks").json())
    return dict(jwt.decode(token, keys, algorithms=[alg]).claims)


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A128GCM", "A256GCM"])
def test_a_client_gets_id_token_and_userinfo_encrypted_to_its_key(
    site: Site, browser: Browser, alg: str, enc: str
) -> None:
    party = RelyingParty.register(
        site.url,
        jwks=JWKS,
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        userinfo_signed_response_alg="ES256",
        userinfo_encrypted_response_alg=alg,
        userinfo_encrypted_response_enc=enc,
    )
    tokens = party.redeem(code(browser, party)).json()
    header, signed = decrypted(tokens["id_token"], alg, enc)
    assert (header["cty"], header["kid"]) == ("JWT", "r" if alg.startswith("RSA") else "e")
    claims = signed_claims(site, signed.decode())
    assert (claims["iss"], claims["aud"]) == (site.url, party.client_id)
    answer = party.userinfo(tokens["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    told = signed_claims(site, decrypted(answer.text, alg, enc)[1].decode())
    assert (told["sub"], told["aud"]) == (claims["sub"], party.client_id)


def test_userinfo_is_encrypted_without_a_signature_where_none_is_registered(
    site: Site, browser: Browser
) -> None:
    party = RelyingParty.register(site.url, jwks=JWKS, userinfo_encrypted_response_alg="ECDH-ES")
    tokens = party.redeem(code(browser, party)).json()
    header, plain = decrypted(party.userinfo(tokens["access_token"]).text, "ECDH-ES", "A128CBC-HS256")
    assert "cty" not in header
    assert orjson.loads(plain)["sub"] == signed_claims(site, tokens["id_token"])["sub"]


def test_the_authorization_response_is_encrypted_for_a_client_that_asks_for_it(
    site: Site, browser: Browser
) -> None:
    """JARM §2.2."""
    party = RelyingParty.register(
        site.url,
        jwks=JWKS,
        authorization_signed_response_alg="ES256",
        authorization_encrypted_response_alg="ECDH-ES+A256KW",
        authorization_encrypted_response_enc="A256GCM",
    )
    browser.open(party.authorize_url(response_mode="query.jwt"))
    if browser.step == "sign_in":
        browser.sign_in()
    browser.agree()
    _, signed = decrypted(browser.answer()["response"], "ECDH-ES+A256KW", "A256GCM")
    claims = signed_claims(site, signed.decode())
    assert (claims["iss"], claims["aud"], claims["state"]) == (site.url, party.client_id, "af0ifjsldkj")
    assert party.redeem(claims["code"]).status_code == 200


def test_a_client_whose_keys_are_away_keeps_its_code(site: Site, browser: Browser) -> None:
    """What can't be encrypted is refused before the code is spent."""
    party = RelyingParty.register(
        site.url, jwks_uri="http://127.0.0.1:9/jwks", id_token_encrypted_response_alg="ECDH-ES"
    )
    given = code(browser, party)
    for _ in range(2):
        answer = party.redeem(given)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
        assert answer.json()["error_description"] == "the keys of jwks_uri could not be fetched"


@pytest.fixture(scope="module")
def opaque(site: Site) -> RelyingParty:
    return RelyingParty.register(site.url, access_token_format="opaque")


def test_an_opaque_token_says_nothing_and_serves_as_any_other(
    site: Site, browser: Browser, opaque: RelyingParty
) -> None:
    tokens = opaque.redeem(code(browser, opaque)).json()
    token = tokens["access_token"]
    assert (len(token), "." in token, tokens["token_type"]) == (48, False, "Bearer")
    assert opaque.userinfo(token).json()["sub"] == signed_claims(site, tokens["id_token"])["sub"]
    found = opaque.introspect(token)
    assert (found["active"], found["client_id"], found["scope"]) == (True, opaque.client_id, "openid profile")
    form = {"token": token}
    assert opaque.http.post(f"{site.url}/revoke", data=form, auth=opaque.auth).status_code == 200
    assert opaque.introspect(token) == {"active": False}
    assert opaque.userinfo(token).status_code == 401


def test_a_changed_opaque_token_is_nobodys(browser: Browser, opaque: RelyingParty) -> None:
    token = opaque.redeem(code(browser, opaque)).json()["access_token"]
    raw = bytearray(base64.urlsafe_b64decode(token))
    for place in (0, 1, 16, 17, 35):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert opaque.introspect(base64.urlsafe_b64encode(changed).decode()) == {"active": False}
    assert opaque.introspect(token)["active"] is True


def test_a_client_acts_for_itself_with_an_opaque_token_too(opaque: RelyingParty) -> None:
    token = opaque.token(grant_type="client_credentials").json()["access_token"]
    assert (len(token), opaque.introspect(token)["sub"]) == (48, opaque.client_id)
