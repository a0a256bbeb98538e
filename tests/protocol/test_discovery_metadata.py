from __future__ import annotations

from dataclasses import replace

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from gapura.protocol.algorithms import SIGNING_ALGS
from gapura.protocol.auth_methods import BY_CERTIFICATE
from gapura.protocol.client_authentication import CLIENT_AUTH_METHODS
from gapura.protocol.discovery import Offer, metadata
from gapura.protocol.endpoints import PATHS
from gapura.protocol.grants import GRANTS
from gapura.protocol.response_types import RESPONSE_TYPES, offered
from tests.protocol.samples import ISSUER, SCOPES

OFFER = Offer(ISSUER, SCOPES, ("name", "email", "sub"), ("urn:gapura:loa:low",), ("id", "en"))
FOUND = metadata(OFFER)


def test_authlib_finds_nothing_wrong() -> None:
    OpenIDProviderMetadata(FOUND).validate()
    AuthorizationServerMetadata(FOUND).validate()


def test_nothing_is_offered_that_is_in_no_table() -> None:
    assert FOUND["grant_types_supported"] == list(GRANTS)
    with_certificates = metadata(replace(OFFER, certificates=BY_CERTIFICATE))
    assert with_certificates["token_endpoint_auth_methods_supported"] == list(CLIENT_AUTH_METHODS)
    assert FOUND["id_token_signing_alg_values_supported"] == list(SIGNING_ALGS)
    assert "RS256" in FOUND["id_token_signing_alg_values_supported"]
    assert FOUND["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in FOUND["introspection_endpoint_auth_methods_supported"]


def test_certificates_are_offered_where_they_can_come_from() -> None:
    assert not set(BY_CERTIFICATE).intersection(FOUND["token_endpoint_auth_methods_supported"])
    assert FOUND["tls_client_certificate_bound_access_tokens"] is False
    assert "mtls_endpoint_aliases" not in FOUND
    by_port = metadata(
        replace(OFFER, certificates=("self_signed_tls_client_auth",), mtls_alias="https://a.example:8443")
    )
    assert "tls_client_auth" not in by_port["token_endpoint_auth_methods_supported"]
    assert by_port["tls_client_certificate_bound_access_tokens"] is True


def test_every_alias_is_of_an_endpoint_that_clients_call_themselves() -> None:
    """RFC 8705 §5; the Foundation's plans refuse an alias of the authorization endpoint, and one of nothing."""
    found = metadata(replace(OFFER, certificates=BY_CERTIFICATE, mtls_alias="https://a.example:8443"))
    aliases = found["mtls_endpoint_aliases"]
    assert {"token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"} <= aliases.keys()
    assert "authorization_endpoint" not in aliases
    for name, url in aliases.items():
        assert url == found[name].replace(ISSUER, "https://a.example:8443")


def test_tokens_by_the_browser_are_for_the_sandbox_alone() -> None:
    assert FOUND["response_types_supported"] == ["code"]
    assert "implicit" not in FOUND["grant_types_supported"]
    sandbox = metadata(replace(OFFER, response_types=offered(sandbox=True)))
    assert sandbox["response_types_supported"] == list(RESPONSE_TYPES)
    assert "implicit" in sandbox["grant_types_supported"]


def test_every_address_is_under_the_issuer() -> None:
    assert all(FOUND[name] == ISSUER + path for name, path in PATHS.items())
    urls = [value for value in FOUND.values() if isinstance(value, str)]
    assert all(url.startswith("https://") for url in urls)


def test_request_objects_are_read_by_value_and_where_they_are_registered() -> None:
    assert FOUND["request_parameter_supported"] is True
    assert FOUND["request_uri_parameter_supported"] is True
    assert FOUND["require_request_uri_registration"] is True
    assert FOUND["request_object_signing_alg_values_supported"] == [*SIGNING_ALGS, "none"]
    assert (
        FOUND["pushed_authorization_request_endpoint"]
        == ISSUER + PATHS["pushed_authorization_request_endpoint"]
    )


def test_claims_stand_once() -> None:
    assert len(set(FOUND["claims_supported"])) == len(FOUND["claims_supported"])
