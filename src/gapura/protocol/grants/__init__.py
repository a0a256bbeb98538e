"""The grant types, one row each: how the form is read and what it is exchanged for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.grants import (
    authorization_code,
    ciba,
    client_credentials,
    device_code,
    jwt_bearer,
    refresh_token,
    token_exchange,
)
from gapura.protocol.parameters import Parameters, required
from gapura.protocol.token_endpoint import TokenEndpoint


@dataclass(frozen=True, slots=True)
class GrantType:
    """`redeem` takes what `parse` gave. `for_public`: whether a client may use it that proves nothing (RFC 6749 §2.1)."""

    name: str
    parse: Callable[[Parameters], Any]
    redeem: Callable[[Any, Client, TokenEndpoint, NewAccessToken], Awaitable[Redeemed]]
    for_public: bool


GRANTS: Mapping[str, GrantType] = {
    module.NAME: GrantType(module.NAME, module.parse, module.redeem, for_public)
    for module, for_public in (
        (authorization_code, True),
        (refresh_token, True),
        (client_credentials, False),  # RFC 6749 §4.4
        (device_code, True),
        (ciba, False),  # CIBA Core §4
        (token_exchange, False),
        (jwt_bearer, False),
    )
}


async def redeem(
    form: Parameters, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Exchange what an authenticated client presents for what `token` begins; `token.issued_at` is now.

    Raises OAuthError with a code of RFC 6749 §5.2 or RFC 8707 §2, and Unavailable when the store is away.
    """
    grant_type = GRANTS.get(required(form, "grant_type", 128))
    if grant_type is None:
        raise OAuthError("unsupported_grant_type", description=f"grant_type is none of {', '.join(GRANTS)}")
    if grant_type.name not in client.grant_types:
        raise OAuthError(
            "unauthorized_client", description="the client is not registered for this grant_type"
        )
    if client.is_public and not grant_type.for_public:
        raise OAuthError("unauthorized_client", description="this grant_type is not for public clients")
    return await grant_type.redeem(grant_type.parse(form), client, endpoint, token)
