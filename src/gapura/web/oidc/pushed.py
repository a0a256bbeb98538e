"""The pushed authorization request endpoint (RFC 9126 §2)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.pushed_requests import ENDPOINT, PushesRequests
from gapura.protocol.endpoints import PATHS
from gapura.web.clock import Clock
from gapura.web.presented import presented_of, with_nonce
from gapura.web.replies import json_reply
from gapura.web.request import form_params


def pushed_routes(pushes: PushesRequests, clock: Clock) -> list[Route]:
    async def push(request: Request) -> Response:
        form, presented, now = await form_params(request), presented_of(request), clock()
        response = json_reply(await pushes.answer(presented, form, now), 201)
        return with_nonce(response, presented, pushes.senders, now)

    return [Route(PATHS[ENDPOINT], push, methods=["POST"], name="pushed_authorization_request")]
