"""The token endpoint's rules that all grant types share (RFC 6749 §3.2)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gapura.errors import OAuthError
from gapura.protocol.authorization_details import (
    DetailRules,
    check_within,
    known_details,
    parse_authorization_details,
)
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails, Cnf, Grant, NewAccessToken
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


@dataclass(frozen=True, slots=True)
class Portion:
    """What of a grant a token shall have (RFC 8707 §2.2, RFC 9396 §6); None where it shall have all of it."""

    resource: tuple[str, ...] | None = None
    details: AuthorizationDetails | None = None

    def of(self, token: NewAccessToken) -> NewAccessToken:
        return replace(token, audience=self.resource, authorization_details=self.details)


def read_portion(form: Parameters, resources: tuple[str, ...] = ("resource",)) -> Portion:
    """`resources` are the parameters that name some."""
    named = (value for name in resources for value in form.many(name))
    return Portion(
        tuple(dict.fromkeys(named)) or None,
        parse_authorization_details(form.get("authorization_details")) or None,
    )


def known_portion(portion: Portion, client: Client, endpoint: TokenEndpoint) -> Portion:
    """With the details in their one form. Nothing is claimed for what does not exist.

    Raises OAuthError("invalid_target") and ("invalid_authorization_details").
    """
    if any(name not in endpoint.resources and name != endpoint.issuer for name in portion.resource or ()):
        raise OAuthError("invalid_target", description="resource is not known here")
    if portion.details is None:
        return portion
    return replace(portion, details=known_details(portion.details, client, endpoint.details))


def check_granted(portion: Portion, grant: Grant, endpoint: TokenEndpoint) -> None:
    """At most what the grant has; its resources where it names any. Raises as `known_portion`."""
    if grant.resource and not set(portion.resource or ()).issubset(grant.resource):
        raise OAuthError("invalid_target", description="resource is not among those of the grant")
    check_granted_details(portion, grant.authorization_details, endpoint)


def check_granted_details(portion: Portion, granted: AuthorizationDetails, endpoint: TokenEndpoint) -> None:
    """Raises OAuthError("invalid_authorization_details")."""
    if portion.details is not None and endpoint.details is not None:
        check_within(portion.details, granted, endpoint.details)


def check_granted_scope(scope: Sequence[str] | None, grant: Grant) -> None:
    """RFC 6749 §6: never more than was granted. Raises OAuthError("invalid_scope")."""
    if not set(scope or ()).issubset(grant.scope):
        raise OAuthError("invalid_scope", description="scope holds more than was granted")


def audience_of(resource: Sequence[str], endpoint: TokenEndpoint) -> tuple[str, ...]:
    """Decision 5: the resources asked for, else the issuer."""
    return tuple(resource) or (endpoint.issuer,)


def refresh_binding(client: Client, token: NewAccessToken) -> Cnf | None:
    """RFC 9449 §5: what a public client's refresh token is bound to; a confidential one proves itself at each use."""
    return token.cnf if client.is_public else None
