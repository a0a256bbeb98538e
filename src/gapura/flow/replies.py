"""The authorization response on its way out: plain, or signed for the client that asked for that (JARM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gapura.crypto.jose import sign
from gapura.errors import OAuthError
from gapura.flow.access_tokens import HasKeys
from gapura.protocol.algorithms import default_alg
from gapura.protocol.client import Client
from gapura.protocol.redirect import RESPONSE_MODES, Reply, ReplyTo, deliver, error_answer, told
from gapura.values import Instant

TYP = "JWT"
GOOD_FOR = timedelta(minutes=5)  # JARM §2.1 advises at most ten


@dataclass(frozen=True, slots=True)
class Replies:
    issuer: str
    keys: HasKeys

    async def answer(self, client: Client, to: ReplyTo, answer: Mapping[str, str], now: Instant) -> Reply:
        """What goes back to the client by way of the browser. Raises Unavailable."""
        fields = told(to, self.issuer, answer)
        if RESPONSE_MODES[to.response_mode].signed:
            fields = {"response": await self._signed(client, fields, now)}
        return deliver(to, fields)

    async def error(self, client: Client, to: ReplyTo, error: OAuthError, now: Instant) -> Reply:
        return await self.answer(client, to, error_answer(error), now)

    async def _signed(self, client: Client, fields: Mapping[str, str], now: Instant) -> str:
        """JARM §2.1, by RS256 where the client registered nothing else and its profile allows that (§3)."""
        alg = client.authorization_signed_response_alg or default_alg(client.profile)
        claims = {**fields, "aud": client.id, "exp": int((now + GOOD_FOR).timestamp())}
        return sign(self.keys.value.active(alg), claims, TYP)
