"""Dynamic client registration and its management (RFC 7591, RFC 7592, OpenID Connect Registration).

Open in the sandbox; in production an initial access token or an operator stands behind each registration. Who that
is was judged before; here only what is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from authlib.oauth2.rfc7591 import ClientMetadataClaims as OAuthMetadata
from authlib.oidc.registration import ClientMetadataClaims as OpenIdMetadata
from joserfc.errors import JoseError

from gapura.errors import OAuthError
from gapura.protocol.algorithms import default_alg
from gapura.protocol.auth_methods import HAVE_SECRETS, NONE, READ_SECRETS
from gapura.protocol.endpoints import client_url
from gapura.protocol.frontchannel_logout import check_frontchannel_uri
from gapura.protocol.grants import GRANTS
from gapura.protocol.profiles import DPOP, MTLS, PROFILES, Profile
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registered_authentication import TLS_BOUND, check_authentication
from gapura.protocol.registered_backchannel import check_backchannel
from gapura.protocol.registered_encryption import complete_encryption
from gapura.protocol.registered_exchange import check_agreements
from gapura.protocol.registered_requests import complete_requests
from gapura.protocol.registered_response_types import check_redirects, fitting, holds_token
from gapura.protocol.registration_fields import FIELDS, read_fields
from gapura.protocol.response_types import AUTHORIZATION_CODE, CODE
from gapura.values import Instant, Secret, opaque_digest

# RFC 7592 §2.2: a client never sends these back
SERVER_FIELDS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """`discovery` says what is supported, `default_scopes` what a client gets that names none.

    `operator` is True where an operator registers.
    """

    discovery: Mapping[str, Any]
    default_scopes: tuple[str, ...]
    sandbox: bool
    operator: bool = False


def register(document: object, policy: RegistrationPolicy) -> dict[str, Any]:
    """The metadata to store, with all defaults made plain.

    Raises OAuthError("invalid_redirect_uri") and "invalid_client_metadata".
    """
    if not isinstance(document, dict):
        raise OAuthError("invalid_client_metadata", description="the registration is no JSON object")
    read = read_fields(document, sandbox=policy.sandbox, operator=policy.operator)
    for rule in RULES:
        rule(read, policy)
    return read


def replace(
    document: object,
    stored: Mapping[str, Any],
    client_id: str,
    digest: bytes | None,
    policy: RegistrationPolicy,
) -> dict[str, Any]:
    """The metadata that takes the place of `stored` (RFC 7592 §2.2): what is left out goes back to its default.

    What only an operator sets stays. Raises as `register`, and OAuthError("invalid_request").
    """
    if not isinstance(document, dict):
        raise OAuthError("invalid_client_metadata", description="the registration is no JSON object")
    if document.get("client_id") != client_id:
        raise OAuthError("invalid_request", description="client_id must be the client's own")
    if sent := [name for name in SERVER_FIELDS if name in document]:
        raise OAuthError("invalid_request", description=f"{sent[0]} must not be sent back")
    secret = document.get("client_secret")
    if secret is not None and not (
        isinstance(secret, str) and compare_digest(opaque_digest(secret), digest or b"")
    ):
        raise OAuthError(
            "invalid_request", description="client_secret must be the current one or be left out"
        )
    kept = {name: stored[name] for name, row in FIELDS.items() if row.operator and name in stored}
    return kept | register(document, policy)


def has_secret(metadata: Mapping[str, Any]) -> bool:
    return metadata["token_endpoint_auth_method"] in HAVE_SECRETS


def reads_secret(metadata: Mapping[str, Any]) -> bool:
    """Whether its secret itself is needed, and not only a digest to compare with."""
    return metadata["token_endpoint_auth_method"] in READ_SECRETS


def new_secret_due(stored: Mapping[str, Any], replaced: Mapping[str, Any]) -> bool:
    """Decision 6: a changed method means a new secret."""
    method = "token_endpoint_auth_method"
    return has_secret(replaced) and stored[method] != replaced[method]


def answer(
    issuer: str,
    client_id: str,
    metadata: Mapping[str, Any],
    *,
    issued_at: Instant,
    registration_token: Secret,
    secret: Secret | None = None,
    secret_expires_at: Instant | None = None,
) -> dict[str, Any]:
    """RFC 7591 §3.2.1; a secret is shown once, when it is made, for only its digest is kept."""
    shown: dict[str, Any] = {
        "client_id": client_id,
        "client_id_issued_at": int(issued_at.timestamp()),
        "registration_access_token": registration_token.reveal(),
        "registration_client_uri": client_url(issuer, client_id),
        **metadata,
    }
    if secret is not None:
        shown["client_secret"] = secret.reveal()
        shown["client_secret_expires_at"] = int(secret_expires_at.timestamp()) if secret_expires_at else 0
    return shown


# --- rules, in the order in which they are asked ---


def _response_types_follow_grant_types(read: dict[str, Any], policy: RegistrationPolicy) -> None:
    by_code = AUTHORIZATION_CODE in read["grant_types"]
    asked = read.get("response_types", [CODE.name] if by_code else [])
    supported = policy.discovery["response_types_supported"]
    read["response_types"] = fitting(asked, read["grant_types"], supported)


def _no_bound_token_in_front(read: dict[str, Any], _: RegistrationPolicy) -> None:
    """No key of the client takes part when a token comes by the browser."""
    if holds_token(read["response_types"]) and any(read.get(name) for name in BOUND_BY.values()):
        raise invalid_client_metadata("an access token that is bound to a key cannot come by the browser")


def _known_scope(read: dict[str, Any], policy: RegistrationPolicy) -> None:
    """RFC 7591 §2: what does not exist is left out, and the answer says what was registered."""
    asked = read["scope"].split() if "scope" in read else policy.default_scopes
    known = policy.discovery["scopes_supported"]
    read["scope"] = " ".join(dict.fromkeys(name for name in asked if name in known))


def _supported_values(read: dict[str, Any], policy: RegistrationPolicy) -> None:
    """Every value that discovery lists values for must be one of them, and keys must be keys."""
    # Authlib knows no private-use schemes (RFC 8252 §7.1), and our own rules for redirect URIs are stricter
    judged = {name: value for name, value in read.items() if name != "redirect_uris"}
    for claims in (OAuthMetadata, OpenIdMetadata):
        try:
            claims(judged, {}, claims.get_claims_options(policy.discovery)).validate()
        except JoseError as wrong:
            raise invalid_client_metadata(
                f"{getattr(wrong, 'claim', 'metadata')} has a value that is not supported"
            ) from None


def _values_among(read: dict[str, Any], policy: RegistrationPolicy) -> None:
    """The same for what Authlib has no rule for."""
    for row in FIELDS.values():
        if row.among is None or row.name not in read:
            continue
        value, supported = read[row.name], policy.discovery.get(row.among, ())
        if not all(one in supported for one in (value if isinstance(value, list) else [value])):
            raise invalid_client_metadata(f"{row.name} has a value that is not supported")


def _proves_itself(read: dict[str, Any], policy: RegistrationPolicy) -> None:
    check_authentication(read, policy.discovery)


def _grant_types_that_it_may_use(read: dict[str, Any], _: RegistrationPolicy) -> None:
    for name in read["grant_types"]:
        row = GRANTS.get(name)
        if row is not None and not row.for_public and read["token_endpoint_auth_method"] == NONE:
            raise invalid_client_metadata(f"{name} is not for public clients")


def _default_alg(read: dict[str, Any], _: RegistrationPolicy) -> None:
    read.setdefault("id_token_signed_response_alg", default_alg(_profile(read)))


def _strong_by_profile(read: dict[str, Any], _: RegistrationPolicy) -> None:
    """What the client's security profile forbids can't be registered for either."""
    profile = _profile(read)
    if not profile.allows_method(read["token_endpoint_auth_method"]):
        raise invalid_client_metadata(
            f"the profile {profile.name} needs one of {', '.join(profile.auth_methods or ())}"
        )
    for name in ALG_FIELDS:
        if name in read and not profile.allows_alg(read[name]):
            raise invalid_client_metadata(f"{name} is too weak for the profile {profile.name}")
    if refused := set(read["grant_types"]).intersection(profile.refused_grant_types):
        raise invalid_client_metadata(f"the profile {profile.name} allows no grant type {', '.join(refused)}")
    if profile.response_types is not None and not set(read["response_types"]).issubset(
        profile.response_types
    ):
        raise invalid_client_metadata(f"response_types holds more than the profile {profile.name} allows")


def _bound_by_profile(read: dict[str, Any], _: RegistrationPolicy) -> None:
    """A profile with sender-constrained tokens: by what the client chose, or by the first that there is."""
    constraints = _profile(read).sender_constraints
    chosen = [name for name in constraints if read.get(BOUND_BY[name])]
    if constraints and not chosen:
        read[BOUND_BY[constraints[0]]] = True


def _profile(read: Mapping[str, Any]) -> Profile:
    return PROFILES[read["security_profile"]]


ALG_FIELDS = tuple(name for name in FIELDS if name.endswith(("_signed_response_alg", "_signing_alg")))
# What a client registers so that its access tokens are bound to a key (RFC 9449 §5.2, RFC 8705 §3.4).
BOUND_BY = {DPOP: "dpop_bound_access_tokens", MTLS: TLS_BOUND}
RULES = (
    _response_types_follow_grant_types,
    check_redirects,
    check_frontchannel_uri,
    _known_scope,
    _default_alg,
    complete_encryption,
    _supported_values,
    _values_among,
    complete_requests,
    _grant_types_that_it_may_use,
    check_backchannel,
    check_agreements,
    _strong_by_profile,
    _bound_by_profile,
    _proves_itself,
    _no_bound_token_in_front,
)
