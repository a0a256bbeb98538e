"""A grant: what one citizen allowed one client at one sign-in; every token leads back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from gapura.protocol.claims_request import ClaimsRequest
from gapura.values import (
    AccountId,
    CitizenId,
    ClientId,
    ConsentId,
    GrantId,
    Instant,
    PurposeId,
    SessionId,
    TokenId,
)

Cnf: TypeAlias = Mapping[str, str]
"""The keys that a token is bound to: `jkt` (RFC 9449 §6.1), `x5t#S256` (RFC 8705 §3.1), or both."""

JKT, X5T = "jkt", "x5t#S256"

AuthorizationDetails: TypeAlias = tuple[Mapping[str, Any], ...]
"""RFC 9396 §2, each with its `type`."""

OFFLINE_ACCESS = "offline_access"
OPENID = "openid"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a grant, as read in the statement that read it: what `can_authenticate` looks at."""

    kind: str = "citizen"
    account_status: str = "active"
    citizen_status: str | None = "ACTIVE"
    locale: str = "id"
    session_is_live: bool = True


class Grant(NamedTuple):
    """A row of `grants`. `refresh_generation` is the one live generation, None without a refresh token.

    `refresh_expires_at` moves with each use (idle), `expires_at` never does (total). `grant_type` is the one that
    redeems its code, `cnf` the key that the code is bound to, and a public client's refresh token too. A named tuple, for one is built
    from a row at every use of a token, and a frozen dataclass of this width costs ten times as much.
    """

    id: GrantId
    client_id: ClientId
    account_id: AccountId
    citizen_id: CitizenId
    session_id: SessionId
    consent_id: ConsentId | None
    sub: str
    scope: tuple[str, ...]
    attributes: tuple[str, ...]
    claims: ClaimsRequest
    resource: tuple[str, ...]
    nonce: str | None
    auth_time: Instant
    acr: str
    amr: tuple[str, ...]
    redirect_uri: str
    redirect_uri_sent: bool
    code_challenge: str | None
    code_expires_at: Instant
    redeemed_at: Instant | None
    refresh_generation: int | None
    refreshed_at: Instant | None
    refresh_expires_at: Instant | None
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    purpose_ids: tuple[PurposeId, ...] = ()
    legal_basis: str = "CONSENT"
    grant_type: str = "authorization_code"
    cnf: Cnf | None = None
    authorization_details: AuthorizationDetails = ()
    holder: Holder = Holder()

    @property
    def is_offline(self) -> bool:
        return self.refresh_generation is not None

    def __repr__(self) -> str:
        return f"Grant({self.id}, {self.client_id})"  # the nonce is the client's secret with the browser


@dataclass(frozen=True, slots=True)
class NewAccessToken:
    """The record of the access token that a claim writes in the same statement.

    `scope` and `audience` are None where those of the grant apply: its `resource`, and a record without any audience
    is one for the issuer. `authorization_details` are None likewise (RFC 9396 §6); `act` says who acts (RFC 8693 §4.1).
    """

    id: TokenId
    issued_at: Instant
    expires_at: Instant
    scope: tuple[str, ...] | None = None
    audience: tuple[str, ...] | None = None
    cnf: Cnf | None = None
    authorization_details: AuthorizationDetails | None = None
    act: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a token request earned. `grant` is None for client_credentials.

    `refresh_generation` is the generation of the refresh token to hand out, None for none; `is_first` is False where a
    refresh token was presented, and nobody signed in for this request. `signed_in` is False where no sign-in stands
    behind the grant type at all, and so no ID token. `issued_token_type` is for RFC 8693; `passed_on` says that somebody
    else than the person agreed with holds the token, or acts.
    """

    client_id: ClientId
    grant: Grant | None
    token: NewAccessToken
    scope: tuple[str, ...]
    audience: tuple[str, ...]
    refresh_generation: int | None = None
    is_first: bool = True
    signed_in: bool = True
    issued_token_type: str | None = None
    passed_on: bool = False

    @property
    def authorization_details(self) -> AuthorizationDetails:
        """Those of the token, which may have fewer than its grant."""
        if self.token.authorization_details is not None:
            return self.token.authorization_details
        return self.grant.authorization_details if self.grant is not None else ()

    @property
    def has_id_token(self) -> bool:
        by_sign_in = self.signed_in and self.issued_token_type is None
        return by_sign_in and self.grant is not None and OPENID in self.scope
