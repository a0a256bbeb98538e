"""Requests that are approved elsewhere, on the pages of every sign-in: only the answer goes another way.

A yes writes the grant with the request's own code, and the request's new state, in one statement; the client learns of
both by its next poll.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gapura.errors import PageError
from gapura.flow.approval_limit import ApprovalLimit
from gapura.flow.interaction import ForDecoupled
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.grant import Grant
from gapura.values import AccountId, Instant

# Where a person ends who has answered: nothing leads back to a client from here.
APPROVED_PAGE, DENIED_PAGE = "/request/approved", "/request/denied"

# What `extra` may hold: a text to compare on both devices, and what a ping takes (CIBA §10.2).
BINDING_MESSAGE, CODE, NOTIFICATION_TOKEN = "binding_message", "code", "notification_token"


@dataclass(frozen=True, slots=True)
class DecoupledRequest:
    """`digest` is that of the code which the client polls with, `grant_type` the one that redeems it.

    `account_id` is who alone may answer, None where it is whoever types the user code. `extra` is what its kind keeps
    besides, sealed with the request.
    """

    digest: bytes = field(repr=False)
    grant_type: str
    request: AuthorizationRequest
    interval: int
    created_at: Instant
    expires_at: Instant
    account_id: AccountId | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def goal(self) -> ForDecoupled:
        """What an interaction about it is for."""
        return ForDecoupled(
            self.request,
            self.digest,
            self.grant_type,
            self.expires_at,
            self.account_id,
            self.extra.get(BINDING_MESSAGE),
        )


def path_of(digest: bytes) -> str:
    """Where the person whom a request is for finds it; to know the address is to know nothing of the code."""
    return f"/account/requests/{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class KeepsDecoupled(Protocol):
    """Raises Unavailable; what has expired or was answered is not there any more for anybody but a poll."""

    async def add(
        self, request: DecoupledRequest, user_code: str | None = None, *, mail: bool = False
    ) -> bool:
        """False, and nothing kept, when another request has this user code. With `mail` its person is told."""
        ...

    async def of_digest(self, digest: bytes, now: Instant) -> DecoupledRequest | None: ...

    async def of_account(self, account_id: AccountId, now: Instant) -> tuple[DecoupledRequest, ...]:
        """The newest first."""
        ...

    async def of_user_code(self, user_code: str, now: Instant) -> DecoupledRequest | None: ...

    async def is_pending(self, digest: bytes, now: Instant) -> bool: ...

    async def approve(self, grant: Grant, digest: bytes) -> bool:
        """Write the grant and the yes, or neither: when the request is over, or session or consent have ended."""
        ...

    async def deny(self, digest: bytes, now: Instant) -> bool:
        """False when it was answered before."""
        ...


@dataclass(frozen=True, slots=True)
class Approval:
    """The last step of an interaction for a request that came another way; the client that waits for a ping gets one."""

    requests: KeepsDecoupled
    limit: ApprovalLimit

    async def check(self, goal: ForDecoupled, now: Instant) -> None:
        """Raises PageError("request_over") when it was answered, or its time is over."""
        if not await self.requests.is_pending(goal.digest, now):
            raise PageError("request_over", detail="answered before, or expired", status=410)

    async def approve(self, goal: ForDecoupled, grant: Grant) -> bool:
        """False when the request, the session or the consent has ended meanwhile."""
        own_code = grant._replace(grant_type=goal.grant_type, code_expires_at=goal.expires_at)
        approved = await self.requests.approve(own_code, goal.digest)
        if approved:
            await self._settle(goal, grant.created_at, yes=True)
        return approved

    async def deny(self, goal: ForDecoupled, now: Instant) -> None:
        """Raises PageError("request_over") when it was answered before."""
        if not await self.requests.deny(goal.digest, now):
            raise PageError("request_over", detail="answered before", status=410)
        await self._settle(goal, now, yes=False)

    async def _settle(self, goal: ForDecoupled, now: Instant, *, yes: bool) -> None:
        if goal.account_id is not None:
            await self.limit.answered(goal.account_id, goal.request.client_id, now, yes=yes)
