"""Signing out: begun by a client or by the person, judged, asked about where it must be, and told to every portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gapura.flow.directory import ReadsDirectory
from gapura.flow.hints import Hints
from gapura.protocol.authorization_request import MOST_ID_TOKEN_HINT
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.logout import Logout, judge_logout
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
        if hint is not None:
            await self.directory.client(ClientId(hint.client_id))
        clients = self.directory.value.clients
        sid = str(current) if current is not None else None
        logout = judge_logout(params, hint, lambda client_id: clients.get(ClientId(client_id)), sid)
        return Leaving(logout, current or _session_of(hint))

    async def end(self, session_id: SessionId, cookie: Secret | None, now: Instant) -> tuple[ClientId, ...]:
        told = await self.sessions.end(session_id, "signed_out", now)
        if cookie is not None:
            await self.sessions.forget(cookie)
        return told


def _session_of(hint: IdTokenHint | None) -> SessionId | None:
    return SessionId(UUID(hint.sid)) if hint is not None and hint.sid is not None else None
