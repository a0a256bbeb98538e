"""Security profiles, one row each: what a client of the profile must do, and what it may use (decision 7).

They resolve the places where the standards contradict one another. Metadata, registration, the checks of requests and
`docs/protocol.md` follow from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import MappingProxyType

from gapura.protocol.auth_methods import PRIVATE_KEY_JWT, SELF_SIGNED_TLS_CLIENT_AUTH, TLS_CLIENT_AUTH

OIDC, FAPI2, FAPI_CIBA = "oidc", "fapi2", "fapi-ciba"

DPOP, MTLS = "dpop", "mtls"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"

STRONG_ALGS = ("ES256", "PS256", "EdDSA")  # FAPI 2.0 §5.4.1: no PKCS #1 signatures
STRONG_METHODS = (PRIVATE_KEY_JWT, TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH)


class Audience(Enum):
    """What the `aud` of a client assertion may be."""

    ISSUER = "issuer"  # and as a plain string: an array or an endpoint's URL is how audience injection begins
    ISSUER_OR_ENDPOINT = "issuer_or_endpoint"


@dataclass(frozen=True, slots=True)
class Profile:
    """`auth_methods`, `signing_algs`, `response_types` and `response_modes` are None where all that exist will do.

    `sender_constraints`: what binds its access tokens to a key of the client; empty where bearer tokens will do.
    `pushed_requests` and `signed_requests`: no authorization request comes otherwise. `request_object_claims` must stand
    in each request object, and what stands outside it is ignored then; `request_object_lifetime` is the longest it is good
    for, `longest_code` the longest that an authorization code is, whatever the setting says.
    `binding_messages`: no backchannel request comes without one.
    """

    name: str
    auth_methods: tuple[str, ...] | None = None
    signing_algs: tuple[str, ...] | None = None
    response_types: tuple[str, ...] | None = None
    assertion_audience: Audience = Audience.ISSUER_OR_ENDPOINT
    sender_constraints: tuple[str, ...] = ()
    pushed_requests: bool = False
    signed_requests: bool = False
    request_object_claims: tuple[str, ...] = ()
    request_object_lifetime: timedelta | None = None
    pkce_always: bool = False
    longest_code: timedelta = timedelta.max
    rotates_refresh_tokens: bool = True
    refused_grant_types: tuple[str, ...] = ()
    binding_messages: bool = False

    def allows_alg(self, alg: str) -> bool:
        return self.signing_algs is None or alg in self.signing_algs

    def allows_method(self, method: str) -> bool:
        return self.auth_methods is None or method in self.auth_methods


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        row.name: row
        for row in (
            Profile(OIDC),
            Profile(
                FAPI2,
                auth_methods=STRONG_METHODS,
                signing_algs=STRONG_ALGS,
                response_types=("code",),
                assertion_audience=Audience.ISSUER,
                sender_constraints=(DPOP, MTLS),
                pushed_requests=True,
                request_object_claims=("aud", "exp", "nbf"),  # FAPI 2.0 Message Signing §5.3.1
                request_object_lifetime=timedelta(minutes=60),
                pkce_always=True,
                longest_code=timedelta(seconds=60),  # FAPI 2.0 §5.3.2.1
                rotates_refresh_tokens=False,
                refused_grant_types=(DEVICE_CODE,),  # a code to type can be begged for (RFC 8628 §5.4)
            ),
            Profile(
                FAPI_CIBA,
                auth_methods=STRONG_METHODS,
                signing_algs=("ES256", "PS256"),  # FAPI CIBA §7.10
                response_types=("code",),
                sender_constraints=(MTLS,),
                signed_requests=True,
                request_object_claims=("aud", "exp", "nbf"),
                request_object_lifetime=timedelta(minutes=60),
                pkce_always=True,
                rotates_refresh_tokens=False,
                refused_grant_types=(DEVICE_CODE,),  # a code to type can be begged for (RFC 8628 §5.4)
                binding_messages=True,  # FAPI CIBA §5.2.2-2
            ),
        )
    }
)
