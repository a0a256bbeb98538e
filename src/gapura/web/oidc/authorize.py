"""The authorization endpoint (RFC 6749 §3.1). No page is made here: it answers, or sends on to the interaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.errors import OAuthError, PageError, Unavailable
from gapura.flow.authorize import Authorize, Outcome
from gapura.flow.directory import ReadsDirectory
from gapura.flow.hints import Hints
from gapura.flow.interaction import ForClient
from gapura.protocol.authorization_parameters import known_client, parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.endpoints import PATHS
from gapura.protocol.redirect import ReplyTo
from gapura.values import ClientId, Instant
from gapura.web.clock import Clock
from gapura.web.door import Door
from gapura.web.outcomes import Outcomes
from gapura.web.replies import client_reply, see_other
from gapura.web.request import Params, form_params, query_params


class KeepsPosted(Protocol):
    """Requests that came by POST, until the browser comes back for them by GET."""

    async def put(self, request: AuthorizationRequest) -> str: ...

    async def take(self, ticket: str) -> AuthorizationRequest | None: ...


@dataclass(frozen=True, slots=True)
class AuthorizationEndpoint:
    policy: AuthorizationPolicy
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
        client, to, params = await self._proven(query_params(request))
        try:
            read = parse(params, client, to, self.policy, in_url=True)
            return await self._begin(request, read, client)
        except OAuthError as error:
            return await self._refused(request, client, to, error)

    async def post(self, request: Request) -> Response:
        """A post from another site brings no cookies (SameSite=Lax): keep it, and let the browser come back by GET."""
        client, to, params = await self._proven(await form_params(request))
        try:
            read = parse(params, client, to, self.policy, in_url=False)
        except OAuthError as error:
            return await self._refused(request, client, to, error)
        return see_other(f"{PATHS['authorization_endpoint']}/{await self.posted.put(read)}")

    async def posted_before(self, request: Request) -> Response:
        read = await self.posted.take(request.path_params["ticket"])
        client = await self.directory.client(read.client_id) if read is not None else None
        if read is None or client is None:
            raise PageError("interaction_expired", detail="posted request unknown or used")
        try:
            return await self._begin(request, read, client)
        except OAuthError as error:
            return await self._refused(request, client, read.reply_to, error)

    async def _proven(self, params: Params) -> tuple[Client, ReplyTo, Params]:
        client = known_client(await self.directory.client(ClientId(params.get("client_id") or "")))
        return client, reply_to(params, client), params

    async def _begin(self, request: Request, read: AuthorizationRequest, client: Client) -> Response:
        try:
            visitor = await self.door.visitor(request)
            goal = self._goal(read, client, self.clock())
            browser = self.door.browser_digest(visitor)
            outcome: Outcome = await self.authorize.begin(goal, browser, visitor.session_id, self.clock())
        except Unavailable as error:
            if "none" not in read.prompt:
                raise
            # Whether somebody is signed in is unknown, which isn't the same as nobody (decision 26).
            raise OAuthError(
                "temporarily_unavailable", detail=str(error), description="try again later"
            ) from error
        return self.outcomes.response(request, visitor, outcome)

    def _goal(self, read: AuthorizationRequest, client: Client, now: Instant) -> ForClient:
        if read.id_token_hint is None:
            return ForClient(read, None)
        hint = self.hints.read(read.id_token_hint, now)
        if hint is None or hint.client_id != client.id:
            raise OAuthError("invalid_request", description="id_token_hint is no ID token of this client")
        return ForClient(read, hint.sub)

    async def _refused(self, request: Request, client: Client, to: ReplyTo, error: OAuthError) -> Response:
        reply = await self.authorize.replies.error(client, to, error, self.clock())
        return client_reply(request, self.outcomes.pages, reply)
