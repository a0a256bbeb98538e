"""The authorization response on its way out: plain, or as a JWT for the client that asked for that (JARM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gapura.errors import OAuthError
from gapura.flow.client_tokens import ClientTokens
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind
from gapura.protocol.redirect import RESPONSE_MODES, Reply, ReplyTo, deliver, error_answer, told
from gapura.values import Instant

TYP = "JWT"
GOOD_FOR = timedelta(minutes=5)  # JARM §2.1 advises at most ten


@dataclass(frozen=True, slots=True)
class Replies:
    issuer: str
    client_tokens: ClientTokens

    async def answer(self, client: Client, to: ReplyTo, answer: Mapping[str, str], now: Instant) -> Reply:
        """What goes back to the client by way of the browser. Raises Unavailable."""
        fields = told(to, self.issuer, answer)
        if RESPONSE_MODES[to.response_mode].signed:
            fields = {"response": await self._jwt(client, fields, now)}
        return deliver(to, fields)

    async def error(self, client: Client, to: ReplyTo, error: OAuthError, now: Instant) -> Reply:
        return await self.answer(client, to, error_answer(error), now)

    async def _jwt(self, client: Client, fields: Mapping[str, str], now: Instant) -> str:
        """JARM §2.1."""
        claims = {**fields, "aud": client.id, "exp": int((now + GOOD_FOR).timestamp())}
        return await self.client_tokens.make(client, Kind.AUTHORIZATION, claims, TYP, now)
