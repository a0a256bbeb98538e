"""What FAPI 2.0's modules ask of certificates (fapi2-security-profile-final: client_auth_type=mtls, sender_constrain=mtls)."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from gapura.values import Secret
from tests.conformance.dpop_party import proof
from tests.conformance.key_party import KeyParty, signed_in
from tests.conformance.mtls_party import BY_AUTHORITY, SELF_SIGNED, MtlsParty
from tests.conformance.pushing_party import refused
from tests.site import Browser, Identity, Site, run_site, trusting
from tests.site.deployment import free_port
from tests.site.http import new_client

Make = Callable[[Site], MtlsParty]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Identity:
    return Identity.new(folder, "Otoritas Sertifikat", is_ca=True)


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    server_identity: Identity,
    authority: Identity,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """With a port that asks for certificates."""
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        tls=server_identity,
        GAPURA_MTLS_PORT=str(free_port()),
        GAPURA_CLIENT_AUTHORITIES=str(authority.certificate),
    ) as running:
        yield running


@pytest.fixture(scope="module", params=["tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"])
def make(request: pytest.FixtureRequest, folder: Path, authority: Identity) -> Make:
    """Another client with each call, each time with a certificate of its own."""

    def make(site: Site) -> MtlsParty:
        name = f"klien {len(list(folder.iterdir()))}"
        if request.param == SELF_SIGNED:
            # As `openssl req -x509` makes them: authorities of themselves
            return MtlsParty.of(site, Identity.new(folder, name, is_ca=True), SELF_SIGNED)
        issued = Identity.new(folder, name, issuer=authority)
        if request.param == BY_AUTHORITY:
            return MtlsParty.of(site, issued)
        return MtlsParty.by_assertion(site, issued)

    return make


def code_of(party: MtlsParty, browser: Browser, **params: str) -> str:
    return signed_in(browser, party.visit(party.pushed(**params)))["code"]


def claims_of(token: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


def test_fapi2_discovery_end_point_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert {BY_AUTHORITY, SELF_SIGNED} <= set(found["token_endpoint_auth_methods_supported"])
    aliases = found["mtls_endpoint_aliases"]
    assert "authorization_endpoint" not in aliases
    assert all(name.endswith("_endpoint") and name in found for name in aliases)
    assert all(url.startswith("https://localhost:") and url != found[name] for name, url in aliases.items())


def test_fapi2_happy_flow(site: Site, browser: Browser, make: Make) -> None:
    party, other = make(site), make(site)
    redeemed = party.redeem(code_of(party, browser))
    assert redeemed.status_code == 200, redeemed.text
    answer = redeemed.json()
    assert answer["token_type"] == "Bearer"
    cnf = claims_of(answer["access_token"])["cnf"]
    assert set(cnf) == {"x5t#S256"}  # type: ignore[call-overload]
    assert party.introspect(answer["access_token"])["cnf"] == cnf
    assert party.userinfo(answer["access_token"]).json()["sub"]
    with_other = other.userinfo(answer["access_token"])
    assert with_other.status_code == 401
    assert 'error="invalid_token"' in with_other.headers["WWW-Authenticate"]
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert party.plain.get(f"{site.url}/userinfo", headers=headers).status_code == 401


def test_fapi2_access_token_type_header_case_sensitivity(site: Site, browser: Browser, make: Make) -> None:
    party = make(site)
    answer = party.redeem(code_of(party, browser)).json()
    assert party.userinfo(answer["access_token"], "bEARER").status_code == 200


def test_fapi2_ensure_holder_of_key_required(site: Site, browser: Browser, make: Make) -> None:
    party = make(site)
    code = code_of(party, browser)
    form = {**party.proof_of_client(), **party.code_form(code)}
    status, error = refused(party.plain.post(f"{site.url}/token", data=form))
    by_assertion = "client_assertion" in form
    assert (status, error) == ((400, "invalid_request") if by_assertion else (401, "invalid_client"))
    assert party.redeem(code).status_code == 200, "nothing was spent"


def test_fapi2_ensure_client_id_in_token_endpoint(site: Site, browser: Browser, make: Make) -> None:
    """The code and the key of one client, the client_id of another."""
    party, other = make(site), make(site)
    code = code_of(party, browser)
    claimed = {"client_id": other.client_id, **party.code_form(code)}
    if party.registration["token_endpoint_auth_method"] == "private_key_jwt":
        claimed |= party.proof_of_client(iss=other.client_id, sub=other.client_id)
    answer = party.http.post(party.aliases["token_endpoint"], data=claimed)
    assert refused(answer) == (401, "invalid_client")


def test_fapi2_ensure_authorization_code_is_bound_to_client(site: Site, browser: Browser, make: Make) -> None:
    party, other = make(site), make(site)
    code = code_of(party, browser)
    assert refused(other.token(**party.code_form(code))) == (400, "invalid_grant")


def test_fapi2_refresh_token(site: Site, browser: Browser, make: Make) -> None:
    party, other = make(site), make(site)
    first = party.redeem(code_of(party, browser, scope="openid offline_access", prompt="consent")).json()
    second = party.refresh(first["refresh_token"])
    assert second.status_code == 200, second.text
    assert second.json()["access_token"] != first["access_token"]
    assert party.userinfo(second.json()["access_token"]).status_code == 200
    asked = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    without = party.plain.post(f"{site.url}/token", data={**party.proof_of_client(), **asked})
    assert refused(without)[1] in {"invalid_client", "invalid_request"}
    assert refused(other.refresh(first["refresh_token"])) == (400, "invalid_grant")


def test_a_certificate_that_is_registered_while_we_run_is_taken_at_once(site: Site, folder: Path) -> None:
    assert site.tls is not None
    alone = Identity.new(folder, "belum terdaftar", is_ca=True)
    address = f"{site.url}/.well-known/openid-configuration"
    alias = new_client().get(address).json()["mtls_endpoint_aliases"]["token_endpoint"]
    with pytest.raises((httpx2.HTTPError, ssl.SSLError)):
        new_client(verify=trusting(site.tls, alone)).post(alias, data={"client_id": "x"})
    party = MtlsParty.of(
        site,
        alone,
        SELF_SIGNED,
        security_profile="oidc",
        grant_types=["client_credentials"],
        redirect_uris=[],
    )
    answer = party.token(grant_type="client_credentials")
    assert answer.status_code == 200, answer.text


def test_a_registered_certificate_proves_nobody_else(site: Site, folder: Path, authority: Identity) -> None:
    """A client makes a certificate in another's name, by an authority of its own that it has registered as its key."""
    victim = MtlsParty.of(site, Identity.new(folder, "korban", issuer=authority))
    mine = Identity.new(folder, "Otoritas Saya", is_ca=True)
    MtlsParty.of(site, mine, SELF_SIGNED)
    victim.come_with(site, Identity.new(folder, "korban", issuer=mine))
    answer = victim.token(grant_type="client_credentials")
    assert refused(answer) == (401, "invalid_client")
    assert "not of an authority" in answer.json()["error_description"]


