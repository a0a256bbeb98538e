"""Requests that are approved elsewhere, on the pages of every sign-in: only the answer goes another way.

A yes writes the grant with the request's own code, and the request's new state, in one statement; the client learns of
both by its next poll.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gapura.errors import PageError
from gapura.flow.interaction import ForDecoupled
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.grant import Grant
from gapura.values import AccountId, Instant

# Where a person ends who has answered: nothing leads back to a client from here.
APPROVED, DENIED = "/request/approved", "/request/denied"


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


class KeepsDecoupled(Protocol):
    """Raises Unavailable; what has expired or was answered is not there any more for anybody but a poll."""

    async def add(self, request: DecoupledRequest, user_code: str | None = None) -> bool:
        """False, and nothing kept, when another request has this user code."""
        ...

    async def of_user_code(self, user_code: str, now: Instant) -> DecoupledRequest | None: ...

    async def is_pending(self, digest: bytes, now: Instant) -> bool: ...

    async def approve(self, grant: Grant, digest: bytes) -> bool:
        """Write the grant and the yes, or neither: when the request is over, or session or consent have ended."""
        ...

    async def deny(self, digest: bytes) -> bool:
        """False when it was answered before."""
        ...


@dataclass(frozen=True, slots=True)
class Approval:
    """The last step of an interaction for a request that came another way."""

    requests: KeepsDecoupled

    async def check(self, goal: ForDecoupled, now: Instant) -> None:
        """Raises PageError("request_over") when it was answered, or its time is over."""
        if not await self.requests.is_pending(goal.digest, now):
            raise PageError("request_over", detail="answered before, or expired", status=410)

    async def approve(self, goal: ForDecoupled, grant: Grant) -> bool:
        """False when the request, the session or the consent has ended meanwhile."""
        own_code = grant._replace(grant_type=goal.grant_type, code_expires_at=goal.expires_at)
        return await self.requests.approve(own_code, goal.digest)

    async def deny(self, goal: ForDecoupled) -> None:
        """Raises PageError("request_over") when it was answered before."""
        if not await self.requests.deny(goal.digest):
            raise PageError("request_over", detail="answered before", status=410)
