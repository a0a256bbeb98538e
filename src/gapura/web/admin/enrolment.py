"""The page behind an operator's single-use link: password and code app, set together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.errors import PageError
from gapura.flow.enrolment import PATH, Enrolled, Enrolment, Offer
from gapura.identity.factors.totp import enrolment_uri
from gapura.values import Secret
from gapura.web.admin.qr import qr_svg
from gapura.web.clock import Clock
from gapura.web.door import Door, Visitor
from gapura.web.pages import Pages
from gapura.web.replies import see_other
from gapura.web.request import Params, form_params

HOME = "/admin"
ISSUER_NAME = "Gapura"


@dataclass(frozen=True, slots=True)
class EnrolmentPages:
    """Nobody is signed in here: the link is what lets an operator in, once."""

    enrolment: Enrolment
    door: Door
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route(PATH, self.show, methods=["GET"], name="enrolment"),
            Route(PATH, self.take, methods=["POST"], name="enrolment_post"),
        ]

    async def show(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        return self._page(request, visitor, await self._offer(request))

    async def take(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        form = await form_params(request)
        self.door.check_form(request, visitor, form)
        offer = await self._offer(request)
        faults = _faults(form)
        if faults:
            return self._page(request, visitor, offer, faults)
        link, password = _link(request), Secret(form["password"])
        outcome = await self.enrolment.complete(link, password, form["otp"], self.clock())
        if outcome is None:
            raise _expired()
        if not isinstance(outcome, Enrolled):
            return self._page(request, visitor, offer, outcome.faults)
        return see_other(HOME)

    async def _offer(self, request: Request) -> Offer:
        offer = await self.enrolment.offer(_link(request), self.clock())
        if offer is None:
            raise _expired()
        return offer

    def _page(
        self, request: Request, visitor: Visitor, offer: Offer, errors: Mapping[str, str] | None = None
    ) -> Response:
        response = self.pages.page(
            request,
            "admin/enrolment.html",
            422 if errors else 200,
            name=offer.name,
            sign_in_name=offer.name,
            qr_svg=qr_svg(enrolment_uri(offer.totp, offer.name, ISSUER_NAME).reveal()),
            secret=offer.totp.reveal(),
            action=request.url.path,
            csrf=self.door.form_token(visitor),
            errors=errors or {},
        )
        return self.door.name_browser(visitor, response)


def _faults(form: Params) -> dict[str, str]:
    differs = form.get("password") != form.get("password_again")
    codes = {
        "password": None if form.get("password") else "password_missing",
        "password_again": "password_differs" if differs else None,
        "otp": None if form.get("otp") else "otp_missing",
    }
    return {name: code for name, code in codes.items() if code is not None}


def _link(request: Request) -> Secret:
    return Secret(request.path_params["secret"])


def _expired() -> PageError:
    return PageError("link_expired", detail="unknown, used or too old", status=410)
