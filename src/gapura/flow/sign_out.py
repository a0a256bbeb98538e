"""Signing out: begun by a client or by the person, judged, asked about where it must be, and told to every portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.flow.directory import ReadsDirectory
from gapura.flow.hints import Hints
from gapura.protocol.logout import Logout, judge_logout
from gapura.protocol.parameters import Parameters, optional
from gapura.values import ClientId, Instant, Secret, SessionId

MOST_HINT = 8192


class EndsSessions(Protocol):
    async def end(self, session_id: SessionId, reason: str, now: Instant) -> tuple[ClientId, ...]:
        """End the session and queue a logout token to each client it reached, in one transaction.

        The clients that are told; none when it had ended before. Raises Unavailable: then nothing has ended.
        """
        ...


@dataclass(frozen=True, slots=True)
class SignOut:
    directory: ReadsDirectory
    hints: Hints
    sessions: EndsSessions

    async def judge(self, params: Parameters, session_id: SessionId | None, now: Instant) -> Logout:
        """What a request at the end-session endpoint comes to (OpenID Connect RP-Initiated Logout §2)."""
        text = optional(params, "id_token_hint", MOST_HINT)
        hint = self.hints.read(Secret(text) if text is not None else None, now)
        if hint is not None:
            await self.directory.client(ClientId(hint.client_id))
        clients = self.directory.value.clients
        sid = str(session_id) if session_id is not None else None
        return judge_logout(params, hint, lambda client_id: clients.get(ClientId(client_id)), sid)

    async def end(self, session_id: SessionId, now: Instant) -> tuple[ClientId, ...]:
        return await self.sessions.end(session_id, "signed_out", now)
