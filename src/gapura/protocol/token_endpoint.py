"""The token endpoint's rules that all grant types share (RFC 6749 §3.2)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gapura.errors import OAuthError
from gapura.protocol.authorization_details import (
    DetailRules,
    check_within,
    known_details,
    parse_authorization_details,
)
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails, Cnf, NewAccessToken
from gapura.protocol.parameters import Parameters
from gapura.protocol.ports import (
    AssertionStore,
    FindsClients,
    GrantStore,
    PollsDecoupled,
    ProvesAssertions,
    ReadsTokens,
)
from gapura.protocol.self_proving import Mac


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """What redeeming needs: `resources` are the identifiers of the resource servers (RFC 8707).

    `machine_scopes` are those that a client may have for itself, `details` the types of RFC 9396.
    """

    issuer: str
    store: GrantStore
    mac: Mac
    refresh_idle: timedelta
    decoupled: PollsDecoupled
    tokens: ReadsTokens
    clients: FindsClients
    assertions: AssertionStore
    agreed: ProvesAssertions
    resources: Container[str] = frozenset()
    machine_scopes: frozenset[str] = field(default_factory=frozenset)
    details: DetailRules | None = None


def audience_of(resource: Sequence[str], endpoint: TokenEndpoint) -> tuple[str, ...]:
    """Decision 5: the resources asked for, else the issuer."""
    return tuple(resource) or (endpoint.issuer,)


def refresh_binding(client: Client, token: NewAccessToken) -> Cnf | None:
    """RFC 9449 §5: what a public client's refresh token is bound to; a confidential one proves itself at each use."""
    return token.cnf if client.is_public else None


def read_resource(form: Parameters) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(form.many("resource"))) or None


def check_known(resource: Sequence[str] | None, endpoint: TokenEndpoint) -> None:
    """Nothing is claimed for an audience that does not exist. Raises OAuthError("invalid_target")."""
    if any(name not in endpoint.resources and name != endpoint.issuer for name in resource or ()):
        raise OAuthError("invalid_target", description="resource is not known here")


def check_granted(resource: Sequence[str] | None, granted: Sequence[str]) -> None:
    """RFC 8707 §2.2: at most what the grant names, where it names any. Raises OAuthError("invalid_target")."""
    if granted and not set(resource or ()).issubset(granted):
        raise OAuthError("invalid_target", description="resource is not among those of the grant")


def read_details(form: Parameters) -> AuthorizationDetails | None:
    """What a token shall be cut down to (RFC 9396 §6); None where it shall have all that was granted."""
    return parse_authorization_details(form.get("authorization_details")) or None


def checked_details(
    details: AuthorizationDetails | None, client: Client, endpoint: TokenEndpoint
) -> AuthorizationDetails | None:
    """In their one form, before anything is claimed. Raises OAuthError("invalid_authorization_details")."""
    return None if details is None else known_details(details, client, endpoint.details)


def check_granted_details(
    details: AuthorizationDetails | None, granted: AuthorizationDetails, endpoint: TokenEndpoint
) -> None:
    """Raises OAuthError("invalid_authorization_details")."""
    if details is not None and endpoint.details is not None:
        check_within(details, granted, endpoint.details)
