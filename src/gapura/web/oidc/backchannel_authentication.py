"""The backchannel authentication endpoint (CIBA §7)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.backchannel_authentication import BackchannelAuthentication
from gapura.protocol.endpoints import PATHS
from gapura.web.clock import Clock
from gapura.web.presented import presented_of
from gapura.web.replies import json_reply
from gapura.web.request import form_params


def backchannel_authentication_routes(backchannel: BackchannelAuthentication, clock: Clock) -> list[Route]:
    async def begin(request: Request) -> Response:
        form = await form_params(request)
        return json_reply(await backchannel.begin(presented_of(request), form, clock()))

    path = PATHS["backchannel_authentication_endpoint"]
    return [Route(path, begin, methods=["POST"], name="backchannel_authentication")]
