"""What services ask a citizen to approve (CIBA): the list, and the way to each one's page.

The way is also in the e-mail that tells of it. It opens the page and nothing else: who comes by it signs in, at the level
that is asked for, and only then sees what it is about.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.disclosure.purposes import in_language
from gapura.errors import PageError
from gapura.flow.decoupled import BINDING_MESSAGE, DecoupledRequest, KeepsDecoupled, path_of
from gapura.flow.directory import ReadsDirectory
from gapura.web.citizen.guard import Guard, SignedInCitizen
from gapura.web.clock import Clock
from gapura.web.pages import Pages

LIST, ONE = "/account/requests", "/account/requests/{id}"
DIGEST_CHARACTERS = 43


@dataclass(frozen=True, slots=True)
class RequestPages:
    guard: Guard
    requests: KeepsDecoupled
    directory: ReadsDirectory
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route(LIST, self.guard.guarded(self.list), methods=["GET"], name="account_requests"),
            Route(ONE, self.open, methods=["GET"], name="account_request"),
        ]

    async def list(self, request: Request, citizen: SignedInCitizen) -> Response:
        language = self.pages.language(request).code
        waiting = await self.requests.of_account(citizen.person.account_id, self.clock())
        response = self.pages.page(
            request,
            "account/requests.html",
            csrf=self.guard.door.form_token(citizen.visitor),
            requests=[view for one in waiting if (view := self._view(one, language)) is not None],
        )
        return self.guard.door.name_browser(citizen.visitor, response)

    async def open(self, request: Request) -> Response:
        """Begin the interaction that asks; it signs in whom the request is for."""
        visitor, now = await self.guard.door.visitor(request), self.clock()
        digest = _digest_of(request.path_params["id"])
        found = await self.requests.of_digest(digest, now) if digest is not None else None
        if found is None or found.account_id is None:
            raise PageError("request_over", detail="unknown, answered or expired", status=410)
        browser = self.guard.door.browser_digest(visitor)
        outcome = await self.guard.authorize.begin(found.goal, browser, visitor.session_id, now)
        return self.guard.outcomes.response(request, visitor, outcome)

    def _view(self, one: DecoupledRequest, language: str) -> dict[str, object] | None:
        """None for a client that is gone or disabled."""
        directory = self.directory.value
        client = directory.clients.get(one.request.client_id)
        if client is None or not client.is_active:
            return None
        return {
            "name": client.name(language),
            "agency": in_language(directory.agency_of(client).names, language),
            "at": one.created_at,
            "until": one.expires_at,
            "binding_message": one.extra.get(BINDING_MESSAGE),
            "href": path_of(one.digest),
        }


def _digest_of(text: str) -> bytes | None:
    if len(text) != DIGEST_CHARACTERS:
        return None
    try:
        return urlsafe_b64decode(text + "=")
    except (NotBase64, ValueError):
        return None
