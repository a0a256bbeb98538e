"""The portal's pages."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuthError
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from demo.portal import logout_token
from demo.portal.config import HERE, Portal
from demo.portal.gapura import Gapura
from demo.portal.pages import Pages
from demo.portal.sessions import SessionCookies, Sessions

NOT_FOUND = 404
NO_STORE = {"Cache-Control": "no-store"}


def create_portal(portal: Portal, transport: httpx2.AsyncBaseTransport | None = None) -> Starlette:
    """The portal as an ASGI app; `transport` replaces the network towards Gapura."""
    sessions = Sessions()
    site = Site(portal, Gapura(portal, transport), sessions, Pages(portal))
    return Starlette(
        routes=[
            Route("/", site.front),
            Route("/sign-in", site.sign_in),
            Route("/callback", site.callback),
            Route("/profile", site.profile),
            Route("/sign-out", site.sign_out_here, methods=["POST"]),
            Route("/sign-out-everywhere", site.sign_out_everywhere, methods=["POST"]),
            Route("/signed-out", site.signed_out),
            Route("/backchannel-logout", site.backchannel_logout, methods=["POST"]),
            Route("/privacy", site.privacy),
            Route("/terms", site.terms),
            Route("/language/{language}", site.language),
            Route("/healthz", site.healthz),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(SessionCookies, sessions=sessions, cookie=portal.cookie)],
        exception_handlers={
            OAuthError: site.failed,
            JoseError: site.failed,
            httpx2.HTTPError: site.away,
            HTTPException: site.refused,
        },
        lifespan=site.lifespan,
    )


@dataclass(frozen=True, slots=True)
class Site:
    portal: Portal
    gapura: Gapura
    sessions: Sessions
    pages: Pages

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Register as soon as Gapura answers, without holding up the start."""
        registering = asyncio.create_task(self._register())
        yield
        registering.cancel()
        with suppress(asyncio.CancelledError):
            await registering

    async def _register(self) -> None:
        while not self.gapura.ready:
            with suppress(httpx2.HTTPError):
                await self.gapura.client()
                return
            await asyncio.sleep(1)

    async def front(self, request: Request) -> Response:
        return self.pages.page(request, "front.html", user=request.session.get("user"))

    async def sign_in(self, request: Request) -> Response:
        client = await self.gapura.client()
        locale = self.pages.language(request)
        answer: Response = await client.authorize_redirect(
            request, f"{self.portal.url}/callback", ui_locales=locale
        )
        return answer

    async def callback(self, request: Request) -> Response:
        """The answer of Gapura; Authlib checks state, exchanges the code and checks the ID token with its nonce."""
        client = await self.gapura.client()
        if request.query_params.get("iss", self.portal.issuer) != self.portal.issuer:  # RFC 9207 §2.4
            raise OAuthError("invalid_issuer", "The answer comes from another issuer")
        expected = {"iss": self.portal.issuer, "aud": client.client_id}
        options = {name: {"essential": True, "value": value} for name, value in expected.items()}
        token = await client.authorize_access_token(request, claims_options=options)
        claims = await client.userinfo(token=token)
        if claims["sub"] != token["userinfo"]["sub"]:  # OpenID Connect Core §5.3.2
            raise OAuthError("invalid_userinfo", "The data is about another person")
        request.session.clear()
        request.session["user"] = _user(token, dict(claims))
        return RedirectResponse("/profile", 303)

    async def profile(self, request: Request) -> Response:
        user = request.session.get("user")
        if user is None:
            return RedirectResponse("/sign-in", 303)
        return self.pages.page(request, "profile.html", user=user)

    async def sign_out_here(self, request: Request) -> Response:
        await _own_form(request)
        request.session.clear()
        return self.pages.page(request, "signed_out.html", text="signed_out_here")

    async def sign_out_everywhere(self, request: Request) -> Response:
        """RP-initiated logout: Gapura ends its session and tells every other portal (OpenID Connect RP-Initiated Logout)."""
        user = await _own_form(request)
        client = await self.gapura.client()
        request.session.clear()
        answer: Response = await client.logout_redirect(
            request,
            f"{self.portal.url}/signed-out",
            id_token_hint=user["id_token"],
            client_id=client.client_id,
            ui_locales=self.pages.language(request),
        )
        answer.status_code = 303
        return answer

    async def signed_out(self, request: Request) -> Response:
        client = await self.gapura.client()
        await client.validate_logout_response(request)
        return self.pages.page(request, "signed_out.html", text="signed_out_everywhere")

    async def backchannel_logout(self, request: Request) -> Response:
        """Gapura says that a session has ended; the browser has no part in it."""
        async with request.form() as form:
            token = str(form.get("logout_token", ""))
        client = await self.gapura.client()
        now = int(time.time())
        try:
            keys = await self.gapura.keys(logout_token.kid_of(token))
            told = logout_token.check(
                token,
                keys,
                issuer=self.portal.issuer,
                client_id=client.client_id,
                alg=self.portal.alg,
                now=now,
            )
        except logout_token.LogoutTokenRefused as error:
            refusal = {"error": "invalid_request", "error_description": str(error)}
            return JSONResponse(refusal, 400, NO_STORE)
        # A token that comes again was not answered in time: it has done its work, and says so.
        if self.sessions.first_time(told.jti, told.exp, now):
            self.sessions.end(sid=told.sid, sub=told.sub)
        return Response(status_code=200, headers=NO_STORE)

    async def privacy(self, request: Request) -> Response:
        return self.pages.page(request, "text.html", title="privacy", text="privacy_text")

    async def terms(self, request: Request) -> Response:
        return self.pages.page(request, "text.html", title="terms", text="terms_text")

    async def language(self, request: Request) -> Response:
        return self.pages.switch(request)

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse(
            "ready" if self.gapura.ready else "waiting for Gapura", 200 if self.gapura.ready else 503
        )

    async def failed(self, request: Request, error: Exception) -> Response:
        code = getattr(error, "error", "") or "invalid_token"
        if code == "access_denied":  # the citizen's own decision (RFC 6749 §4.1.2.1), and no fault
            return self.pages.page(request, "trouble.html", title="denied", text="denied_hint")
        return self.pages.page(
            request, "failed.html", 400, error=code, description=getattr(error, "description", "") or ""
        )

    async def away(self, request: Request, _error: Exception) -> Response:
        return self.pages.page(request, "trouble.html", 503, title="failed", text="away")

    async def refused(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        title, text = ("missing", "missing_hint") if status == NOT_FOUND else ("failed", "refused")
        return self.pages.page(request, "trouble.html", status, title=title, text=text)


def _user(token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """What the session keeps of a signed-in citizen."""
    id_token = token["userinfo"]
    return {
        "sub": id_token["sub"],
        "sid": id_token.get("sid"),
        "name": claims.get("name", ""),
        "claims": claims,
        "acr": id_token.get("acr", ""),
        "amr": id_token.get("amr", []),
        "auth_time": id_token.get("auth_time"),
        "id_token": token["id_token"],
        "csrf": secrets.token_urlsafe(32),
    }


async def _own_form(request: Request) -> dict[str, Any]:
    """The user of a form that this portal's own page sent. Raises HTTPException for any other."""
    async with request.form() as form:
        sent = str(form.get("csrf", ""))
    user: dict[str, Any] | None = request.session.get("user")
    if user is None or not secrets.compare_digest(sent.encode(), user["csrf"].encode()):
        raise HTTPException(403)
    return user
