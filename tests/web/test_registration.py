"""Registration and its management (RFC 7591, RFC 7592), black box."""

from __future__ import annotations

import time
import warnings
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet

from gapura.settings import Settings
from tests.site import Browser, RelyingParty, Site
from tests.web.test_authorization_code import signed_in, tokens


def managed(
    party: RelyingParty, method: str, token: str | None = None, json: object = None
) -> httpx2.Response:
    bearer = token or party.registration["registration_access_token"]
    return party.http.request(
        method,
        party.registration["registration_client_uri"],
        headers={"Authorization": f"Bearer {bearer}"},
        json=json,
    )


def test_reading_gives_back_everything_that_was_registered(site: Site) -> None:
    party = RelyingParty.register(
        site.url, logo_uri="https://rp.example/logo.svg", initiate_login_uri="https://rp.example/start"
    )
    read = managed(party, "GET").json()
    assert read["logo_uri"] == "https://rp.example/logo.svg"
    assert read["initiate_login_uri"] == "https://rp.example/start"
    assert read["client_id"] == party.client_id
    assert "client_secret" not in read  # only its digest is kept


def test_a_registration_token_is_good_for_its_own_client_alone(site: Site, party: RelyingParty) -> None:
    other = RelyingParty.register(site.url)
    assert managed(party, "GET", other.registration["registration_access_token"]).status_code == 401


def test_replacing_changes_what_was_registered(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    sent = {
        "client_id": party.client_id,
        "client_name": "Nama Baru",
        "redirect_uris": ["https://rp.example/callback", "https://rp.example/other"],
    }
    assert managed(party, "PUT", json=sent).json()["client_name"] == "Nama Baru"
    browser.open(party.authorize_url(redirect_uri="https://rp.example/other"))
    assert "Nama Baru" in browser.page.text


def test_a_client_cannot_move_into_the_sector_of_another_host(site: Site) -> None:
    party = RelyingParty.register(site.url)
    sent = {"client_id": party.client_id, "redirect_uris": ["https://other.example/callback"]}
    answer = managed(party, "PUT", json=sent)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


def test_removing_ends_the_client_and_its_tokens(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    answer = tokens(browser, party)
    assert managed(party, "DELETE").status_code == 204
    assert party.userinfo(answer["access_token"]).status_code == 401
    assert party.token(grant_type="client_credentials").json()["error"] == "invalid_client"


REFUSED = {
    "RFC 7591 §2 no redirect_uris": ({"redirect_uris": []}, "invalid_redirect_uri"),
    "OIDC Registration §2 a fragment": ({"redirect_uris": ["https://a.example/#x"]}, "invalid_redirect_uri"),
    "threats 2.5 javascript": ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    "OIDC Registration §2 an unknown algorithm": (
        {"id_token_signed_response_alg": "none"},
        "invalid_client_metadata",
    ),
    "OIDC Registration §5 an unreachable sector": (
        {"sector_identifier_uri": "https://127.0.0.1/sector.json"},
        "invalid_client_metadata",
    ),
    "RFC 7523 private_key_jwt without keys": (
        {"token_endpoint_auth_method": "private_key_jwt"},
        "invalid_client_metadata",
    ),
}


@pytest.mark.parametrize(("change", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_client_may_not_be_is_refused(site: Site, change: dict[str, object], error: str) -> None:
    wanted = {"redirect_uris": ["https://rp.example/callback"], **change}
    answer = httpx2.post(f"{site.url}/register", json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def assertion(key: ECKey, client_id: str, audience: str, **claims: object) -> str:
    now = int(time.time())
    payload = {
        "iss": client_id, "sub": client_id, "aud": audience, "jti": str(uuid4()), "iat": now, "exp": now + 60, **claims
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": "k1"}, payload, key)


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "k1"})


@pytest.fixture(scope="module")
def keyed(site: Site, key: ECKey) -> RelyingParty:
    return RelyingParty.register(
        site.url,
        token_endpoint_auth_method="private_key_jwt",
        jwks=KeySet([key]).as_dict(private=False),
    )


def by_assertion(party: RelyingParty, text: str) -> httpx2.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": text,
    }
    return httpx2.post(f"{party.issuer}/token", data=form)


def test_an_assertion_proves_a_client_once(site: Site, keyed: RelyingParty, key: ECKey) -> None:
    text = assertion(key, keyed.client_id, site.url)
    assert by_assertion(keyed, text).status_code == 200
    again = by_assertion(keyed, text)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


def test_an_assertion_of_another_key_proves_nothing(site: Site, keyed: RelyingParty) -> None:
    other = ECKey.generate_key("P-256", {"kid": "k1"})
    assert (
        by_assertion(keyed, assertion(other, keyed.client_id, site.url)).json()["error"] == "invalid_client"
    )


def test_a_wrong_clock_is_named_to_who_holds_the_key(site: Site, keyed: RelyingParty, key: ECKey) -> None:
    late = assertion(key, keyed.client_id, site.url, exp=int(time.time()) - 120)
    assert "expired" in by_assertion(keyed, late).json()["error_description"]


def test_userinfo_is_signed_for_the_client_that_asked_for_it(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url, userinfo_signed_response_alg="ES256")
    answer = party.userinfo(tokens(browser, party)["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    keys = KeySet.import_key_set(httpx2.get(f"{site.url}/jwks").json())
    claims = jwt.decode(answer.text, keys, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"]) == (site.url, party.client_id)


def _decoded(text: str, keys: KeySet, alg: str) -> jwt.Token:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", SecurityWarning
        )  # RFC 9864 gives EdDSA another name; clients know this one
        return jwt.decode(text, keys, algorithms=[alg])


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_every_algorithm_that_discovery_names_signs(site: Site, browser: Browser, alg: str) -> None:
    party = RelyingParty.register(site.url, id_token_signed_response_alg=alg)
    text = tokens(browser, party)["id_token"]
    keys = KeySet.import_key_set(httpx2.get(f"{site.url}/jwks").json())
    decoded = _decoded(text, keys, alg)
    assert decoded.header["alg"] == alg
    assert decoded.claims["aud"] == party.client_id


def test_two_clients_of_two_hosts_know_a_person_by_two_names(site: Site, browser: Browser) -> None:
    one = RelyingParty.register(site.url, redirect_uris=["https://one.example/callback"])
    same = RelyingParty.register(site.url, redirect_uris=["https://one.example/other"])
    two = RelyingParty.register(site.url, redirect_uris=["https://two.example/callback"])
    subs = [p.userinfo(tokens(browser, p)["access_token"]).json()["sub"] for p in (one, same, two)]
    assert subs[0] == subs[1] != subs[2]


def test_settings_of_a_site_are_a_sandbox(site: Site) -> None:
    assert isinstance(site.settings, Settings)
    assert site.settings.sandbox


def test_a_public_client_needs_no_secret_but_its_verifier(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(
        site.url, token_endpoint_auth_method="none", grant_types=["authorization_code"]
    )
    code = signed_in(browser, party)["code"]
    form = {
        "grant_type": "authorization_code",
        "client_id": party.client_id,
        "code": code,
        "redirect_uri": party.registration["redirect_uris"][0],
        "code_verifier": party.verifier,
    }
    assert httpx2.post(f"{site.url}/token", data=form).status_code == 200
