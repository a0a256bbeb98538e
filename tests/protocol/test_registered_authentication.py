"""What a client has to register so that it can prove itself (RFC 7591 §2, RFC 8705 §2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.discovery import metadata
from gapura.protocol.registration import register
from tests.protocol.registrations import BY_KEY, MINIMAL, OFFER, SANDBOX

TLS = {**MINIMAL, "token_endpoint_auth_method": "tls_client_auth"}
ONE_DN = {"tls_client_auth_subject_dn": "CN=pajak.example,O=DJP,C=ID"}
NO_CERTIFICATES = replace(SANDBOX, discovery=metadata(replace(OFFER, certificates=(), mtls_alias=None)))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**TLS, **ONE_DN}, id="RFC 8705 §2.1.2"),
        pytest.param({**TLS, "tls_client_auth_san_dns": "pajak.example"}, id="RFC 8705 §2.1.2 san_dns"),
        pytest.param(
            {**BY_KEY, "token_endpoint_auth_method": "self_signed_tls_client_auth"}, id="RFC 8705 §2.2.2"
        ),
        pytest.param(
            {
                **MINIMAL,
                "token_endpoint_auth_method": "client_secret_jwt",
                "token_endpoint_auth_signing_alg": "HS256",
            },
            id="OIDC Core §9",
        ),
    ],
)
def test_a_client_may_prove_itself_by_certificate_or_sealed_secret(document: dict[str, Any]) -> None:
    assert register(document, SANDBOX)["token_endpoint_auth_method"] == document["token_endpoint_auth_method"]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(TLS, id="RFC 8705 §2.1.2 no subject"),
        pytest.param({**TLS, **ONE_DN, "tls_client_auth_san_dns": "a.example"}, id="RFC 8705 §2.1.2 two"),
        pytest.param({**TLS, "tls_client_auth_subject_dn": "pajak.example"}, id="RFC 4514 no name"),
        pytest.param({**MINIMAL, "token_endpoint_auth_method": "self_signed_tls_client_auth"}, id="no keys"),
        pytest.param({**BY_KEY, "token_endpoint_auth_signing_alg": "HS256"}, id="a MAC by a key"),
        pytest.param(
            {
                **MINIMAL,
                "token_endpoint_auth_method": "client_secret_jwt",
                "token_endpoint_auth_signing_alg": "ES256",
            },
            id="a signature by a secret",
        ),
    ],
)
def test_what_proves_nobody_cannot_be_registered(document: dict[str, Any]) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        register(document, SANDBOX)


@pytest.mark.parametrize(
    "document",
    [
        {**TLS, **ONE_DN},
        {**BY_KEY, "token_endpoint_auth_method": "self_signed_tls_client_auth"},
        {**BY_KEY, "tls_client_certificate_bound_access_tokens": True},
        {**BY_KEY, "security_profile": "fapi-ciba"},
    ],
)
def test_nothing_that_needs_certificates_is_registered_where_none_come_in(document: dict[str, Any]) -> None:
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        register(document, NO_CERTIFICATES)
