"""A certificate that a proxy in front hands on, and one that somebody only pretends to hand on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from gapura.values import Secret
from tests.conformance.mtls_party import jwk_of
from tests.site import Identity, RelyingParty, Site, run_site
from tests.site.http import new_client

HEADER = "X-Client-Cert"


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("client"), "klien")


@pytest.fixture(scope="module", params=["127.0.0.1", "192.0.2.1"])
def trusted(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def site(
    trusted: str,
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Behind a proxy, once one that we are, and once another one."""
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        GAPURA_HOST="127.0.0.1",
        GAPURA_TRUSTED_PROXIES=trusted,
        GAPURA_CLIENT_CERTIFICATE_HEADER=HEADER,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def party(site: Site, identity: Identity) -> RelyingParty:
    return RelyingParty.register(
        site.url,
        token_endpoint_auth_method="self_signed_tls_client_auth",
        tls_client_certificate_bound_access_tokens=True,
        grant_types=["client_credentials"],
        redirect_uris=[],
        jwks={"keys": [jwk_of(identity)]},
    )


def by_rfc_9440(identity: Identity) -> str:
    return f":{base64.b64encode(identity.der).decode()}:"


def by_nginx(identity: Identity) -> str:
    return quote(identity.certificate.read_text())


def by_traefik(identity: Identity) -> str:
    return quote(base64.b64encode(identity.der).decode())


def asked(party: RelyingParty, *values: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_id": party.client_id}
    headers = [(HEADER, value) for value in values]
    return new_client().post(f"{party.issuer}/token", data=form, headers=headers)


@pytest.mark.parametrize("written", [by_rfc_9440, by_nginx, by_traefik])
def test_only_a_trusted_proxys_word_counts(
    party: RelyingParty, identity: Identity, trusted: str, written: Callable[[Identity], str]
) -> None:
    answer = asked(party, written(identity))
    if trusted == "127.0.0.1":
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_nobody_comes_in_without_a_certificate_or_with_another(party: RelyingParty, tmp_path: Path) -> None:
    for values in ((), ("",), (by_rfc_9440(Identity.new(tmp_path, "lain")),)):
        assert asked(party, *values).json()["error"] == "invalid_client"


@pytest.mark.parametrize("value", ["%zz", "bukan sertifikat", ":AAAA:", "A" * 17_000, "%00"])
def test_what_cannot_be_read_is_a_refusal(party: RelyingParty, trusted: str, value: str) -> None:
    answer = asked(party, value)
    expected = (400, "invalid_request") if trusted == "127.0.0.1" else (401, "invalid_client")
    assert (answer.status_code, answer.json()["error"]) == expected


def test_two_certificates_are_one_too_many(
    party: RelyingParty, identity: Identity, trusted: str, tmp_path: Path
) -> None:
    answer = asked(party, by_rfc_9440(identity), by_rfc_9440(Identity.new(tmp_path, "lain")))
    expected = (400, "invalid_request") if trusted == "127.0.0.1" else (401, "invalid_client")
    assert (answer.status_code, answer.json()["error"]) == expected


def test_discovery_sends_nobody_elsewhere(site: Site) -> None:
    found = new_client().get(f"{site.url}/.well-known/openid-configuration").json()
    assert "mtls_endpoint_aliases" not in found
    assert "self_signed_tls_client_auth" in found["token_endpoint_auth_methods_supported"]
    assert "tls_client_auth" not in found["token_endpoint_auth_methods_supported"], "there are no authorities"
