"""Every address answers, and says what is missing when nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from tests.conformance.advertised.house import Driver, House
from tests.site import Identity
from tests.site.certificates import trusting
from tests.site.http import new_client

# How each is asked without anything, and what that gets.
WITHOUT_ANYTHING: Mapping[str, tuple[str, int, str]] = {
    "authorization_endpoint": ("GET", 400, "text/html"),
    "pushed_authorization_request_endpoint": ("POST", 401, "application/json"),
    "token_endpoint": ("POST", 401, "application/json"),
    "userinfo_endpoint": ("GET", 401, ""),
    "introspection_endpoint": ("POST", 401, "application/json"),
    "revocation_endpoint": ("POST", 401, "application/json"),
    "registration_endpoint": ("POST", 400, "application/json"),
    "backchannel_authentication_endpoint": ("POST", 401, "application/json"),
    "device_authorization_endpoint": ("POST", 401, "application/json"),
    "end_session_endpoint": ("GET", 200, "text/html"),
    "check_session_iframe": ("GET", 200, "text/html"),
    "jwks_uri": ("GET", 200, "application/json"),
}


def answers(http: httpx2.Client, member: str, url: str) -> None:
    method, status, content_type = WITHOUT_ANYTHING[member]
    # Some endpoints read their form before they ask who sends it.
    answer = http.request(method, url, data={"unknown": "1"} if method == "POST" else None)
    assert (answer.status_code, member) == (status, member), answer.text
    assert answer.headers.get("content-type", "").startswith(content_type)


def _of(member: str) -> Driver:
    return lambda house, url: answers(house.http, member, url)


def issuer(house: House, value: str) -> None:
    """OpenID Connect Discovery §4.3, RFC 8414 §3.3: both documents are found under it, and it stands in both."""
    for suffix in ("openid-configuration", "oauth-authorization-server"):
        found = house.http.get(f"{value}/.well-known/{suffix}")
        assert found.headers["content-type"] == "application/json"
        assert found.json() == house.metadata


def alias(house: House, named: tuple[str, str]) -> None:
    """RFC 8705 §5: the same endpoint, for who brings a certificate."""
    member, url = named
    assert house.site.tls is not None
    certificate = Identity.new(house.folder, "alias", issuer=house.authority)
    answers(new_client(verify=trusting(house.site.tls, certificate)), member, url)


DRIVERS: Mapping[str, Driver] = {
    "issuer": issuer,
    "mtls_endpoint_aliases": alias,
    **{member: _of(member) for member in WITHOUT_ANYTHING},
}
