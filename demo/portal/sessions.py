"""The portal's own sessions: kept in its memory, found by a random cookie, ended from outside by the `sid` of Gapura."""

from __future__ import annotations

import secrets
import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE = 3_600  # seconds
MOST = 10_000
Session = dict[str, Any]


class Sessions:
    """Where the sessions lie. A session is what Authlib and the pages keep of one browser."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Session]] = {}  # the longest unused first
        self._spent: dict[str, int] = {}

    def find(self, key: str) -> Session | None:
        last, session = self._kept.pop(key, (0.0, None))
        if session is None or time.monotonic() - last > IDLE:
            return None
        self._kept[key] = (time.monotonic(), session)
        return session

    def keep(self, session: Session) -> str:
        """Under a new key; the longest unused goes when there are too many."""
        key = secrets.token_urlsafe(32)
        self._kept[key] = (time.monotonic(), session)
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return key

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)

    def end(self, *, sid: str | None, sub: str | None) -> int:
        """End what one session of Gapura opened here, or without a `sid` all of the subject's; gives how many."""
        name, value = ("sid", sid) if sid else ("sub", sub)
        ended = [
            key for key, (_, session) in self._kept.items() if session.get("user", {}).get(name) == value
        ]
        for key in ended:
            del self._kept[key]
        return len(ended)

    def first_time(self, jti: str, exp: int, now: int) -> bool:
        """Whether this logout token is new; remembered until it has expired."""
        self._spent = {known: until for known, until in self._spent.items() if until > now}
        is_new = jti not in self._spent
        self._spent[jti] = exp + 120
        return is_new


class SessionCookies:
    """Puts the browser's session into `request.session`, under a new key whenever somebody signs in or out."""

    def __init__(self, app: ASGIApp, sessions: Sessions, cookie: str) -> None:
        self._app, self._sessions, self._cookie = app, sessions, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = HTTPConnection(scope).cookies.get(self._cookie)
        found = self._sessions.find(key) if key else None
        scope["session"] = session = {} if found is None else found
        before = session.get("user")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set(message, key, session, same=found is not None and session.get("user") is before)
            await send(message)

        await self._app(scope, receive, answer)

    def _set(self, message: Message, key: str | None, session: Session, *, same: bool) -> None:
        if same or (not session and key is None):
            return
        if key:
            self._sessions.forget(key)
        value = f"{self._sessions.keep(session)}; Max-Age={IDLE}" if session else "; Max-Age=0"
        MutableHeaders(raw=message["headers"]).append(
            "set-cookie", f"{self._cookie}={value}; Path=/; HttpOnly; SameSite=Lax"
        )
