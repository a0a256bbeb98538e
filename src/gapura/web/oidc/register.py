"""Registration of clients by themselves, and its management (RFC 7591, RFC 7592)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.register import Registration
from gapura.protocol.endpoints import PATHS
from gapura.web.clock import Clock
from gapura.web.replies import NO_STORE, json_reply
from gapura.web.request import json_body


def registration_routes(registration: Registration, clock: Clock) -> list[Route]:
    async def register(request: Request) -> Response:
        document = await json_body(request)
        answer = await registration.register(request.headers.get("authorization"), document, clock())
        return json_reply(answer, 201)

    async def read(request: Request) -> Response:
        return json_reply(await registration.read(*_own(request)))

    async def replace(request: Request) -> Response:
        return json_reply(await registration.replace(*_own(request), await json_body(request), clock()))

    async def remove(request: Request) -> Response:
        await registration.remove(*_own(request), clock())
        return Response(status_code=204, headers=NO_STORE)

    path = PATHS["registration_endpoint"]
    own = path + "/{client_id}"
    return [
        Route(path, register, methods=["POST"], name="register"),
        Route(own, read, methods=["GET"], name="registration"),
        Route(own, replace, methods=["PUT"], name="registration_replace"),
        Route(own, remove, methods=["DELETE"], name="registration_remove"),
    ]


def _own(request: Request) -> tuple[str, str | None]:
    return request.path_params["client_id"], request.headers.get("authorization")
