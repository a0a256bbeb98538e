"""What every page of the administration has: who is at the desk, where they may go, and the token of its forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gapura.web.admin.admission import Operator
from gapura.web.door import Door
from gapura.web.pages import Pages
from gapura.web.phrases import DONE
from gapura.web.request import NOTHING, Params, form_params

HOME = "/admin"
# The entries of the navigation by what they take.
SECTIONS: Mapping[str, str] = {
    "home": "health.read",
    "clients": "client.read",
    "agencies": "client.read",
    "citizens": "citizen.search",
    "imports": "registry.read",
    "keys": "key.read",
    "audit": "audit.read",
}


@dataclass(frozen=True, slots=True)
class Frame:
    door: Door
    pages: Pages

    def page(
        self,
        request: Request,
        operator: Operator,
        template: str,
        status: int = 200,
        **context: Any,  # noqa: ANN401 -- the shape stands in each template
    ) -> Response:
        response = self.pages.page(
            request,
            f"admin/{template}",
            status,
            csrf=self.door.form_token(operator.visitor),
            operator={"name": operator.standing.name},
            home=HOME,
            sections=[name for name, permission in SECTIONS.items() if operator.may(permission)],
            **context,
        )
        return self.door.name_browser(operator.visitor, response)

    async def form(
        self, request: Request, operator: Operator, repeatable: frozenset[str] = NOTHING
    ) -> Params:
        """What was posted, from a page of ours. Raises PageError("form_expired")."""
        form = await form_params(request, repeatable)
        self.door.check_form(request, operator.visitor, form)
        return form

    def language(self, request: Request) -> str:
        return self.pages.language(request).code

    def done(self, request: Request) -> str | None:
        """What the address says was done just now, a row of DONE."""
        code = request.query_params.get("done")
        return code if code in DONE else None
