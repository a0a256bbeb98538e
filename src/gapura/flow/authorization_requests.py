"""Authorization requests in each form that clients send them: plain, as a request object by value or by reference, pushed.

The one way in for the authorization endpoint, for PAR and for the sandbox's sign-in without a browser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from gapura.errors import OAuthError, PageError
from gapura.flow.directory import ReadsDirectory
from gapura.flow.pushed_requests import URN, KeepsPushed
from gapura.flow.request_objects import RequestObjects
from gapura.protocol.authorization_parameters import known_client, parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters
from gapura.protocol.redirect import ReplyTo
from gapura.protocol.redirect_uri_fault import redirect_uri_fault
from gapura.protocol.request_object import (
    MOST_REQUEST_URI,
    ObjectParameters,
    ObjectRules,
    check_beside,
    outside_counts,
    pushes_requests,
    signs_requests,
)
from gapura.values import ClientId, Instant


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that keeps every rule; `pushed` is the id of one that was pushed, which the answer spends."""

    client: Client
    request: AuthorizationRequest
    pushed: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The client is told; `to` is proven."""

    client: Client
    to: ReplyTo
    error: OAuthError


Read: TypeAlias = Accepted | Refused


@dataclass(frozen=True, slots=True)
class AuthorizationRequests:
    policy: AuthorizationPolicy
    directory: ReadsDirectory
    objects: RequestObjects
    kept: KeepsPushed

    async def read(self, params: Parameters, now: Instant, *, in_url: bool) -> Read:
        """What came by a browser; `in_url` says that it came as a GET.

        Raises PageError while nothing is proven that an error could be sent to, and Unavailable.
        """
        client = known_client(await self.directory.client(ClientId(params.get("client_id") or "")))
        return await self.read_of(client, params, now, in_url=in_url)

    async def read_of(self, client: Client, params: Parameters, now: Instant, *, in_url: bool) -> Read:
        """As `read`, of a client that is known already."""
        try:
            pushed = await self._pushed(client, params)
            if pushed is not None:
                return pushed
            _may_come_unpushed(client)
            asked = await self._opened(client, params, now, beside=outside_counts(client))
        except OAuthError as error:
            return _told_outside(client, params, error)
        to = reply_to(asked, client)
        try:
            return Accepted(client, parse(asked, client, to, self.policy, in_url=in_url))
        except OAuthError as error:
            return Refused(client, to, error)

    async def pushed_by(self, client: Client, form: Parameters, now: Instant) -> AuthorizationRequest:
        """Implements `flow.pushed_requests.ReadsPushed`."""
        if form.get("request_uri"):
            raise OAuthError("invalid_request", description="request_uri must not be pushed")  # RFC 9126 §2.1
        asked = await self._opened(client, form, now, beside=False)
        try:
            to = reply_to(asked, client)
        except PageError as error:
            fault = redirect_uri_fault(client, asked.get("redirect_uri"))
            raise OAuthError("invalid_request", detail=error.detail, description=fault) from None
        return parse(asked, client, to, self.policy, in_url=False)

    async def visit(self, accepted: Accepted, browser: str) -> Refused | None:
        """Take note of the browser that came with it; what is said to it when another came before."""
        if accepted.pushed is None or await self.kept.visit(accepted.pushed, browser):
            return None
        to = replace(accepted.request.reply_to, state=None)  # which the client told the other browser alone
        return Refused(accepted.client, to, _unknown("another browser's, or expired"))

    async def _pushed(self, client: Client, params: Parameters) -> Accepted | None:
        """What stands beside is ignored (RFC 9126 §4): all of the request came from the client itself."""
        request_uri = params.get("request_uri")
        if not request_uri or not request_uri.startswith(URN):
            return None
        request_id = request_uri.removeprefix(URN)
        request = await self.kept.get(request_id)
        if request is None or request.client_id != client.id:
            raise _unknown("none" if request is None else "another client's")
        return Accepted(client, request, request_id)

    async def _opened(self, client: Client, params: Parameters, now: Instant, *, beside: bool) -> Parameters:
        """The parameters that count: those of the request object where there is one."""
        text = await self._object(client, params)
        if text is None:
            if signs_requests(client):
                raise OAuthError(
                    "invalid_request", description="this client must sign its requests (RFC 9101)"
                )
            return params
        claims = await self.objects.claims(text, client, ObjectRules.of(client), now)
        if not beside:
            return ObjectParameters(claims)
        check_beside(claims, params)
        return ObjectParameters(claims, params)

    async def _object(self, client: Client, params: Parameters) -> str | None:
        text, request_uri = params.get("request"), params.get("request_uri")
        if not request_uri:
            return text or None
        if text:
            raise OAuthError("invalid_request", description="request and request_uri exclude one another")
        if len(request_uri) > MOST_REQUEST_URI or request_uri not in client.request_uris:
            # OpenID Connect Core §6.2: nobody makes us call an address that the client did not register.
            raise OAuthError("invalid_request_uri", description="request_uri is not registered")
        return await self.objects.fetched(request_uri)


def _may_come_unpushed(client: Client) -> None:
    if pushes_requests(client):
        raise OAuthError("invalid_request", description="this client must push its requests (RFC 9126)")


def _unknown(detail: str) -> OAuthError:
    return OAuthError(
        "invalid_request_uri",
        detail=f"pushed request: {detail}",
        description="request_uri is unknown, used or expired",
    )


def _told_outside(client: Client, params: Parameters, error: OAuthError) -> Refused:
    """What is wrong with a request that can't be read goes to the redirect URI beside it, if that is registered."""
    try:
        return Refused(client, reply_to(params, client), error)
    except PageError:
        if error.code == "invalid_request_uri":
            raise PageError("interaction_expired", detail=error.detail or error.description) from None
        raise error from None
