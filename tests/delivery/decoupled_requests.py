"""One request that a person was asked to approve, and the one client that asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gapura.flow.decoupled import DecoupledRequest
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.client import Client
from gapura.protocol.decoupled_request import read_decoupled
from gapura.values import AccountId, ClientId
from tests.protocol.samples import ISSUER, SCOPES, Form, client_of

NOW = datetime(2026, 3, 14, tzinfo=UTC)
ACCOUNT = AccountId(UUID(int=2))


def asked(digest: bytes, grant_type: str, **changes: Any) -> DecoupledRequest:
    request = read_decoupled(
        Form({"scope": "openid"}),
        client_of(grant_types=(grant_type,)),
        grant_type,
        AuthorizationPolicy(ISSUER, SCOPES),
    )
    whole = {"created_at": NOW, "expires_at": NOW + timedelta(minutes=10), "account_id": ACCOUNT, **changes}
    return DecoupledRequest(digest=digest, grant_type=grant_type, request=request, interval=5, **whole)


class OneClient:
    def __init__(self, **changes: Any) -> None:
        self._client = client_of(**changes)

    async def client(self, _: ClientId) -> Client | None:
        return self._client


class OneRequest:
    def __init__(self, request: DecoupledRequest | None) -> None:
        self._request = request

    async def find(self, digest: bytes) -> DecoupledRequest | None:
        return self._request if self._request is not None and self._request.digest == digest else None
