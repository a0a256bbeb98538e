"""The device authorization endpoint (RFC 8628 §3.1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.device import DeviceAuthorization
from gapura.protocol.endpoints import PATHS
from gapura.web.clock import Clock
from gapura.web.presented import presented_of
from gapura.web.replies import json_reply
from gapura.web.request import form_params


def device_authorization_routes(devices: DeviceAuthorization, clock: Clock) -> list[Route]:
    async def begin(request: Request) -> Response:
        form = await form_params(request)
        return json_reply(await devices.begin(presented_of(request), form, clock()))

    path = PATHS["device_authorization_endpoint"]
    return [Route(path, begin, methods=["POST"], name="device_authorization")]