def test_a_namesake_of_the_authority_does_not_hide_it(site: Site, folder: Path, authority: Identity) -> None:
    namesake = Identity.new(folder, "Otoritas Sertifikat", is_ca=True)
    MtlsParty.of(site, namesake, SELF_SIGNED)
    party = MtlsParty.of(site, Identity.new(folder, "klien biasa", issuer=authority))
    assert party.push().status_code == 201


def test_a_browser_is_not_asked_for_a_certificate(site: Site) -> None:
    """Nor does one on the plain port prove anything there."""
    assert site.tls is not None
    context = trusting(site.tls)
    client = new_client(verify=context)
    assert client.get(f"{site.url}/").status_code == 200


def test_a_client_without_a_certificate_gets_no_bound_tokens(site: Site, browser: Browser) -> None:
    party = KeyParty.by_key(site.url, tls_client_certificate_bound_access_tokens=True)
    answer = signed_in(browser, party.authorize_url())
    assert refused(party.redeem(answer["code"])) == (400, "invalid_request")


@pytest.mark.parametrize("method", [BY_AUTHORITY, SELF_SIGNED])
def test_fapi2_happy_flow_by_certificate_with_tokens_bound_by_dpop(
    site: Site, browser: Browser, folder: Path, authority: Identity, method: str
) -> None:
    """client_auth_type=mtls, sender_constrain=dpop."""
    issuer = authority if method == BY_AUTHORITY else None
    identity = Identity.new(folder, f"klien dpop {method}", issuer=issuer, is_ca=issuer is None)
    dpop = {"tls_client_certificate_bound_access_tokens": False, "dpop_bound_access_tokens": True}
    party = MtlsParty.of(site, identity, method, **dpop)
    url, userinfo = party.aliases["token_endpoint"], party.aliases["userinfo_endpoint"]
    code = code_of(party, browser, dpop_jkt=party.jkt)
    assert refused(party.token(**party.code_form(code))) == (400, "invalid_dpop_proof")
    redeemed = party.post("/token", party.code_form(code), DPoP=proof(party.bound, "POST", url))
    assert redeemed.status_code == 200, redeemed.text
    token = redeemed.json()["access_token"]
    assert redeemed.json()["token_type"] == "DPoP"
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof(party.bound, "GET", userinfo, token=token)}
    assert party.http.get(userinfo, headers=headers).status_code == 200


def test_handshakes_without_a_name_take_what_was_registered_too(site: Site, folder: Path) -> None:
    """An address is no name (RFC 6066 §3)."""
    assert site.tls is not None
    alone = Identity.new(folder, "tanpa nama", is_ca=True)
    party = MtlsParty.of(site, alone, SELF_SIGNED)
    alias = party.aliases["token_endpoint"].replace("localhost", "127.0.0.1")
    answer = new_client(verify=trusting(site.tls, alone)).post(alias, data={})
    assert answer.status_code == 421, "let in by TLS, and then told that we are not called like that"


def test_a_certificate_whose_time_is_over_does_not_get_through(
    site: Site, folder: Path, authority: Identity
) -> None:
    over = Identity.new(folder, "lewat", issuer=authority, begins=timedelta(days=-2), ends=timedelta(days=-1))
    party = MtlsParty.of(site, over)
    with pytest.raises((httpx2.HTTPError, ssl.SSLError)):
        party.push()
