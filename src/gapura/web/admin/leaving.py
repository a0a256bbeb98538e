"""Signing out of the administration: it takes no permission, for whoever is in may leave."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.sign_out import SignOut
from gapura.web.clock import Clock
from gapura.web.cookies import SESSION
from gapura.web.door import Door
from gapura.web.pages import Pages
from gapura.web.request import form_params

SIGN_OUT = "/admin/sign-out"


@dataclass(frozen=True, slots=True)
class LeavingPage:
    sign_out: SignOut
    door: Door
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route(SIGN_OUT, self.leave, methods=["POST"], name="admin_sign_out")]

    async def leave(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        self.door.check_form(request, visitor, await form_params(request))
        if visitor.session_id is not None and visitor.cookie is not None:
            await self.sign_out.end(visitor.session_id, visitor.cookie, self.clock())
        response = self.pages.page(request, "logged_out.html", portals=[], back=None, frames=[])
        self.door.cookies.clear(response, SESSION)
        return self.door.show_state(visitor, response, None)
