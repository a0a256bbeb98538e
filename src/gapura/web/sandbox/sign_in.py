"""`POST /sandbox/sign-in`: an authorization response without a browser. The route doesn't exist in production."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.headless import Headless
from gapura.identity.session import Browser
from gapura.web.client_address import client_address
from gapura.web.clock import Clock
from gapura.web.pages import Pages
from gapura.web.presented import presented_of
from gapura.web.replies import client_reply
from gapura.web.request import form_params

PATH = "/sandbox/sign-in"


@dataclass(frozen=True, slots=True)
class SandboxSignIn:
    headless: Headless
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route(PATH, self.sign_in, methods=["POST"], name="sandbox_sign_in")]

    async def sign_in(self, request: Request) -> Response:
        form, browser = await form_params(request), Browser(client_address(request.scope, ()), "headless")
        reply = await self.headless.answer(presented_of(request), form, browser, self.clock())
        return client_reply(request, self.pages, reply)
