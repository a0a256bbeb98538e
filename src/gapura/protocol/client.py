"""A client as the rules see it, built from its stored registration (RFC 7591 §2, OpenID Connect Registration §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gapura.values import AgencyId, ClientId, Instant

ACTIVE, DISABLED, PENDING = "active", "disabled", "pending"
PUBLIC = "none"
OIDC, FAPI2, FAPI_CIBA = "oidc", "fapi2", "fapi-ciba"


@dataclass(frozen=True, slots=True)
class Client:
    """An agency's app. `names` holds `client_name` by language, `""` for the one without a language tag."""

    id: ClientId
    agency_id: AgencyId
    status: str
    profile: str
    sector: str
    names: Mapping[str, str]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    grant_types: frozenset[str]
    response_types: frozenset[str]
    scopes: frozenset[str]
    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str | None
    id_token_signed_response_alg: str
    userinfo_signed_response_alg: str | None
    subject_type: str
    application_type: str
    jwks: Mapping[str, Any] | None = field(repr=False)
    jwks_uri: str | None
    client_uri: str | None
    logo_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    initiate_login_uri: str | None
    default_max_age: int | None
    require_auth_time: bool
    default_acr_values: tuple[str, ...]
    minimum_acr: str | None
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    resource_identifier: str | None
    secret_digest: bytes | None = field(repr=False)
    secret_expires_at: Instant | None

    @classmethod
    def from_stored(cls, row: Mapping[str, Any]) -> Self:
        """`row` has the columns of the table `client`; `metadata` was made by `registration.register`."""
        stored: Mapping[str, Any] = row["metadata"]
        return cls(
            id=ClientId(row["id"]),
            agency_id=AgencyId(row["agency_id"]),
            status=row["status"],
            profile=row["profile"],
            sector=row["sector"],
            names=_by_language(stored, "client_name"),
            redirect_uris=tuple(stored.get("redirect_uris", ())),
            post_logout_redirect_uris=tuple(stored.get("post_logout_redirect_uris", ())),
            grant_types=frozenset(stored["grant_types"]),
            response_types=frozenset(stored["response_types"]),
            scopes=frozenset(stored["scope"].split()),
            token_endpoint_auth_method=stored["token_endpoint_auth_method"],
            token_endpoint_auth_signing_alg=stored.get("token_endpoint_auth_signing_alg"),
            id_token_signed_response_alg=stored["id_token_signed_response_alg"],
            userinfo_signed_response_alg=stored.get("userinfo_signed_response_alg"),
            subject_type=stored["subject_type"],
            application_type=stored["application_type"],
            jwks=stored.get("jwks"),
            jwks_uri=stored.get("jwks_uri"),
            client_uri=stored.get("client_uri"),
            logo_uri=stored.get("logo_uri"),
            policy_uri=stored.get("policy_uri"),
            tos_uri=stored.get("tos_uri"),
            initiate_login_uri=stored.get("initiate_login_uri"),
            default_max_age=stored.get("default_max_age"),
            require_auth_time=stored.get("require_auth_time", False),
            default_acr_values=tuple(stored.get("default_acr_values", ())),
            minimum_acr=stored.get("minimum_acr"),
            backchannel_logout_uri=stored.get("backchannel_logout_uri"),
            backchannel_logout_session_required=stored.get("backchannel_logout_session_required", False),
            resource_identifier=stored.get("resource_identifier"),
            secret_digest=row["secret_digest"],
            secret_expires_at=row["secret_expires_at"],
        )

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def is_public(self) -> bool:
        return self.token_endpoint_auth_method == PUBLIC

    def name(self, locale: str) -> str:
        """The name to show, in `locale` where the client gave one."""
        return self.names.get(locale) or self.names.get("") or next(iter(self.names.values()), self.id)


def _by_language(stored: Mapping[str, Any], field_name: str) -> Mapping[str, str]:
    """Members `name`, `name#id`, `name#en` by language tag (RFC 7591 §2.2)."""
    found = {}
    for key, value in stored.items():
        name, _, language = key.partition("#")
        if name == field_name:
            found[language] = value
    return found
