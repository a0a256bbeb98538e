"""Registrations to begin with, and the policies they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey

from gapura.protocol.auth_methods import BY_CERTIFICATE
from gapura.protocol.discovery import Offer, metadata
from gapura.protocol.registration import (
    RegistrationPolicy,
)
from tests.protocol.samples import CALLBACK, ISSUER, SCOPES

LEVELS = ("urn:gapura:loa:low", "urn:gapura:loa:substantial", "urn:gapura:loa:high")
OFFER = Offer(
    ISSUER,
    SCOPES,
    ("name",),
    LEVELS,
    ("id", "en"),
    details=("tax_return",),
    certificates=BY_CERTIFICATE,
    mtls_alias="https://mtls.gapura.example",
)
DISCOVERY = metadata(OFFER)
SANDBOX = RegistrationPolicy(DISCOVERY, ("openid", "profile"), sandbox=True)
PRODUCTION = replace(SANDBOX, sandbox=False)
OPERATOR = replace(PRODUCTION, operator=True)
FAPI2 = {"security_profile": "fapi2"}

EC = ECKey.generate_key("P-256", parameters={"kid": "ec-1", "use": "sig"})
READS = ECKey.generate_key("P-256", parameters={"kid": "ec-2", "use": "enc"})
JWKS = {"keys": [EC.as_dict(private=False)]}
BOTH = {"keys": [EC.as_dict(private=False), READS.as_dict(private=False)]}
MINIMAL: Mapping[str, Any] = {"redirect_uris": [CALLBACK]}
BY_KEY: Mapping[str, Any] = {**MINIMAL, "token_endpoint_auth_method": "private_key_jwt", "jwks": JWKS}


FULL: Mapping[str, Any] = {
    **BY_KEY,
    "jwks": BOTH,
    "application_type": "web",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_signing_alg": "ES256",
    "scope": "openid email",
    "client_name": "Pajak",
    "client_name#en": "Tax",
    "client_uri": "https://pajak.example",
    "logo_uri": "https://pajak.example/logo.png",
    "policy_uri": "https://pajak.example/kebijakan",
    "policy_uri#en": "https://pajak.example/policy",
    "tos_uri": "https://pajak.example/syarat",
    "contacts": ["dev@pajak.example"],
    "software_id": "abc",
    "software_version": "1.2",
    "subject_type": "pairwise",
    "sector_identifier_uri": "https://pajak.example/uris.json",
    "id_token_signed_response_alg": "PS256",
    "id_token_encrypted_response_alg": "ECDH-ES",
    "id_token_encrypted_response_enc": "A256GCM",
    "userinfo_signed_response_alg": "EdDSA",
    "userinfo_encrypted_response_alg": "ECDH-ES+A256KW",
    "userinfo_encrypted_response_enc": "A128GCM",
    "authorization_signed_response_alg": "ES256",
    "authorization_details_types": ["tax_return"],
    "authorization_encrypted_response_alg": "ECDH-ES+A128KW",
    "authorization_encrypted_response_enc": "A128CBC-HS256",
    "introspection_signed_response_alg": "EdDSA",
    "introspection_encrypted_response_alg": "ECDH-ES",
    "introspection_encrypted_response_enc": "A128GCM",
    "access_token_format": "opaque",
    "default_max_age": 0,
    "require_auth_time": True,
    "default_acr_values": [LEVELS[1]],
    "initiate_login_uri": "https://pajak.example/masuk",
    "post_logout_redirect_uris": ["https://pajak.example/bye"],
    "backchannel_logout_uri": "https://pajak.example/keluar",
    "backchannel_logout_session_required": True,
    "minimum_acr": LEVELS[0],
    "security_profile": "oidc",
    "tls_client_auth_subject_dn": "CN=pajak.example,O=DJP,C=ID",
    "tls_client_auth_san_dns": "pajak.example",
    "tls_client_auth_san_uri": "https://pajak.example/app",
    "tls_client_auth_san_ip": "203.0.113.7",
    "tls_client_auth_san_email": "dev@pajak.example",
    "dpop_bound_access_tokens": True,
    "tls_client_certificate_bound_access_tokens": True,
    "request_uris": ["https://pajak.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
    "require_pushed_authorization_requests": True,
    "require_signed_request_object": True,
    "request_object_signing_alg": "ES256",
    "request_object_encryption_alg": "RSA-OAEP-256",
    "request_object_encryption_enc": "A256GCM",
    "frontchannel_logout_uri": "https://pajak.example/front",
    "frontchannel_logout_session_required": True,
    "backchannel_client_notification_endpoint": "https://pajak.example/ping",
    "backchannel_user_code_parameter": False,
    "backchannel_authentication_request_signing_alg": "ES256",
    "backchannel_token_delivery_mode": "ping",
}
OPERATORS_OWN: Mapping[str, Any] = {
    "resource_identifier": "https://api.example",
    "token_exchange": ["delegation"],
    "may_act": "loket",
    "jwt_bearer_issuer": "https://idp.example",
    "jwt_bearer_jwks": JWKS,
}
