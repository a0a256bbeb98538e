"""What the browser gets after a step: the client's answer, a page of ours, or the page of the next step."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.authorize import Answer, Open, Outcome, Show
from gapura.web.door import Door, Visitor
from gapura.web.pages import Pages
from gapura.web.replies import client_reply, see_other
from gapura.web.signed_out import SignedOutPage

INTERACTION = "/interaction/{id}"


@dataclass(frozen=True, slots=True)
class Outcomes:
    door: Door
    pages: Pages
    signed_out: SignedOutPage

    def response(self, request: Request, visitor: Visitor, outcome: Outcome) -> Response:
        match outcome:
            case Answer(reply, nobody_here):
                response = client_reply(request, self.pages, reply)
                return self.door.show_state(visitor, response, None if nobody_here else visitor.session_id)
            case Open(path):
                return see_other(path)
            case Show(interaction):
                response = see_other(INTERACTION.format(id=interaction.id))
                # A post of another site brings no cookies: a new name would part the browser from what is open in it.
                return response if request.method == "POST" else self.door.name_browser(visitor, response)
