"""An access token as the store knows it: what its text says counts for nothing against this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapura.protocol.grant import AuthorizationDetails, Cnf, Grant
from gapura.values import ClientId, Instant, TokenId


@dataclass(frozen=True, slots=True)
class HeldToken:
    """`grant` is None for a token of the client's own (client_credentials).

    `authorization_details` is None where those of the grant apply.
    """

    id: TokenId
    client_id: ClientId
    scope: tuple[str, ...]
    audience: tuple[str, ...]
    issued_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    grant: Grant | None
    cnf: Cnf | None = None
    authorization_details: AuthorizationDetails | None = None
    act: Mapping[str, Any] | None = None

    @property
    def details(self) -> AuthorizationDetails:
        """What it allows beside its scope (RFC 9396): its own, or all that the grant has."""
        if self.authorization_details is not None:
            return self.authorization_details
        return self.grant.authorization_details if self.grant is not None else ()

    def is_live(self, now: Instant) -> bool:
        """Whether nothing ended it: itself, its grant, or the session of a grant that isn't for offline use."""
        if self.revoked_at is not None or now >= self.expires_at:
            return False
        grant = self.grant
        return grant is None or (
            grant.revoked_at is None and (grant.is_offline or grant.holder.session_is_live)
        )
