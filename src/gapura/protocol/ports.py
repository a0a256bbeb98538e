"""What the token rules need of the store; each call is one atomic statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails, Cnf, Grant, NewAccessToken
from gapura.values import ClientId, GrantId, Instant, Secret


@dataclass(frozen=True, slots=True)
class CodeClaim:
    """`refresh_expires_at` is set when the client may refresh; it counts for grants with `offline_access`.

    `grant_type` is the one that the code must have been issued for, `binds` the key that the refresh token shall be bound
    to where the grant names none yet.
    """

    code_digest: bytes
    client_id: ClientId
    at: Instant
    token: NewAccessToken
    refresh_expires_at: Instant | None
    grant_type: str = "authorization_code"
    binds: Cnf | None = None


@dataclass(frozen=True, slots=True)
class RefreshClaim:
    """Rotate `grant_id` from `generation` to the next; all of `token.scope` must lie in the grant's scope.

    `rotates` is False where the live generation stays the live one; of several such claims at one moment it may still be
    one alone that is served. `key_bound` is True where the grant's `cnf`, if it has one, must be that of `token`.
    """

    grant_id: GrantId
    generation: int
    client_id: ClientId
    at: Instant
    token: NewAccessToken
    refresh_expires_at: Instant
    rotates: bool = True
    key_bound: bool = False


@dataclass(frozen=True, slots=True)
class AssertionUse:
    """A client assertion's `jti` (SHA-256), kept until the assertion has expired."""

    client_id: ClientId
    jti_digest: bytes
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Polled:
    """A request that is approved elsewhere, as a poll found it; `interval` in seconds counts from this poll.

    `hasty`: the poll came before the interval was over, which made it longer.
    """

    state: str
    expires_at: Instant
    interval: int
    hasty: bool


class PollsDecoupled(Protocol):
    async def poll(
        self, code_digest: bytes, client_id: ClientId, grant_type: str, at: Instant, /
    ) -> Polled | None:
        """Write down that a poll came; None when the code is unknown, another client's or of another grant type."""


class GrantStore(Protocol):
    """Raises Unavailable when the store is away; a refusal is always an answer, never an error."""

    async def claim_code(self, claim: CodeClaim, /) -> Grant | None:
        """Mark the code as redeemed and write its access token; the grant as it stands after that.

        None, and nothing written, when the code is unknown, used, expired, revoked or another client's.
        """

    async def revoke_code(self, code_digest: bytes, at: Instant, reason: str, /) -> None:
        """Revoke the grant that was born with this code, if there is one, and all its tokens."""

    async def claim_refresh(self, claim: RefreshClaim, /) -> Grant | None:
        """Raise the live generation by one and write the access token; the grant as it stands after that.

        None, and nothing written, unless the grant is the client's, lives (not revoked, neither expiry passed),
        is at exactly `generation`, has the scope, audience and authorization details of the token, and is bound to no
        other key.
        """

    async def find_grant(self, grant_id: GrantId, /) -> Grant | None: ...

    async def find_offline_grant(
        self, client_id: ClientId, sector: str, sub: str, at: Instant, /
    ) -> Grant | None:
        """The newest living grant by which the person whom `sector` knows as `sub` lets the client act in their absence."""

    async def add_access_token(
        self, grant: Grant, token: NewAccessToken, holder: ClientId | None = None, /
    ) -> bool:
        """Write an access token of a living grant, for another `holder` than the grant's client where one is given.

        False when the grant was revoked meanwhile.
        """

    async def revoke_grant(self, grant_id: GrantId, at: Instant, reason: str, /) -> None:
        """Revoke the grant and all its tokens."""

    async def add_client_token(self, client_id: ClientId, token: NewAccessToken, /) -> None:
        """Write the access token of a client that acts for itself; scope and audience are set."""


class AssertionStore(Protocol):
    async def claim_assertion(self, use: AssertionUse, /) -> bool:
        """False when this `jti` of this client was used before."""


class LivingToken(Protocol):
    """An access token of ours that is good now; `grant` is None for one that a client got for itself."""

    @property
    def client_id(self) -> ClientId: ...

    @property
    def scope(self) -> tuple[str, ...]: ...

    @property
    def audience(self) -> tuple[str, ...]: ...

    @property
    def expires_at(self) -> Instant: ...

    @property
    def grant(self) -> Grant | None: ...

    @property
    def cnf(self) -> Cnf | None: ...

    @property
    def details(self) -> AuthorizationDetails: ...

    @property
    def act(self) -> Mapping[str, Any] | None: ...


class ReadsTokens(Protocol):
    async def read(self, text: str, now: Instant, /) -> LivingToken | None:
        """The live token that `text` is; None for everything else. Raises Unavailable."""


class FindsClients(Protocol):
    async def client(self, client_id: ClientId, /) -> Client | None: ...


class ProvesAssertions(Protocol):
    async def claims(self, assertion: Secret, client: Client, now: Instant, /) -> Mapping[str, Any]:
        """The claims of an assertion that a key of the client's agreement signed; judges none of them.

        Raises OAuthError("invalid_grant").
        """
