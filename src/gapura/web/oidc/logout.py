"""The end-session endpoint (OpenID Connect RP-Initiated Logout §2): asks where it must, ends, and says so or goes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.directory import ReadsDirectory
from gapura.flow.sign_out import Leaving, SignOut
from gapura.protocol.endpoints import PATHS
from gapura.protocol.logout import Logout
from gapura.values import ClientId
from gapura.web.client_view import client_view, form_action_to
from gapura.web.clock import Clock
from gapura.web.cookies import SESSION
from gapura.web.door import Door, Visitor
from gapura.web.limits import MAX_URL
from gapura.web.pages import Pages
from gapura.web.replies import see_other
from gapura.web.request import Params, form_params, query_params

# What the confirmation page brings back, to be judged anew.
CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
LONGEST_QUERY = MAX_URL - 64


@dataclass(frozen=True, slots=True)
class LogoutEndpoint:
    sign_out: SignOut
    directory: ReadsDirectory
    door: Door
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        path = PATHS["end_session_endpoint"]
        return [
            Route(path, self.ask, methods=["GET"], name="logout"),
            Route(path, self.posted, methods=["POST"], name="logout_post"),
            Route(path + "/confirmed", self.confirmed, methods=["POST"], name="logout_confirmed"),
        ]

    async def ask(self, request: Request) -> Response:
        params, visitor = query_params(request), await self.door.visitor(request)
        leaving = await self.sign_out.judge(params, visitor.session_id, self.clock())
        if leaving.logout.fault is not None:
            request.state.refused = ("logout_not_redirected", leaving.logout.fault)
        if leaving.logout.must_ask:
            return await self._ask(request, visitor, leaving.logout, params)
        return await self._end(request, visitor, leaving)

    async def posted(self, request: Request) -> Response:
        """A post from another site brings no cookies (SameSite=Lax), and nobody knows whose sign-out it is: come back."""
        form = await form_params(request)
        sent = {name: form[name] for name in CARRIED if name in form}
        if len(urlencode(sent)) > LONGEST_QUERY:
            del sent["id_token_hint"]  # without one the person is asked
        return see_other(f"{PATHS['end_session_endpoint']}?{urlencode(sent)}")

    async def confirmed(self, request: Request) -> Response:
        visitor, form = await self.door.visitor(request), await form_params(request)
        self.door.check_form(request, visitor, form)
        leaving = await self.sign_out.judge(form, visitor.session_id, self.clock())
        if form.get("decision") == "allow":
            return await self._end(request, visitor, leaving)
        return see_other(leaving.logout.redirect or "/account")

    async def _ask(self, request: Request, visitor: Visitor, logout: Logout, params: Params) -> Response:
        clients = self.directory.value.clients
        client = clients.get(ClientId(logout.client_id or ""))
        language = self.pages.language(request, params.get("ui_locales") or "").code
        here = visitor.session_id
        reached = await self.sign_out.sessions.reached(here) if here is not None else ()
        response = self.pages.page(
            request,
            "logout_confirm.html",
            ui_locales=params.get("ui_locales") or "",
            form_action=form_action_to(logout.redirect) if logout.redirect is not None else (),
            client=None if client is None else client_view(client, self.directory.value, language),
            portals=[clients[one].name(language) for one in reached if one in clients],
            action=PATHS["end_session_endpoint"] + "/confirmed",
            csrf=self.door.form_token(visitor),
            fields={name: params[name] for name in CARRIED if name in params},
        )
        return self.door.name_browser(visitor, response)

    async def _end(self, request: Request, visitor: Visitor, leaving: Leaving) -> Response:
        told: Iterable[ClientId] = ()
        if leaving.session_id is not None:
            told = await self.sign_out.end(leaving.session_id, visitor.cookie, self.clock())
        if leaving.session_id != visitor.session_id:
            told = ()  # a hint alone doesn't show that the person sits here: where they were is not said to others
        redirect = leaving.logout.redirect
        response = see_other(redirect) if redirect else self._said(request, leaving.logout, told)
        if visitor.cookie is not None:
            self.door.cookies.clear(response, SESSION)
        return response

    def _said(self, request: Request, logout: Logout, told: Iterable[ClientId]) -> Response:
        language, clients = self.pages.language(request).code, self.directory.value.clients
        client = clients.get(ClientId(logout.client_id or ""))
        home = client.client_uri if client is not None else None
        return self.pages.page(
            request,
            "logged_out.html",
            portals=[clients[client_id].name(language) for client_id in told if client_id in clients],
            back={"name": client.name(language), "href": home}
            if client is not None and _is_web(home)
            else None,
        )


def _is_web(address: str | None) -> bool:
    return address is not None and urlsplit(address).scheme in {"http", "https"}
