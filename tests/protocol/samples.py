"""A client, a grant and a request as the tests begin with them, and the store's contract kept in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.disclosure.authorization_details import is_within
from gapura.errors import OAuthError
from gapura.flow.client_secrets import ClientSecrets
from gapura.protocol.claims_request import ClaimsRequest
from gapura.protocol.client import Client
from gapura.protocol.grant import OFFLINE_ACCESS, Grant, NewAccessToken
from gapura.protocol.pkce import challenge_of
from gapura.protocol.ports import AssertionUse, CodeClaim, LivingToken, Polled, RefreshClaim
from gapura.protocol.token_endpoint import TokenEndpoint
from gapura.values import (
    AccountId,
    CitizenId,
    ClientId,
    GrantId,
    Instant,
    Secret,
    SessionId,
    TokenId,
    opaque_digest,
)

ISSUER = "https://gapura.example"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "rahasia-yang-panjang"
SECRETS = ClientSecrets(Vault(RootKeys(1, {1: bytes(32)})))
VERIFIER = "v" * 43
CHALLENGE = challenge_of(VERIFIER)
CODE = "kode-sekali-pakai"
GRANT_ID = GrantId(UUID(int=1))
CALLBACK = "https://pajak.example/callback"
SCOPES = ("openid", "profile", "email", "phone", "address", "nik", OFFLINE_ACCESS)


class Form:
    """Parameters as the edge hands them on."""

    def __init__(self, given: Mapping[str, str | list[str] | None]) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}

    def get(self, name: str, /) -> str | None:
        value = self._given.get(name)
        return value[-1] if isinstance(value, list) else value

    def many(self, name: str, /) -> tuple[str, ...]:
        value = self._given.get(name, [])
        return tuple(value) if isinstance(value, list) else (value,)


def client_of(**changes: Any) -> Client:
    metadata = {
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://pajak.example/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": " ".join(SCOPES),
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "subject_type": "pairwise",
        "application_type": "web",
        "client_name": "Pajak",
        "client_name#en": "Tax",
    }
    row = {
        "id": "pajak",
        "agency_id": "djp",
        "status": "active",
        "sector": "djp",
        "secret_digest": opaque_digest(SECRET),
        "secret_expires_at": None,
        "metadata": metadata,
    }
    return replace(Client.from_stored(row), **changes)


def grant_of(**changes: Any) -> Grant:
    grant = Grant(
        id=GRANT_ID,
        client_id=ClientId("pajak"),
        account_id=AccountId(UUID(int=2)),
        citizen_id=CitizenId(UUID(int=3)),
        session_id=SessionId(UUID(int=4)),
        consent_id=None,
        sub="subjek-berpasangan",
        scope=("openid", "profile", OFFLINE_ACCESS),
        attributes=("name",),
        claims=ClaimsRequest(),
        resource=(),
        nonce="n-0S6_WzA2Mj",
        auth_time=NOW - timedelta(minutes=5),
        acr="urn:gapura:loa:substantial",
        amr=("pwd", "otp"),
        redirect_uri=CALLBACK,
        redirect_uri_sent=True,
        code_challenge=CHALLENGE,
        code_expires_at=NOW + timedelta(seconds=60),
        redeemed_at=None,
        refresh_generation=None,
        refreshed_at=None,
        refresh_expires_at=None,
        created_at=NOW,
        expires_at=NOW + timedelta(days=180),
        revoked_at=None,
    )
    return grant._replace(**changes)


def new_token(now: Instant = NOW) -> NewAccessToken:
    return NewAccessToken(TokenId(UUID(int=9)), now, now + timedelta(minutes=5))


def mac(version: int, text: bytes) -> bytes | None:
    return opaque_digest(f"{version}:{text.hex()}") if version in {1, 2} else None


@dataclass
class Store:
    """Keeps the contract of the ports that redeeming needs (`protocol/ports.py`).

    `living` has access tokens by their text, `clients` those that own them, `agreed` the claims of assertions by theirs.
    """

    codes: dict[bytes, GrantId] = field(default_factory=dict)
    grants: dict[GrantId, Grant] = field(default_factory=dict)
    tokens: list[NewAccessToken] = field(default_factory=list)
    reasons: dict[GrantId, str] = field(default_factory=dict)
    assertions: set[tuple[str, bytes]] = field(default_factory=set)
    requests: dict[bytes, Polled] = field(default_factory=dict)
    living: dict[str, LivingToken] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    agreed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    holders: list[ClientId | None] = field(default_factory=list)

    def hold(self, grant: Grant, code_digest: bytes = b"") -> Grant:
        self.grants[grant.id] = grant
        self.codes[code_digest] = grant.id
        return grant

    async def claim_code(self, claim: CodeClaim, /) -> Grant | None:
        grant = self.grants.get(self.codes.get(claim.code_digest, GrantId(UUID(int=0))))
        if grant is None or grant.client_id != claim.client_id or grant.redeemed_at or grant.revoked_at:
            return None
        if grant.code_expires_at <= claim.at or grant.grant_type != claim.grant_type:
            return None
        offline = OFFLINE_ACCESS in grant.scope and claim.refresh_expires_at is not None
        self.tokens.append(claim.token)
        self.grants[grant.id] = grant._replace(
            redeemed_at=claim.at,
            refresh_generation=0 if offline else None,
            refreshed_at=claim.at,
            refresh_expires_at=claim.refresh_expires_at if offline else None,
        )
        return self.grants[grant.id]

    async def revoke_code(self, code_digest: bytes, at: Instant, reason: str, /) -> None:
        if code_digest in self.codes:
            await self.revoke_grant(self.codes[code_digest], at, reason)

    async def claim_refresh(self, claim: RefreshClaim, /) -> Grant | None:
        grant = self.grants.get(claim.grant_id)
        if (
            grant is None
            or grant.refresh_generation != claim.generation
            or grant.client_id != claim.client_id
        ):
            return None
        if grant.revoked_at or grant.refresh_expires_at is None:
            return None
        if grant.refresh_expires_at <= claim.at or grant.expires_at <= claim.at:
            return None
        more_scope = not set(claim.token.scope or ()) <= set(grant.scope)
        more_details = not all(
            is_within(detail, grant.authorization_details)
            for detail in claim.token.authorization_details or ()
        )
        more_audience = grant.resource and not set(claim.token.audience or ()) <= set(grant.resource)
        if more_scope or more_details or more_audience:
            return None
        if claim.key_bound and grant.cnf is not None and grant.cnf != claim.token.cnf:
            return None
        self.tokens.append(claim.token)
        self.grants[grant.id] = grant._replace(
            refresh_generation=claim.generation + (1 if claim.rotates else 0),
            refreshed_at=claim.at,
            refresh_expires_at=claim.refresh_expires_at,
        )
        return self.grants[grant.id]

    async def find_grant(self, grant_id: GrantId, /) -> Grant | None:
        return self.grants.get(grant_id)

    async def find_offline_grant(
        self, client_id: ClientId, sector: str, sub: str, at: Instant, /
    ) -> Grant | None:
        assert sector
        living = [
            grant
            for grant in self.grants.values()
            if (grant.client_id, grant.sub, grant.revoked_at) == (client_id, sub, None) and grant.is_offline
        ]
        return next((grant for grant in living if grant.expires_at > at), None)

    async def add_access_token(
        self, grant: Grant, token: NewAccessToken, holder: ClientId | None = None, /
    ) -> bool:
        self.holders.append(holder)
        if self.grants[grant.id].revoked_at is not None:
            return False
        self.tokens.append(token)
        return True

    async def revoke_grant(self, grant_id: GrantId, at: Instant, reason: str, /) -> None:
        if self.grants[grant_id].revoked_at is None:
            self.reasons[grant_id] = reason
            self.grants[grant_id] = self.grants[grant_id]._replace(revoked_at=at)

    async def add_client_token(self, client_id: ClientId, token: NewAccessToken, /) -> None:
        assert client_id
        self.tokens.append(token)

    async def claim_assertion(self, use: AssertionUse, /) -> bool:
        key = (use.client_id, use.jti_digest)
        if key in self.assertions:
            return False
        self.assertions.add(key)
        return True

    async def poll(
        self, code_digest: bytes, client_id: ClientId, grant_type: str, at: Instant, /
    ) -> Polled | None:
        assert client_id
        assert grant_type
        assert at
        return self.requests.get(code_digest)

    async def read(self, text: str, now: Instant, /) -> LivingToken | None:
        found = self.living.get(text)
        return found if found is not None and now < found.expires_at else None

    async def client(self, client_id: ClientId, /) -> Client | None:
        return self.clients.get(client_id)

    async def claims(self, assertion: Secret, client: Client, now: Instant, /) -> Mapping[str, Any]:
        assert client
        assert now
        if assertion.reveal() not in self.agreed:
            raise OAuthError("invalid_grant")
        return self.agreed[assertion.reveal()]


def token_endpoint(store: Store, **changes: Any) -> TokenEndpoint:
    return replace(
        TokenEndpoint(ISSUER, store, mac, timedelta(days=30), store, store, store, store, store), **changes
    )
