"""Who may see the account pages: a citizen with a live session. Everybody else is asked to sign in, and comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.authorize import Authorize
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.interaction import ForPage
from gapura.flow.next_step import Authenticated
from gapura.flow.visit import ReadsVisits, Visit
from gapura.identity.person import Person
from gapura.values import LOW, CitizenId, ClientId
from gapura.web.clock import Clock
from gapura.web.door import Door, Visitor
from gapura.web.outcomes import Outcomes
from gapura.web.replies import see_other

OPERATORS_HOME = "/admin"


@dataclass(frozen=True, slots=True)
class SignedInCitizen:
    visitor: Visitor
    person: Person
    citizen_id: CitizenId
    how: Authenticated


Page: TypeAlias = Callable[[Request, SignedInCitizen], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Guard:
    door: Door
    visits: ReadsVisits
    authorize: Authorize
    outcomes: Outcomes
    clock: Clock

    def guarded(self, page: Page) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            visitor = await self.door.visitor(request)
            visit = await self._visit(visitor)
            if visit is None:
                return await self._sign_in(request, visitor)
            citizen_id = visit.person.citizen_id
            if citizen_id is None:  # an operator has no citizen's account
                return see_other(OPERATORS_HOME)
            return await page(request, SignedInCitizen(visitor, visit.person, citizen_id, visit.signed_in))

        return endpoint

    async def _visit(self, visitor: Visitor) -> Visit | None:
        """The session's row decides, not the look-up of its cookie alone."""
        if visitor.session_id is None:
            return None
        visit = await self.visits.visit(visitor.session_id, ClientId(""), "")
        return visit if visit is not None and can_authenticate(visit.person, None) is None else None

    async def _sign_in(self, request: Request, visitor: Visitor) -> Response:
        if request.method != "GET":  # it may be another site's, without the cookies that it has to come with
            return see_other("/account")
        goal = ForPage(request.url.path, minimum_acr=LOW)
        outcome = await self.authorize.begin(goal, self.door.browser_digest(visitor), None, self.clock())
        return self.outcomes.response(request, visitor, outcome)
