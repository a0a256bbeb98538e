"""Devices without a browser (RFC 8628): a code is shown there, and typed where the person can sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from gapura.errors import Unavailable
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.decoupled import DecoupledRequest, KeepsDecoupled
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.client import Client
from gapura.protocol.decoupled import INTERVAL
from gapura.protocol.decoupled_request import read_decoupled
from gapura.protocol.grants.device_code import NAME
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.protocol.user_code import shown
from gapura.values import Instant, opaque_digest

PAGE = "/device"
LIFETIME = timedelta(minutes=10)  # decision 3
TRIES = 5


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """`new_user_code` gives one in its normal form."""

    issuer: str
    policy: AuthorizationPolicy
    clients: AuthenticatesClients
    requests: KeepsDecoupled
    random_text: Callable[[], str] = field(repr=False)
    new_user_code: Callable[[], str] = field(repr=False)

    async def begin(self, presented: Presented, form: Parameters, now: Instant) -> dict[str, object]:
        """The answer of RFC 8628 §3.2. Raises OAuthError as the token endpoint does, and Unavailable."""
        client = await self.clients.client(presented, form, now)
        device_code = self.random_text()
        user_code = await self._kept(device_code, form, client, now)
        page = self.issuer + PAGE
        return {
            "device_code": device_code,
            "user_code": shown(user_code),
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': shown(user_code)})}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": INTERVAL,
        }

    async def _kept(self, device_code: str, form: Parameters, client: Client, now: Instant) -> str:
        """The user code of a new request. Two of a kind are drawn once in a long while."""
        request = DecoupledRequest(
            opaque_digest(device_code),
            NAME,
            read_decoupled(form, client, NAME, self.policy),
            INTERVAL,
            now,
            now + LIFETIME,
        )
        for _ in range(TRIES):
            user_code = self.new_user_code()
            if await self.requests.add(request, user_code):
                return user_code
        raise Unavailable("overloaded", "no user code is free")
