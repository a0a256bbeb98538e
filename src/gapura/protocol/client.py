"""A client as the rules see it, built from its stored registration (RFC 7591 §2, OpenID Connect Registration §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from gapura.protocol.auth_methods import NONE
from gapura.protocol.profiles import OIDC, PROFILES, Profile
from gapura.values import AgencyId, ClientId, Instant

ACTIVE, DISABLED, PENDING = "active", "disabled", "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An agency's app. `names` holds `client_name` by language, `""` for the one without a language tag.

    What has no comment of its own below is the registered metadata of that name.
    """

    id: ClientId
    agency_id: AgencyId
    status: str
    sector: str
    profile: Profile = PROFILES[OIDC]
    names: Mapping[str, str]
    scopes: frozenset[str]
    secret_digest: bytes | None = field(default=None, repr=False)
    secret_sealed: bytes | None = field(default=None, repr=False)
    """Of methods that need the secret itself (decision 6)."""
    secret_expires_at: Instant | None = None

    grant_types: tuple[str, ...]
    response_types: tuple[str, ...]
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    request_uris: tuple[str, ...] = ()
    application_type: str = "web"
    subject_type: str = "pairwise"
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    initiate_login_uri: str | None = None
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    minimum_acr: str | None = None
    resource_identifier: str | None = None

    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str | None = None
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None

    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    request_object_signing_alg: str | None = None
    request_object_encryption_alg: str | None = None
    request_object_encryption_enc: str | None = None
    authorization_details_types: tuple[str, ...] = ()

    id_token_signed_response_alg: str
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    authorization_signed_response_alg: str | None = None
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str | None = None
    introspection_encrypted_response_alg: str | None = None
    introspection_encrypted_response_enc: str | None = None
    access_token_format: str = "jwt"  # noqa: S105 -- the name of a form, see `access_token.FORMATS`
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False

    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False

    backchannel_token_delivery_mode: str | None = None
    backchannel_client_notification_endpoint: str | None = None
    backchannel_authentication_request_signing_alg: str | None = None
    backchannel_user_code_parameter: bool = False

    token_exchange: tuple[str, ...] = ()
    """How an operator lets it exchange tokens (`grants/token_exchange.py`)."""
    may_act: str | None = None
    """The client that alone may act with the tokens of this one (RFC 8693 §4.4)."""
    jwt_bearer_issuer: str | None = None
    """Whose word an operator has agreed to take for it (`grants/jwt_bearer.py`)."""
    jwt_bearer_jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    jwt_bearer_jwks_uri: str | None = None

    @classmethod
    def from_stored(cls, row: Mapping[str, Any]) -> Self:
        """`row` has the columns of the table `client`; `metadata` was made by `registration.register`."""
        stored: Mapping[str, Any] = row["metadata"]
        registered: dict[str, Any] = {
            name: _frozen(stored[name]) for name in METADATA if stored.get(name) is not None
        }
        return cls(
            id=ClientId(row["id"]),
            agency_id=AgencyId(row["agency_id"]),
            status=row["status"],
            sector=row["sector"],
            profile=PROFILES[stored.get("security_profile", OIDC)],
            names=_by_language(stored, "client_name"),
            scopes=frozenset(stored["scope"].split()),
            secret_digest=row["secret_digest"],
            secret_sealed=row.get("secret_sealed"),
            secret_expires_at=row["secret_expires_at"],
            **registered,
        )

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def is_public(self) -> bool:
        return self.token_endpoint_auth_method == NONE

    def name(self, locale: str) -> str:
        """The name to show, in `locale` where the client gave one."""
        return self.names.get(locale) or self.names.get("") or next(iter(self.names.values()), self.id)


_OURS = frozenset(
    {"id", "agency_id", "status", "sector", "profile", "names", "scopes"}
    | {"secret_digest", "secret_sealed", "secret_expires_at"}
)
METADATA = tuple(member.name for member in fields(Client) if member.name not in _OURS)


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _by_language(stored: Mapping[str, Any], field_name: str) -> Mapping[str, str]:
    """Members `name`, `name#id`, `name#en` by language tag (RFC 7591 §2.2)."""
    found = {}
    for key, value in stored.items():
        name, _, language = key.partition("#")
        if name == field_name:
            found[language] = value
    return found
