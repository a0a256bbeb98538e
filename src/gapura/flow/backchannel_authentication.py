"""The backchannel authentication endpoint (CIBA §7): a client asks, a person is told elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from gapura.errors import OAuthError
from gapura.flow.approval_limit import ApprovalLimit
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.decoupled import BINDING_MESSAGE, CODE, NOTIFICATION_TOKEN, DecoupledRequest, KeepsDecoupled
from gapura.flow.hinted_person import HintedPeople
from gapura.flow.request_objects import RequestObjects
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.backchannel_authentication import (
    BackchannelRequest,
    answer,
    check_beside,
    must_sign,
    object_rules,
    parse,
)
from gapura.protocol.client import Client
from gapura.protocol.decoupled import INTERVAL
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.protocol.profiles import CIBA
from gapura.protocol.request_object import ObjectParameters
from gapura.values import AccountId, Instant, Secret, opaque_digest


@dataclass(frozen=True, slots=True)
class BackchannelAuthentication:
    """`mails`: whether people are told by e-mail that somebody asks; without it they see it in their account alone."""

    clients: AuthenticatesClients
    policy: AuthorizationPolicy
    objects: RequestObjects
    people: HintedPeople
    limit: ApprovalLimit
    requests: KeepsDecoupled
    random_text: Callable[[], str] = field(repr=False)
    mails: bool

    async def begin(self, presented: Presented, form: Parameters, now: Instant) -> dict[str, Any]:
        """The answer of §7.3. Raises OAuthError with a code of §13, and Unavailable."""
        client = await self.clients.client(presented, form, now)
        asked = parse(await self._opened(form, client, now), client, self.policy)
        meant = await self.people.meant(asked.hint, client, now)
        await self.limit.claim(meant.name, client.id, now)
        auth_req_id = Secret(self.random_text())
        # Nobody has the account of a request that nobody shall see.
        account_id = meant.account_id or AccountId(uuid4())
        request = _kept(auth_req_id, asked, account_id, now)
        await self.requests.add(request, mail=self.mails and meant.account_id is not None)
        return answer(auth_req_id, asked.lifetime, INTERVAL)

    async def _opened(self, form: Parameters, client: Client, now: Instant) -> Parameters:
        """The parameters that count: those of the signed request where there is one (§7.1.1)."""
        text = form.get("request")
        if not text:
            if must_sign(client):
                raise OAuthError(
                    "invalid_request",
                    description="this client must sign its requests (CIBA section 7.1.1)",
                )
            return form
        check_beside(form)
        try:
            return ObjectParameters(await self.objects.claims(text, client, object_rules(client), now))
        except OAuthError as error:
            # §13 has no code of its own for what is wrong with the object.
            raise OAuthError("invalid_request", detail=error.detail, description=error.description) from None


def _kept(
    auth_req_id: Secret, asked: BackchannelRequest, account_id: AccountId, now: Instant
) -> DecoupledRequest:
    return DecoupledRequest(
        digest=opaque_digest(auth_req_id.reveal()),
        grant_type=CIBA,
        request=asked.request,
        interval=INTERVAL,
        created_at=now,
        expires_at=now + asked.lifetime,
        account_id=account_id,
        extra=_extra(auth_req_id, asked),
    )


def _extra(auth_req_id: Secret, asked: BackchannelRequest) -> Mapping[str, str]:
    """What the page shows and the ping says; the code itself is kept for a client that is pinged alone."""
    extra = {BINDING_MESSAGE: asked.binding_message} if asked.binding_message is not None else {}
    if asked.notification_token is not None:
        extra |= {CODE: auth_req_id.reveal(), NOTIFICATION_TOKEN: asked.notification_token.reveal()}
    return extra
