"""The front page, for whoever comes without a service in mind or did not go on signing in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.device import PAGE
from gapura.web.door import Door
from gapura.web.pages import Pages
from gapura.web.replies import see_other

ACCOUNT = "/account"


@dataclass(frozen=True, slots=True)
class FrontPage:
    door: Door
    pages: Pages

    def routes(self) -> list[Route]:
        return [Route("/", self.front, methods=["GET"], name="front")]

    async def front(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        if visitor.session_id is not None:
            return see_other(ACCOUNT)
        return self.pages.page(request, "front.html", account=ACCOUNT, device=PAGE)
