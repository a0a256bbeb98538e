"""The way to a page of the administration leads through the same sign-in as everybody's."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.authorize import Authorize
from gapura.flow.interaction import ForPage
from gapura.values import Instant
from gapura.web.door import Visitor
from gapura.web.outcomes import Outcomes


class Detour(Exception):
    """Something comes before the page that was asked for; `response` leads there."""

    def __init__(self, response: Response) -> None:
        super().__init__("detour")
        self.response = response


@dataclass(frozen=True, slots=True)
class SignsIn:
    authorize: Authorize
    outcomes: Outcomes

    async def detour(self, request: Request, visitor: Visitor, goal: ForPage, now: Instant) -> Detour:
        browser = self.outcomes.door.browser_digest(visitor)
        outcome = await self.authorize.begin(goal, browser, visitor.session_id, now)
        return Detour(self.outcomes.response(request, visitor, outcome))
