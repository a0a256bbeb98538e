"""Signing out: begun by a client or by the person, judged, asked about where it must be, and told to every portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.flow.directory import ReadsDirectory
from gapura.flow.hints import Hints
from gapura.protocol.authorization_request import MOST_ID_TOKEN_HINT
from gapura.protocol.client import Client
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.logout import Logout, is_hint_of, judge_logout
from gapura.protocol.parameters import Parameters, optional
from gapura.values import ClientId, Instant, Secret, SessionId


class EndsSessions(Protocol):
    """Raises Unavailable: then nothing has ended."""

    async def end(self, session_id: SessionId, reason: str, now: Instant) -> tuple[ClientId, ...]:
        """End the session and queue a logout token to each client it reached, in one transaction.

        The clients that can be told, some of them by the browser alone (Front-Channel Logout); none when it had ended before.
        """
        ...

    async def reached(self, session_id: SessionId) -> tuple[ClientId, ...]:
        """The clients that the session was used at."""
        ...

    async def known_as(self, client: Client, sub: str) -> tuple[SessionId, ...]:
        """The sessions that go on and were used at the client, of the person it knows by this `sub`."""
        ...

    async def forget(self, cookie: Secret) -> None:
        """Drop what leads from a cookie to its session."""
        ...


@dataclass(frozen=True, slots=True)
class Leaving:
    """`session_id` is what ends: the browser's session, or the hint's where the browser's has lapsed by itself."""

    logout: Logout
    session_id: SessionId | None


@dataclass(frozen=True, slots=True)
class SignOut:
    directory: ReadsDirectory
    hints: Hints
    sessions: EndsSessions

    async def judge(self, params: Parameters, current: SessionId | None, now: Instant) -> Leaving:
        """What a request at the end-session endpoint comes to (OpenID Connect RP-Initiated Logout §2)."""
        text = optional(params, "id_token_hint", MOST_ID_TOKEN_HINT)
        hint = self.hints.read(Secret(text) if text is not None else None, now)
        client = await self.directory.client(ClientId(hint.client_id)) if hint is not None else None
        logout = judge_logout(params, hint, client, current)
        return Leaving(logout, current or await self._session_of(hint, client))

    async def end(self, session_id: SessionId, cookie: Secret | None, now: Instant) -> tuple[ClientId, ...]:
        told = await self.sessions.end(session_id, "signed_out", now)
        if cookie is not None:
            await self.sessions.forget(cookie)
        return told

    async def _session_of(self, hint: IdTokenHint | None, client: Client | None) -> SessionId | None:
        if hint is None or client is None:
            return None
        sessions = await self.sessions.known_as(client, hint.sub)
        return next((one for one in sessions if is_hint_of(one, hint, client)), None)
