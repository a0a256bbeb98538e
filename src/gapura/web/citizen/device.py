"""Where a person types the code of a device, says whether it is theirs, and goes on as at every sign-in (RFC 8628 §3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.errors import PageError
from gapura.flow.authorize import Authorize
from gapura.flow.decoupled import DENIED_PAGE, DecoupledRequest
from gapura.flow.device import PAGE
from gapura.flow.directory import ReadsDirectory
from gapura.flow.sign_in import Limited
from gapura.flow.user_codes import MISSING, WRONG, Guesser, UserCodes, WrongCode
from gapura.protocol.user_code import shown, typed
from gapura.web.client_view import client_view, image_source_of
from gapura.web.clock import Clock
from gapura.web.door import Door, Visitor
from gapura.web.outcomes import Outcomes
from gapura.web.pages import Pages
from gapura.web.replies import see_other
from gapura.web.request import Params, form_params, query_params

FIELD = "user_code"


@dataclass(frozen=True, slots=True)
class DevicePages:
    user_codes: UserCodes
    authorize: Authorize
    directory: ReadsDirectory
    door: Door
    outcomes: Outcomes
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route(PAGE, self.show, methods=["GET"], name="device"),
            Route(PAGE, self.take, methods=["POST"], name="device_post"),
        ]

    async def show(self, request: Request) -> Response:
        """A code in the address is filled in, and still asked about (RFC 8628 §3.3.1)."""
        visitor = await self.door.visitor(request)
        user_code = typed(query_params(request).get(FIELD) or "")
        return self._form(request, visitor, shown(user_code) if user_code else "")

    async def take(self, request: Request) -> Response:
        visitor, form = await self.door.visitor(request), await form_params(request)
        self.door.check_form(request, visitor, form)
        text = form.get(FIELD) or ""
        if not text:
            return self._form(request, visitor, text, {FIELD: MISSING})
        match await self.user_codes.find(text, _guesser(visitor), self.clock()):
            case WrongCode():
                return self._form(request, visitor, text[:32], {FIELD: WRONG})
            case Limited(seconds):
                return self._form(request, visitor, "", {"": "locked"}, retry_after=seconds)
            case DecoupledRequest() as found:
                return await self._answer(request, visitor, found, form)

    async def _answer(
        self, request: Request, visitor: Visitor, found: DecoupledRequest, form: Params
    ) -> Response:
        goal, now = found.goal, self.clock()
        match form.get("decision"):
            case "allow":
                browser = self.door.browser_digest(visitor)
                outcome = await self.authorize.begin(goal, browser, visitor.session_id, now)
                return self.outcomes.response(request, visitor, outcome)
            case "deny":
                await self.authorize.approval.deny(goal, now)
                return see_other(DENIED_PAGE)
            case None:
                return await self._ask(request, visitor, found, form[FIELD])
        raise PageError("bad_request", detail="no decision about a device")

    async def _ask(self, request: Request, visitor: Visitor, found: DecoupledRequest, text: str) -> Response:
        client = await self.directory.client(found.request.client_id)
        if client is None or not client.is_active:
            raise PageError("unknown_client", detail="disabled since the device asked")
        language = self.pages.language(request).code
        return self.pages.page(
            request,
            "device_confirm.html",
            image_source=image_source_of(client),
            client=client_view(client, self.directory.value, language),
            user_code=shown(typed(text) or ""),
            action=PAGE,
            csrf=self.door.form_token(visitor),
        )

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        user_code: str,
        errors: dict[str, str] | None = None,
        retry_after: int | None = None,
    ) -> Response:
        response = self.pages.page(
            request,
            "device.html",
            429 if retry_after else 422 if errors else 200,
            headers={"Retry-After": str(retry_after)} if retry_after else None,
            action=PAGE,
            csrf=self.door.form_token(visitor),
            user_code=user_code,
            errors=errors or {},
        )
        return self.door.name_browser(visitor, response)


def _guesser(visitor: Visitor) -> Guesser:
    return Guesser(visitor.browser.ip, str(visitor.session_id or visitor.name))
