"""The authorization endpoint (RFC 6749 §3.1). No page is made here: it answers, or sends on to the interaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.errors import OAuthError, PageError, Unavailable
from gapura.flow.authorization_requests import Accepted, AuthorizationRequests, Read, Refused
from gapura.flow.authorize import Authorize, Outcome
from gapura.flow.directory import ReadsDirectory
from gapura.flow.hints import Hints
from gapura.flow.interaction import ForClient
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.endpoints import PATHS
from gapura.values import Instant
from gapura.web.clock import Clock
from gapura.web.door import Door
from gapura.web.outcomes import Outcomes
from gapura.web.replies import client_reply, see_other
from gapura.web.request import form_params, query_params


class KeepsPosted(Protocol):
    """Requests that came by POST, until the browser comes back for them by GET; `pushed` as in `Accepted`."""

    async def put(self, request: AuthorizationRequest, pushed: str | None) -> str: ...

    async def take(self, ticket: str) -> tuple[AuthorizationRequest, str | None] | None: ...


@dataclass(frozen=True, slots=True)
class AuthorizationEndpoint:
    requests: AuthorizationRequests
    directory: ReadsDirectory
    hints: Hints
    authorize: Authorize
    posted: KeepsPosted
    door: Door
    outcomes: Outcomes
    clock: Clock

    def routes(self) -> list[Route]:
        path = PATHS["authorization_endpoint"]
        return [
            Route(path, self.get, methods=["GET"], name="authorize"),
            Route(path, self.post, methods=["POST"], name="authorize_post"),
            Route(path + "/{ticket}", self.posted_before, methods=["GET"], name="authorize_posted"),
        ]

    async def get(self, request: Request) -> Response:
        return await self._answer(
            request, await self.requests.read(query_params(request), self.clock(), in_url=True)
        )

    async def post(self, request: Request) -> Response:
        """A post from another site brings no cookies (SameSite=Lax): keep it, and let the browser come back by GET."""
        read = await self.requests.read(await form_params(request), self.clock(), in_url=False)
        if isinstance(read, Refused):
            return await self._refused(request, read)
        ticket = await self.posted.put(read.request, read.pushed)
        return see_other(f"{PATHS['authorization_endpoint']}/{ticket}")

    async def posted_before(self, request: Request) -> Response:
        kept = await self.posted.take(request.path_params["ticket"])
        client = await self.directory.client(kept[0].client_id) if kept is not None else None
        if kept is None or client is None:
            raise PageError("interaction_expired", detail="posted request unknown or used")
        return await self._answer(request, Accepted(client, *kept))

    async def _answer(self, request: Request, read: Read) -> Response:
        if isinstance(read, Refused):
            return await self._refused(request, read)
        try:
            return await self._begin(request, read)
        except OAuthError as error:
            return await self._refused(request, Refused(read.client, read.request.reply_to, error))

    async def _begin(self, request: Request, accepted: Accepted) -> Response:
        try:
            visitor = await self.door.visitor(request)
            goal = self._goal(accepted, self.clock())
            browser = self.door.browser_digest(visitor)
            refused = await self.requests.visit(accepted, browser)
            if refused is not None:
                return await self._refused(request, refused)
            outcome: Outcome = await self.authorize.begin(goal, browser, visitor.session_id, self.clock())
        except Unavailable as error:
            if "none" not in accepted.request.prompt:
                raise
            # Whether somebody is signed in is unknown, which isn't the same as nobody (decision 26).
            raise OAuthError(
                "temporarily_unavailable", detail=str(error), description="try again later"
            ) from error
        return self.outcomes.response(request, visitor, outcome)

    def _goal(self, accepted: Accepted, now: Instant) -> ForClient:
        token = accepted.request.id_token_hint
        if token is None:
            return ForClient(accepted.request, pushed=accepted.pushed)
        hint = self.hints.read(token, now)
        if hint is None or hint.client_id != accepted.client.id:
            raise OAuthError("invalid_request", description="id_token_hint is no ID token of this client")
        return ForClient(accepted.request, hint.sub, accepted.pushed)

    async def _refused(self, request: Request, refused: Refused) -> Response:
        reply = await self.authorize.replies.error(refused.client, refused.to, refused.error, self.clock())
        return client_reply(request, self.outcomes.pages, reply)
