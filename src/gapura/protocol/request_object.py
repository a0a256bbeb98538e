"""A request object: an authorization request as one JWT of the client (RFC 9101, OpenID Connect Core §6).

Signature and encryption were dealt with before; here is which ones a client may use, and what its claims must say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from gapura.errors import OAuthError
from gapura.protocol.algorithms import ENCRYPTION_ALGS, ENCS, algs_for
from gapura.protocol.assertion_claims import SKEW, instant_of, seconds_of
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters
from gapura.values import Instant

TYP = "oauth-authz-req+jwt"
TYPES = frozenset(
    {"", "jwt", TYP}
)  # what is said to be another kind of token is none of these (RFC 8725 §3.12)
NONE = "none"  # OpenID Connect Core §6.1: an unsigned one is worth what a query is worth

MOST_REQUEST_OBJECT = 32 * 1024
MOST_REQUEST_URI = 512  # OpenID Connect Core §6.2


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """`algs` may sign it, `required` are the claims that must be there.

    `longest` is how far `nbf` may lie behind, and how long after it `exp` may be; None where any span will do. By one of
    `key_algs` and one of `encs` it may be encrypted around its signature; by none it may not.
    """

    algs: tuple[str, ...]
    required: tuple[str, ...] = ()
    longest: timedelta | None = None
    key_algs: tuple[str, ...] = ()
    encs: tuple[str, ...] = ()

    @classmethod
    def of(cls, client: Client) -> Self:
        """Those for authorization requests of this client."""
        registered, profile = client.request_object_signing_alg, client.profile
        unsigned = (NONE,) if profile.allows_alg(NONE) else ()
        algs = (registered,) if registered is not None else (*algs_for(profile), *unsigned)
        if signs_requests(client):
            algs = tuple(alg for alg in algs if alg != NONE)
        key_alg, enc = client.request_object_encryption_alg, client.request_object_encryption_enc
        return cls(
            algs,
            profile.request_object_claims,
            profile.request_object_lifetime,
            tuple(ENCRYPTION_ALGS) if key_alg is None else (key_alg,),
            ENCS if enc is None else (enc,),
        )


def signs_requests(client: Client) -> bool:
    """Whether no request of this client comes but as a signed request object (RFC 9101 §10.5)."""
    return client.require_signed_request_object or client.profile.signed_requests


def pushes_requests(client: Client) -> bool:
    """Whether no request of this client comes but by PAR (RFC 9126 §6)."""
    return client.require_pushed_authorization_requests or client.profile.pushed_requests


def outside_counts(client: Client) -> bool:
    """Whether parameters beside the object are read where it is silent (OpenID Connect Core §6.1), or never.

    RFC 9101 §6.3: whoever must sign a request signs all of it.
    """
    return not (signs_requests(client) or client.profile.request_object_claims)


def check_object(
    claims: Mapping[str, Any], typ: object, client: Client, issuer: str, rules: ObjectRules, now: Instant
) -> None:
    """Judge what the client's key has signed; the fault is named, for the signature has proved who asks.

    Raises OAuthError("invalid_request_object").
    """
    if not isinstance(typ, str | None) or (typ or "").lower().removeprefix("application/") not in TYPES:
        raise refused(f"typ must be {TYP}")
    for name in rules.required:
        if claims.get(name) is None:
            raise refused(f"{name} is missing")
    for name in ("request", "request_uri"):
        if name in claims:
            raise refused(f"it must not hold {name}")  # RFC 9101 §4
    if claims.get("sub") == client.id:
        raise refused("sub must not be the client_id")  # RFC 9101 §10.8: such a one is a client assertion
    for name in ("iss", "client_id"):
        if claims.get(name, client.id) != client.id:
            raise refused(f"{name} must be the client_id")
    _check_audience(claims.get("aud", issuer), issuer)
    _check_times(claims, rules.longest, now)


def _check_audience(aud: object, issuer: str) -> None:
    if issuer not in (aud if isinstance(aud, list) else [aud]):
        raise refused(f"aud must be {issuer}")


def _check_times(claims: Mapping[str, Any], longest: timedelta | None, now: Instant) -> None:
    not_before, expires_at = instant_of(claims, "nbf", refused), instant_of(claims, "exp", refused)
    if expires_at is not None and now - expires_at >= SKEW:
        raise refused(f"it expired {seconds_of(now - expires_at)} s ago; is the client's clock slow?")
    if not_before is not None and not_before - now > SKEW:
        raise refused(f"nbf lies {seconds_of(not_before - now)} s ahead; is the client's clock fast?")
    if longest is None:
        return
    if not_before is not None and now - not_before > longest + SKEW:
        raise refused(f"nbf lies more than {seconds_of(longest)} s behind")
    if expires_at is not None and expires_at - (not_before or now) > longest:
        raise refused(f"exp lies more than {seconds_of(longest)} s after nbf")


def refused(reason: str, *, detail: str = "") -> OAuthError:
    return OAuthError("invalid_request_object", detail=detail, description=f"the request object: {reason}")


def check_beside(claims: Mapping[str, Any], beside: Parameters) -> None:
    """OpenID Connect Core §6.1: what must stand outside too must say the same there.

    Raises OAuthError("invalid_request").
    """
    said = beside.get("response_type")
    if said and claims.get("response_type", said) != said:
        raise OAuthError(
            "invalid_request", description="response_type differs inside and outside the request object"
        )


class ObjectParameters:
    """The claims of a request object read as parameters; `beside` are those that count where it is silent."""

    __slots__ = ("_beside", "_claims")

    def __init__(self, claims: Mapping[str, Any], beside: Parameters | None = None) -> None:
        self._claims = claims
        self._beside = beside

    def get(self, name: str, /) -> str | None:
        if name in self._claims:
            return _text(self._claims[name]) or None
        return self._beside.get(name) if self._beside is not None else None

    def many(self, name: str, /) -> tuple[str, ...]:
        if name in self._claims:
            value = self._claims[name]
            return tuple(map(_text, value if isinstance(value, list) else [value]))
        return self._beside.many(name) if self._beside is not None else ()


def _text(value: object) -> str:
    """RFC 9101 §4: strings and numbers as JSON has them; what is JSON in a query is JSON here."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
