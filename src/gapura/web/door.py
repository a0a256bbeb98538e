"""Who comes through the door: what the cookies of a request say, read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from gapura.crypto.random_texts import random_text
from gapura.identity.session import Browser, Session
from gapura.values import Secret, SessionId
from gapura.web.client_address import client_address
from gapura.web.cookies import BROWSER, DEVICE, SESSION, STATE, Cookies
from gapura.web.csrf import FIELD, Csrf
from gapura.web.request import Params


class LooksUpSessions(Protocol):
    async def look_up(self, cookie: Secret) -> Session | None:
        """The live session of a cookie, its idle clock set anew. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """`name` is the value of the cookie that names the browser, `is_new` when it has yet to be set.

    `state` is what the browser tells the frame of session management.
    """

    name: str
    is_new: bool
    cookie: Secret | None
    session: Session | None
    browser: Browser
    state: str | None = None

    @property
    def session_id(self) -> SessionId | None:
        return self.session.id if self.session is not None else None


@dataclass(frozen=True, slots=True)
class Door:
    cookies: Cookies
    csrf: Csrf
    sessions: LooksUpSessions
    trusted_proxies: tuple[str, ...]
    browser_state: Callable[[SessionId], str]

    async def visitor(self, request: Request) -> Visitor:
        """Raises Unavailable when the sessions can't be read: unknown is not signed out."""
        name, session, device, state = self.cookies.read_all(request, BROWSER, SESSION, DEVICE, STATE)
        cookie = Secret(session) if session is not None else None
        return Visitor(
            name=name or random_text(),
            is_new=name is None,
            cookie=cookie,
            session=await self.sessions.look_up(cookie) if cookie is not None else None,
            browser=Browser(
                ip=client_address(request.scope, self.trusted_proxies),
                user_agent=request.headers.get("user-agent", "")[:256],
                # A new name is known to nobody until somebody signs in with it.
                device=Secret(device or random_text()),
            ),
            state=state,
        )

    def browser_digest(self, visitor: Visitor) -> str:
        """How an interaction remembers its browser; the cookie's value itself is kept nowhere."""
        return sha256(visitor.name.encode()).hexdigest()

    def form_token(self, visitor: Visitor) -> str:
        return self.csrf.token(visitor.name)

    def check_form(self, request: Request, visitor: Visitor, form: Params) -> None:
        """Raises PageError("form_expired") unless this post is of a page that we gave to this browser."""
        self.csrf.check(request, None if visitor.is_new else visitor.name, form.get(FIELD))

    def let_in(self, visitor: Visitor, response: Response, cookie: Secret, session_id: SessionId) -> Response:
        """Give the browser its new session, and the name it is known by from now on."""
        self.cookies.set(response, SESSION, cookie.reveal())
        self.show_state(visitor, response, session_id)
        if visitor.browser.device is not None:
            self.cookies.set(response, DEVICE, visitor.browser.device.reveal())
        return response

    def show_state(self, visitor: Visitor, response: Response, session_id: SessionId | None) -> Response:
        """Let the frame of session management know who is signed in, where it doesn't yet."""
        state = self.browser_state(session_id) if session_id is not None else None
        if state is not None and state != visitor.state:
            self.cookies.set(response, STATE, state)
        elif state is None and visitor.state is not None:
            self.cookies.clear(response, STATE)
        return response

    def name_browser(self, visitor: Visitor, response: Response) -> Response:
        """Give the browser its name, where it has none yet."""
        if visitor.is_new:
            self.cookies.set(response, BROWSER, visitor.name)
        return response
