"""The endpoints that clients call themselves: token, introspection, revocation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.token import Tokens
from gapura.flow.token_state import TokenState
from gapura.protocol.endpoints import PATHS
from gapura.protocol.introspection import MEDIA_TYPE, asks_for_jwt
from gapura.web.clock import Clock
from gapura.web.presented import presented_of, with_nonce
from gapura.web.replies import NO_STORE, json_reply
from gapura.web.request import form_params


def token_routes(tokens: Tokens, state: TokenState, clock: Clock) -> list[Route]:
    async def token(request: Request) -> Response:
        form, presented, now = await form_params(request), presented_of(request), clock()
        response = json_reply(await tokens.answer(presented, form, now))
        return with_nonce(response, presented, tokens.senders, now)

    async def introspect(request: Request) -> Response:
        form, now = await form_params(request), clock()
        caller, answer = await state.introspect(presented_of(request), form, now)
        asked = asks_for_jwt(request.headers.get("accept", ""))
        jwt = await state.as_jwt(caller, answer, now, asked=asked)
        return json_reply(answer) if jwt is None else Response(jwt, media_type=MEDIA_TYPE, headers=NO_STORE)

    async def revoke(request: Request) -> Response:
        form = await form_params(request)
        await state.revoke(presented_of(request), form, clock())
        return Response(status_code=200, headers=NO_STORE)

    return [
        Route(PATHS["token_endpoint"], token, methods=["POST"], name="token"),
        Route(PATHS["introspection_endpoint"], introspect, methods=["POST"], name="introspect"),
        Route(PATHS["revocation_endpoint"], revoke, methods=["POST"], name="revoke"),
    ]
