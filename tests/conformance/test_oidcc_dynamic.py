"""The modules of oidcc-dynamic, by `private_key_jwt` as the plan has it, for every response type.

What sends request objects stands in `test_oidcc_request_objects.py`, discovery in `test_oidcc_config.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet, RSAKey

from gapura.flow.client_keys import AT_MOST_EVERY
from gapura.protocol.response_types import RESPONSE_TYPES
from tests.conformance.key_party import KeyParty, new_key
from tests.conformance.oidcc import CALLBACK, Module
from tests.conformance.suite import Suite
from tests.site import Browser, RelyingParty, Site
from tests.site.deployment import ROOT


def types(fits: Callable[[Module], bool] = lambda _: True) -> pytest.MarkDecorator:
    found = [
        name
        for name in RESPONSE_TYPES
        if fits(Module(None, None, name))  # type: ignore[arg-type]  # only its response type is asked
    ]
    return pytest.mark.parametrize("module", found, indirect=True)


every_type = types()
with_code = types(lambda module: module.has_code)
with_userinfo = types(lambda module: module.has_code or module.has_token)
code_alone = types(lambda module: module.response_type == "code")


@pytest.fixture
def module(request: pytest.FixtureRequest, site: Site, browser: Browser) -> Module:
    return Module(site, browser, request.param, auth_method="private_key_jwt")


@every_type
def test_oidcc_server(module: Module) -> None:
    party = module.client()
    assert party.registration["response_types"] == [module.response_type]
    assert party.registration["registration_access_token"]
    found = module.flow(party)
    assert found["id_token_claims"]["nonce"] == module.nonce


@every_type
def test_oidcc_idtoken_rs256(module: Module) -> None:
    """And each other algorithm that discovery lists."""
    listed = module.browser.http.get(f"{module.site.url}/.well-known/openid-configuration").json()
    assert "RS256" in listed["id_token_signing_alg_values_supported"]
    party = module.client(id_token_signed_response_alg="RS256")
    callback = module.authorize(party)
    id_token = module.tokens(party, callback).get("id_token") or callback.params["id_token"]
    assert module.claims(id_token, "RS256")["aud"] == party.client_id


@code_alone
def test_oidcc_idtoken_unsigned(module: Module) -> None:
    wanted = {"redirect_uris": [CALLBACK], "id_token_signed_response_alg": "none"}
    assert registered(module, wanted).json()["error"] == "invalid_client_metadata"


@with_userinfo
def test_oidcc_userinfo_rs256(module: Module) -> None:
    party = module.client(userinfo_signed_response_alg="RS256")
    found = module.flow(party)
    answer = party.userinfo(found["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    claims = module.claims(answer.text)
    assert claims["sub"] == found["id_token_claims"]["sub"]
    assert claims["iss"] == module.site.url
    assert claims["aud"] == party.client_id
    assert "nonce" not in claims


@every_type
def test_oidcc_ensure_redirect_uri_in_authorization_request(module: Module) -> None:
    party = module.client(redirect_uris=[CALLBACK, CALLBACK + "/other"])
    module.error_page(module.url(party, redirect_uri=None))


@every_type
def test_oidcc_redirect_uri_query_ok(module: Module) -> None:
    party = module.client(redirect_uris=[CALLBACK + "?foo=bar"])
    callback = module.authorize(party)
    left_for = module.browser.left_for or ""
    assert left_for.startswith(CALLBACK + "?foo=bar")
    assert "error" not in callback.params
    if module.has_code:
        assert module.redeem(party, callback, redirect_uri=CALLBACK + "?foo=bar").status_code == 200


@every_type
@pytest.mark.parametrize(
    ("registered_as", "sent"),
    [
        pytest.param("?foo=bar", "?foo=other", id="oidcc_redirect_uri_query_mismatch"),
        pytest.param("", "?foo=bar", id="oidcc_redirect_uri_query_added"),
    ],
)
def test_oidcc_redirect_uri_query_differs(module: Module, registered_as: str, sent: str) -> None:
    party = module.client(redirect_uris=[CALLBACK + registered_as])
    module.error_page(module.url(party, redirect_uri=CALLBACK + sent))


def registered(module: Module, metadata: dict[str, Any]) -> httpx2.Response:
    return module.browser.http.post(f"{module.site.url}/register", json=metadata)


@code_alone
def test_oidcc_redirect_uri_regfrag(module: Module) -> None:
    answer = registered(module, {"redirect_uris": [CALLBACK + "#fragment"]})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == "invalid_redirect_uri"


@every_type
@pytest.mark.parametrize(
    "field",
    [pytest.param(name, id=f"oidcc_registration_{name}") for name in ("logo_uri", "policy_uri", "tos_uri")],
)
def test_oidcc_registration_what_the_sign_in_page_shows(module: Module, suite: Suite, field: str) -> None:
    address = f"{suite.url}/{field}.png"
    module.browser.open(module.url(module.client(**{field: address})))
    assert module.browser.step == "sign_in"
    assert f'"{address}"' in module.browser.page.text
    if field == "logo_uri":
        assert f"img-src 'self' {suite.url};" in module.browser.page.headers["content-security-policy"]


def with_jwks_uri(module: Module, suite: Suite, **metadata: object) -> KeyParty:
    """A client whose keys stand at an address, and not in its registration."""
    path = f"/{module.nonce}/jwks.json"
    key = new_key("RS256")
    address = suite.keep(json.dumps({"keys": [key.as_dict(private=False)]}), path)
    party = module.client(jwks=None, jwks_uri=address, **metadata)
    assert isinstance(party, KeyParty)
    party.key = key
    return party


@with_code
def test_oidcc_registration_jwks_uri(module: Module, suite: Suite) -> None:
    assert module.flow(with_jwks_uri(module, suite))["id_token_claims"]["nonce"] == module.nonce


@code_alone
def test_oidcc_refresh_token_rp_key_rotation(module: Module, suite: Suite) -> None:
    """The client's new key, by a `kid` that was never seen, is fetched anew; the module waits for a minute."""
    party = with_jwks_uri(module, suite, grant_types=["authorization_code", "refresh_token"])
    found = module.flow(party, "openid offline_access", prompt="consent")
    party.key = new_key("RS256")
    suite.keep(json.dumps({"keys": [party.key.as_dict(private=False)]}), f"/{module.nonce}/jwks.json")
    time.sleep(AT_MOST_EVERY.total_seconds())
    refreshed = party.refresh(found["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    after = module.claims(refreshed.json()["id_token"])
    assert after["sub"] == found["id_token_claims"]["sub"]
    assert party.userinfo(refreshed.json()["access_token"]).status_code == 200


@every_type
def test_oidcc_registration_sector_uri(module: Module, suite: Suite) -> None:
    address = suite.keep(json.dumps([CALLBACK]), f"/{module.nonce}/redirect_uris.json")
    party = module.client(subject_type="pairwise", sector_identifier_uri=address)
    assert party.registration["sector_identifier_uri"] == address


@code_alone
def test_oidcc_registration_sector_bad(module: Module, suite: Suite) -> None:
    address = suite.keep(json.dumps(["https://example.com/op"]), f"/{module.nonce}/redirect_uris.json")
    wanted = {"redirect_uris": [CALLBACK], "subject_type": "pairwise", "sector_identifier_uri": address}
    answer = registered(module, wanted)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client_metadata"


@with_code
def test_oidcc_refresh_token(module: Module) -> None:
    implicit = ["implicit"] * (module.has_id_token or module.has_token)
    party = module.client(grant_types=["authorization_code", "refresh_token", *implicit])
    found = module.flow(party, "openid offline_access", prompt="consent")
    refreshed = party.refresh(found["refresh_token"]).json()
    after = module.claims(refreshed["id_token"])
    assert after["iat"] >= found["id_token_claims"]["iat"]
    assert after["auth_time"] == found["id_token_claims"]["auth_time"]


@with_code
def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(module: Module) -> None:
    """`aud` is the issuer; the token endpoint's URL, as a list too, is as good for the profile `oidc`."""
    party = module.client()
    assert isinstance(party, KeyParty)
    for audience in (module.site.url, f"{module.site.url}/token", [module.site.url]):
        callback = module.authorize(party)
        answer = module.redeem(party, callback, **party.proof_of_client(aud=audience))
        assert answer.status_code == 200, answer.text


@code_alone
def test_oidcc_server_rotate_keys(module: Module) -> None:
    """Rotated by the command that an operator has; the new one is published beside the old ones.

    Of one algorithm: the module knows RSA and EC, and takes a new key of any other kind for a fault.
    """

    def keys() -> dict[str, dict[str, str]]:
        found = module.browser.http.get(f"{module.site.url}/jwks").json()["keys"]
        assert len({key["kid"] for key in found}) == len(found)
        return {key["kid"]: key for key in found if key["use"] == "sig"}

    before = keys()
    module.site.rows("update signing_key set created_at = created_at - interval '1 day'")
    environment = {**os.environ, **module.site.environment}
    command = [sys.executable, "-m", "gapura", "keys", "rotate", "--alg", "RS256"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while keys().keys() == before.keys() and time.monotonic() < deadline:
        time.sleep(0.2)
    after = keys()
    new = after.keys() - before.keys()
    assert [after[kid]["kty"] for kid in new] == ["RSA"]
    assert before.keys() <= after.keys()
    old_numbers = {key.get("n") or key.get("x") for key in before.values()}
    assert not old_numbers & {after[kid].get("n") or after[kid].get("x") for kid in new}
    assert module.flow(module.client())["id_token_claims"]["nonce"] == module.nonce


REFUSED: list[Any] = [
    pytest.param(
        {"response_types": ["token"], "grant_types": ["implicit"]}, id="RFC 9700 §2.1.2 token alone"
    ),
    pytest.param({"response_types": ["id_token"], "grant_types": ["authorization_code"]}, id="no implicit"),
    pytest.param(
        {"response_types": ["code id_token"], "grant_types": ["implicit"]}, id="no authorization_code"
    ),
    pytest.param(
        {"response_types": ["code"], "grant_types": ["authorization_code", "implicit"]}, id="one too many"
    ),
    pytest.param(
        {
            "response_types": ["code id_token"],
            "grant_types": ["authorization_code", "implicit"],
            "security_profile": "fapi2",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [new_key().as_dict(private=False)]},
            "id_token_signed_response_alg": "ES256",
        },
        id="FAPI 2.0 §5.3.2.2 code alone",
    ),
    pytest.param(
        {
            "response_types": ["id_token token"],
            "grant_types": ["implicit"],
            "dpop_bound_access_tokens": True,
        },
        id="a token that no key could be bound to",
    ),
]


@code_alone
@pytest.mark.parametrize("metadata", REFUSED)
def test_response_types_take_the_grant_types_that_belong_to_them(
    module: Module, metadata: dict[str, Any]
) -> None:
    answer = registered(module, {"redirect_uris": [CALLBACK], **metadata})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client_metadata"


@code_alone
def test_tokens_by_the_browser_go_to_https_alone(module: Module) -> None:
    wanted = {
        "redirect_uris": ["http://127.0.0.1:4000/cb"],
        "response_types": ["id_token"],
        "grant_types": ["implicit"],
    }
    assert registered(module, wanted).json()["error"] == "invalid_redirect_uri"


@every_type
def test_a_client_reads_back_what_it_registered(module: Module) -> None:
    party: RelyingParty = module.client(initiate_login_uri="https://suite.example/login")
    token = party.registration["registration_access_token"]
    found = party.http.get(
        party.registration["registration_client_uri"], headers={"Authorization": f"Bearer {token}"}
    ).json()
    for name in ("response_types", "grant_types", "redirect_uris", "initiate_login_uri", "jwks"):
        assert found[name] == party.registration[name]


@code_alone
def test_an_id_token_by_the_browser_is_encrypted_for_who_registers_that(module: Module) -> None:
    module.response_type = "id_token"
    key = RSAKey.generate_key(2048, {"kid": "for-us", "use": "enc"}, auto_kid=False)
    party = module.client(
        jwks={"keys": [key.as_dict(private=False)]},
        id_token_encrypted_response_alg="RSA-OAEP-256",
        id_token_encrypted_response_enc="A256GCM",
    )
    sealed = module.authorize(party).params["id_token"]
    opened = jwe.decrypt_compact(sealed, key, algorithms=["RSA-OAEP-256", "A256GCM"]).plaintext
    assert opened is not None
    keys = KeySet.import_key_set(module.browser.http.get(f"{module.site.url}/jwks").json())
    assert jwt.decode(opened.decode(), keys, algorithms=["RS256"]).claims["nonce"] == module.nonce
