"""The token endpoint's rules that all grant types share (RFC 6749 §3.2)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gapura.errors import OAuthError
from gapura.protocol.parameters import Parameters
from gapura.protocol.ports import GrantStore, PollsDecoupled
from gapura.protocol.refresh_token import Mac


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """What redeeming needs: `resources` are the identifiers of the resource servers (RFC 8707).

    `machine_scopes` are those that a client may have for itself.
    """

    issuer: str
    store: GrantStore
    mac: Mac
    refresh_idle: timedelta
    decoupled: PollsDecoupled
    resources: Container[str] = frozenset()
    machine_scopes: frozenset[str] = field(default_factory=frozenset)


def audience_of(resource: Sequence[str], endpoint: TokenEndpoint) -> tuple[str, ...]:
    """Decision 5: the resources asked for, else the issuer."""
    return tuple(resource) or (endpoint.issuer,)


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
