"""The TLS that every FAPI module looks at first (RFC 9325, FAPI 2.0 §5.2)."""

from __future__ import annotations

import socket
import ssl
import warnings
from urllib.parse import urlsplit

import pytest

from tests.conformance.key_party import KeyParty, signed_in
from tests.site import Browser, Site, trusting

RECOMMENDED = {
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
}


def negotiated(site: Site, **limits: object) -> tuple[str, str]:
    """The version and cipher that a client with these limits gets."""
    assert site.tls is not None
    context = trusting(site.tls)
    ciphers = limits.pop("ciphers", None)
    if ciphers is not None:
        context.set_ciphers(str(ciphers))
    for name, value in limits.items():
        setattr(context, name, value)
    port = urlsplit(site.url).port
    with (
        socket.create_connection(("localhost", port or 443)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        cipher, version = wrapped.cipher(), wrapped.version()
        assert cipher is not None
        assert version is not None
        return version, cipher[0]


def test_tls_1_3_is_preferred_and_1_2_takes_the_recommended_ciphers_alone(site: Site) -> None:
    assert negotiated(site)[0] == "TLSv1.3"
    version, cipher = negotiated(site, maximum_version=ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2"
    assert cipher in RECOMMENDED


@pytest.mark.parametrize("ciphers", ["ECDHE+CHACHA20", "DHE+AESGCM", "ECDHE+AES:!AESGCM", "AESGCM+RSA"])
def test_other_ciphers_are_refused(site: Site, ciphers: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        negotiated(site, maximum_version=ssl.TLSVersion.TLSv1_2, ciphers=ciphers)


def test_tls_1_1_is_refused(site: Site) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            negotiated(
                site,
                minimum_version=ssl.TLSVersion.TLSv1,
                maximum_version=ssl.TLSVersion.TLSv1_1,
                ciphers="ALL:@SECLEVEL=0",
            )


def test_a_whole_sign_in_goes_over_https(site: Site, browser: Browser) -> None:
    party = KeyParty.by_key(site.url)
    answer = signed_in(browser, party.authorize_url())
    assert answer["iss"] == site.url
    redeemed = party.redeem(answer["code"])
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.headers["strict-transport-security"]
    assert party.userinfo(redeemed.json()["access_token"]).status_code == 200


def test_every_endpoint_in_discovery_is_https(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration")
    assert found.headers["content-type"] == "application/json"
    endpoints = [value for name, value in found.json().items() if name.endswith(("_endpoint", "_uri"))]
    assert endpoints
    assert all(value.startswith(f"{site.url}/") for value in endpoints)
