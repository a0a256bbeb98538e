"""Who may come in: each route of the administration states the permission it takes, and without one nobody passes.

The session must be an operator's, at level substantial, not idle, and for dangerous acts fresh. Where only that is
missing the browser is sent to sign in, and comes back to the same address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from gapura.errors import PageError
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.interaction import ForPage
from gapura.flow.operators import FRESH, OPERATOR_IDLE, KeepsIdleClocks, ReadsOperators, Standing
from gapura.flow.order import Order
from gapura.flow.records import Note
from gapura.flow.visit import Visit
from gapura.identity.acr import reaches
from gapura.identity.person import Person
from gapura.values import SUBSTANTIAL, ClientId, Instant, SessionId
from gapura.web.admin.sign_in import Detour, SignsIn
from gapura.web.clock import Clock
from gapura.web.door import Door, Visitor

NO_CLIENT = ClientId("")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is at the desk, admitted to this request."""

    visitor: Visitor
    person: Person
    session_id: SessionId
    standing: Standing

    def may(self, permission: str) -> bool:
        return permission in self.standing.permissions

    def order(self, reason: str, now: Instant) -> Order:
        browser = self.visitor.browser
        return Order.of_person(
            self.person, now, Note(reason=reason, ip=browser.ip, user_agent=browser.user_agent)
        )


@dataclass(frozen=True, slots=True)
class Admission:
    door: Door
    sign_in: SignsIn
    operators: ReadsOperators
    idle: KeepsIdleClocks
    clock: Clock

    async def admit(self, request: Request, permission: str, *, fresh: bool) -> Operator:
        """Raises PageError("forbidden"), Detour on the way to a sign-in, Unavailable."""
        visitor, now = await self.door.visitor(request), self.clock()
        visit = await self._visit(request, visitor, now)
        standing = await self.operators.standing(visit.person.account_id)
        if standing is None:
            raise PageError("forbidden", detail="no operator", status=403)
        if not reaches(visit.signed_in.acr, SUBSTANTIAL):
            raise await self._sign_in(request, visitor, now)
        if permission not in standing.permissions:
            raise PageError("forbidden", detail=f"{permission} is missing", status=403)
        age = now - visit.signed_in.auth_time
        if fresh and age > FRESH:
            raise await self._sign_in(request, visitor, now, fresh=True)
        if not await self.idle.goes_on(visit.signed_in.session_id):
            if age > OPERATOR_IDLE:
                raise await self._sign_in(request, visitor, now, fresh=True)
            await self.idle.start(visit.signed_in.session_id)
        return Operator(visitor, visit.person, visit.signed_in.session_id, standing)

    async def _visit(self, request: Request, visitor: Visitor, now: Instant) -> Visit:
        session_id = visitor.session_id
        visit = await self.sign_in.authorize.visits.visit(session_id, NO_CLIENT, "") if session_id else None
        if visit is None or can_authenticate(visit.person, None) is not None:
            raise await self._sign_in(request, visitor, now)
        return visit

    async def _sign_in(
        self, request: Request, visitor: Visitor, now: Instant, *, fresh: bool = False
    ) -> Detour:
        url = request.url
        # What was posted is not kept: its page is opened again.
        path = f"{url.path}?{url.query}" if request.method == "GET" and url.query else url.path
        return await self.sign_in.detour(request, visitor, ForPage(path, SUBSTANTIAL, fresh), now)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route takes: a permission of `identity/roles.py`, and for what is dangerous a fresh sign-in."""

    permission: str
    fresh: bool = False

    async def __call__(self, request: Request) -> Operator:
        admission: Admission = request.app.state.admission
        return await admission.admit(request, self.permission, fresh=self.fresh)


def needs(permission: str, *, fresh: bool = False) -> Any:  # noqa: ANN401 -- what FastAPI's Depends gives
    return Depends(Needs(permission, fresh))


async def take_detour(_: Request, detour: Exception) -> Response:
    if not isinstance(detour, Detour):
        raise detour
    return detour.response
