"""The provider's metadata (OpenID Connect Discovery §3, RFC 8414 §2): nothing here that is not in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gapura.protocol.access_token import FORMATS
from gapura.protocol.algorithms import ENCRYPTION_ALGS, ENCS, SECRET_ALGS, SIGNING_ALGS
from gapura.protocol.auth_methods import BY_CERTIFICATE, NONE
from gapura.protocol.authorization_request import PROMPTS
from gapura.protocol.backchannel_authentication import DELIVERY_MODES
from gapura.protocol.client_authentication import CLIENT_AUTH_METHODS
from gapura.protocol.dpop import DPOP_ALGS
from gapura.protocol.endpoints import PATHS, aliases, url_of
from gapura.protocol.grants import GRANTS
from gapura.protocol.grants.token_exchange import MODES
from gapura.protocol.pkce import CODE_CHALLENGE_METHODS
from gapura.protocol.redirect import RESPONSE_MODE_NAMES
from gapura.protocol.request_object import NONE as UNSIGNED
from gapura.protocol.response_types import CODE, IMPLICIT, RESPONSE_TYPES

SUBJECT_TYPES = ("pairwise",)
DISPLAYS = ("page",)
CLAIMS_OF_THE_TOKEN = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the other parts bring: scopes, claims and levels, in the order of their tables; locales by BCP 47.

    `response_types` are those of the deployment (`response_types.offered`), `details` the types of RFC 9396,
    `identity_assurance` the members that say how claims are verified (OpenID Connect for Identity Assurance §8).
    `certificates`: the methods of RFC 8705 that work here, none where certificates of clients don't reach us; `mtls_alias` is
    the origin to call with one, where it is not the issuer.
    """

    issuer: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    acr_values: tuple[str, ...]
    locales: tuple[str, ...]
    response_types: tuple[str, ...] = (CODE.name,)
    details: tuple[str, ...] = ()
    identity_assurance: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    certificates: tuple[str, ...] = ()
    mtls_alias: str | None = None

    @property
    def grant_types(self) -> tuple[str, ...]:
        in_front = any(RESPONSE_TYPES[name].in_front for name in self.response_types)
        return (*GRANTS, IMPLICIT) if in_front else tuple(GRANTS)

    @property
    def auth_methods(self) -> tuple[str, ...]:
        missing = set(BY_CERTIFICATE).difference(self.certificates)
        return tuple(method for method in CLIENT_AUTH_METHODS if method not in missing)


def metadata(offer: Offer) -> dict[str, Any]:
    """Served at both well-known addresses."""
    algs, key_algs, encs = list(SIGNING_ALGS), list(ENCRYPTION_ALGS), list(ENCS)
    assertion_algs, methods = [*algs, *SECRET_ALGS], list(offer.auth_methods)
    proving = [method for method in methods if method != NONE]
    return {
        "issuer": offer.issuer,
        **{endpoint: url_of(offer.issuer, endpoint) for endpoint in PATHS},
        "scopes_supported": list(offer.scopes),
        "claims_supported": list(dict.fromkeys(CLAIMS_OF_THE_TOKEN + offer.claims)),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "verified_claims_supported": bool(offer.identity_assurance),
        **{name: list(values) for name, values in offer.identity_assurance.items()},
        "response_types_supported": list(offer.response_types),
        "response_modes_supported": list(RESPONSE_MODE_NAMES),
        "authorization_signing_alg_values_supported": algs,
        "authorization_encryption_alg_values_supported": key_algs,
        "authorization_encryption_enc_values_supported": encs,
        "grant_types_supported": list(offer.grant_types),
        "token_exchange_modes_supported": list(MODES),
        "authorization_details_types_supported": list(offer.details),
        "backchannel_token_delivery_modes_supported": list(DELIVERY_MODES),
        "backchannel_authentication_request_signing_alg_values_supported": algs,
        "backchannel_user_code_parameter_supported": False,
        "code_challenge_methods_supported": list(CODE_CHALLENGE_METHODS),
        "prompt_values_supported": list(PROMPTS),
        "display_values_supported": list(DISPLAYS),
        "acr_values_supported": list(offer.acr_values),
        "subject_types_supported": list(SUBJECT_TYPES),
        "id_token_signing_alg_values_supported": algs,
        "id_token_encryption_alg_values_supported": key_algs,
        "id_token_encryption_enc_values_supported": encs,
        "userinfo_signing_alg_values_supported": algs,
        "userinfo_encryption_alg_values_supported": key_algs,
        "userinfo_encryption_enc_values_supported": encs,
        "access_token_formats_supported": list(FORMATS),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "introspection_signing_alg_values_supported": algs,
        "introspection_encryption_alg_values_supported": key_algs,
        "introspection_encryption_enc_values_supported": encs,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "tls_client_certificate_bound_access_tokens": bool(offer.certificates),
        **({"mtls_endpoint_aliases": aliases(offer.mtls_alias)} if offer.mtls_alias is not None else {}),
        "dpop_signing_alg_values_supported": list(DPOP_ALGS),
        "ui_locales_supported": list(offer.locales),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": [*algs, UNSIGNED],
        "request_object_encryption_alg_values_supported": key_algs,
        "request_object_encryption_enc_values_supported": encs,
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }
