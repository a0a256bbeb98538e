"""`POST /sandbox/approve`: answers a backchannel authentication request at once. The route doesn't exist in production."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.automatic_approval import AutomaticApproval
from gapura.identity.session import Browser
from gapura.protocol.parameters import required
from gapura.values import Secret
from gapura.web.client_address import client_address
from gapura.web.clock import Clock
from gapura.web.replies import NO_STORE
from gapura.web.request import query_params

PATH = "/sandbox/approve"


@dataclass(frozen=True, slots=True)
class SandboxApproval:
    approval: AutomaticApproval
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route(PATH, self.answer, methods=["POST"], name="sandbox_approve")]

    async def answer(self, request: Request) -> Response:
        """`auth_req_id` and `action` stand in the query, where tools for conformance tests put them."""
        params, browser = query_params(request), Browser(client_address(request.scope, ()), "headless")
        auth_req_id = Secret(required(params, "auth_req_id", 512))
        await self.approval.answer(auth_req_id, required(params, "action", 8), browser, self.clock())
        return Response(status_code=204, headers=NO_STORE)
