"""What the browser gets once its session has ended, by whichever way: the page that says so, or the way back.

Portals that end their own session when they are loaded are loaded here, in hidden frames (OpenID Connect Front-Channel
Logout §3). Nobody waits for a portal longer than some seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.directory import ReadsDirectory
from gapura.protocol.client import Client
from gapura.protocol.frontchannel_logout import frontchannel_uri
from gapura.values import ClientId, SessionId
from gapura.web.cookies import SESSION, STATE, Cookies
from gapura.web.pages import Pages
from gapura.web.replies import see_other

MOST_SECONDS = 4


@dataclass(frozen=True, slots=True)
class SignedOut:
    """`told` are the clients that the ended session reached, `asked_by` the one to go back to."""

    session_id: SessionId | None
    told: tuple[ClientId, ...] = ()
    asked_by: ClientId | None = None
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    issuer: str
    directory: ReadsDirectory
    pages: Pages
    cookies: Cookies

    def response(self, request: Request, ended: SignedOut) -> Response:
        told = self._clients(ended.told)
        frames = [] if ended.session_id is None else self._frames(told, ended.session_id)
        response = self._answer(request, ended, told, frames)
        for cookie in (SESSION, STATE):
            if self.cookies.read(request, cookie) is not None:
                self.cookies.clear(response, cookie)
        return response

    def _answer(self, request: Request, ended: SignedOut, told: list[Client], frames: list[str]) -> Response:
        if ended.redirect is not None and not frames:
            return see_other(ended.redirect)
        language = self.pages.language(request).code
        asked_by = next(iter(self._clients((ended.asked_by or ClientId(""),))), None)
        portals = [client.name(language) for client in told]
        if ended.redirect is not None and asked_by is not None:
            return self.pages.page(
                request,
                "signing_out.html",
                frame_source=frames,
                headers={"Refresh": f"{MOST_SECONDS}; url={ended.redirect}"},
                portals=portals,
                onward={
                    "name": asked_by.name(language),
                    "href": ended.redirect,
                    "seconds": MOST_SECONDS,
                },
                frames=frames,
            )
        home = asked_by.client_uri if asked_by is not None else None
        return self.pages.page(
            request,
            "logged_out.html",
            frame_source=frames,
            portals=portals,
            back={"name": asked_by.name(language), "href": home}
            if asked_by is not None and _is_web(home)
            else None,
            frames=frames,
        )

    def _clients(self, ids: Iterable[ClientId]) -> list[Client]:
        known = self.directory.value.clients
        return [known[client_id] for client_id in ids if client_id in known]

    def _frames(self, told: Iterable[Client], session_id: SessionId) -> list[str]:
        uris = (frontchannel_uri(client, self.issuer, session_id) for client in told)
        return [uri for uri in uris if uri is not None]


def _is_web(address: str | None) -> bool:
    return address is not None and urlsplit(address).scheme in {"http", "https"}
