"""Where a person ends who has answered a request that came another way: nothing leads back from here."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.decoupled import APPROVED_PAGE, DENIED_PAGE
from gapura.web.pages import Pages


@dataclass(frozen=True, slots=True)
class AnsweredPages:
    pages: Pages

    def routes(self) -> list[Route]:
        return [
            Route(APPROVED_PAGE, self.approved, methods=["GET"], name="request_approved"),
            Route(DENIED_PAGE, self.denied, methods=["GET"], name="request_denied"),
        ]

    async def approved(self, request: Request) -> Response:
        return self.pages.page(request, "answered.html", approved=True)

    async def denied(self, request: Request) -> Response:
        return self.pages.page(request, "answered.html", approved=False)
