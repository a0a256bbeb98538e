"""Userinfo, as JSON, or signed or encrypted for the client that registered for it (OpenID Connect Core §5.3)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.userinfo import Userinfo
from gapura.protocol.bearer import read_token
from gapura.protocol.endpoints import PATHS
from gapura.web.clock import Clock
from gapura.web.oidc.interaction_id import with_interaction_id
from gapura.web.presented import presented_of, with_nonce
from gapura.web.replies import NO_STORE, json_reply
from gapura.web.request import form_params


def userinfo_routes(userinfo: Userinfo, clock: Clock) -> list[Route]:
    async def answer(request: Request) -> Response:
        form = await form_params(request) if request.method == "POST" and _has_form(request) else None
        presented, now = presented_of(request), clock()
        token = read_token(presented.authorization, form)
        client, claims = await userinfo.answer(token, presented, now)
        jwt = await userinfo.as_jwt(client, claims, now)
        if jwt is None:
            response = json_reply(claims)
        else:
            response = Response(jwt, media_type="application/jwt", headers=NO_STORE)
        response = with_interaction_id(response, request, client)
        return with_nonce(response, presented, userinfo.senders, now)

    return [Route(PATHS["userinfo_endpoint"], answer, methods=["GET", "POST"], name="userinfo")]


def _has_form(request: Request) -> bool:
    """A POST without a body is fine: the token stands in the header (RFC 6750 §2.1)."""
    return "content-type" in request.headers
