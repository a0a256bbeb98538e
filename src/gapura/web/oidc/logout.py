"""The end-session endpoint (OpenID Connect RP-Initiated Logout §2): asks where it must, ends, and says so or goes back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

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
from gapura.web.door import Visitor
from gapura.web.limits import MAX_URL
from gapura.web.outcomes import Outcomes
from gapura.web.replies import see_other
from gapura.web.request import Params, form_params, query_params
from gapura.web.signed_out import SignedOut

# What the confirmation page brings back, to be judged anew.
CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
LONGEST_QUERY = MAX_URL - 64


@dataclass(frozen=True, slots=True)
class LogoutEndpoint:
    sign_out: SignOut
    directory: ReadsDirectory
    outcomes: Outcomes
    clock: Clock

    def routes(self) -> list[Route]:
        path = PATHS["end_session_endpoint"]
        return [
            Route(path, self.ask, methods=["GET"], name="logout"),
            Route(path, self.posted, methods=["POST"], name="logout_post"),
            Route(path + "/confirmed", self.confirmed, methods=["POST"], name="logout_confirmed"),
        ]

    async def ask(self, request: Request) -> Response:
        params, visitor = query_params(request), await self.outcomes.door.visitor(request)
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
        visitor, form = await self.outcomes.door.visitor(request), await form_params(request)
        self.outcomes.door.check_form(request, visitor, form)
        leaving = await self.sign_out.judge(form, visitor.session_id, self.clock())
        if form.get("decision") == "allow":
            return await self._end(request, visitor, leaving)
        return see_other(leaving.logout.redirect or "/account")

    async def _ask(self, request: Request, visitor: Visitor, logout: Logout, params: Params) -> Response:
        clients = self.directory.value.clients
        client = clients.get(ClientId(logout.client_id or ""))
        language = self.outcomes.pages.language(request, params.get("ui_locales") or "").code
        here = visitor.session_id
        reached = await self.sign_out.sessions.reached(here) if here is not None else ()
        response = self.outcomes.pages.page(
            request,
            "logout_confirm.html",
            ui_locales=params.get("ui_locales") or "",
            form_action=form_action_to(logout.redirect) if logout.redirect is not None else (),
            client=None if client is None else client_view(client, self.directory.value, language),
            portals=[clients[one].name(language) for one in reached if one in clients],
            no_return=logout.fault is not None,
            action=PATHS["end_session_endpoint"] + "/confirmed",
            csrf=self.outcomes.door.form_token(visitor),
            fields={name: params[name] for name in CARRIED if name in params},
        )
        return self.outcomes.door.name_browser(visitor, response)

    async def _end(self, request: Request, visitor: Visitor, leaving: Leaving) -> Response:
        told: tuple[ClientId, ...] = ()
        if leaving.session_id is not None:
            told = await self.sign_out.end(leaving.session_id, visitor.cookie, self.clock())
        if leaving.session_id != visitor.session_id:
            told = ()  # a hint alone doesn't show that the person sits here: where they were is not said to others
        logout = leaving.logout
        asked_by = ClientId(logout.client_id) if logout.client_id is not None else None
        return self.outcomes.signed_out.response(
            request, SignedOut(leaving.session_id, told, asked_by, logout.redirect)
        )
