"""Who saw my data: the citizen's data-use log, filtered and paged."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.disclosure.purposes import in_language
from gapura.flow.directory import ReadsDirectory
from gapura.flow.records import ReadsUses, Use, UseFilter
from gapura.values import AgencyId
from gapura.web.citizen.guard import Guard, SignedInCitizen
from gapura.web.clock import Clock
from gapura.web.days import span_of
from gapura.web.pages import Pages
from gapura.web.request import Params, query_params

PATH = "/account/data-use"
PAGE_SIZE = 25
CHOICES = ("agency", "since", "until")


@dataclass(frozen=True, slots=True)
class DataUsePages:
    guard: Guard
    directory: ReadsDirectory
    uses: ReadsUses
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route(PATH, self.guard.guarded(self.show), methods=["GET"], name="data_use")]

    async def show(self, request: Request, citizen: SignedInCitizen) -> Response:
        params = query_params(request)
        chosen = {name: params.get(name) or "" for name in CHOICES}
        which, errors = _filter(params, citizen)
        page = await self.uses.page(which, self.clock(), PAGE_SIZE, params.get("page"))
        language, directory = self.pages.language(request).code, self.directory.value
        kept = {name: value for name, value in chosen.items() if value}
        return self.pages.page(
            request,
            "account/data_use.html",
            422 if errors else 200,
            csrf=self.guard.door.form_token(citizen.visitor),
            uses=[self._use(use, language) for use in page.uses],
            agencies=[
                {"id": one.id, "name": in_language(one.names, language)}
                for one in directory.agencies.values()
            ],
            chosen=chosen,
            errors=errors,
            older=f"{PATH}?{urlencode({**kept, 'page': page.older})}" if page.older else None,
            newest=f"{PATH}?{urlencode(kept)}" if params.get("page") else None,
        )

    def _use(self, use: Use, language: str) -> dict[str, object]:
        directory = self.directory.value
        agency, client = directory.agencies.get(use.agency_id), directory.clients.get(use.client_id)
        purposes = [p for i in use.purpose_ids if (p := directory.purposes.get(i)) is not None]
        return {
            "at": use.at,
            "first_at": use.first_at,
            "count": use.count,
            "agency": in_language(agency.names, language) if agency is not None else use.agency_id,
            "system": client.name(language) if client is not None else use.client_id,
            "purposes": [in_language(purpose.titles, language) for purpose in purposes],
            "legal_basis": use.legal_basis,
            "law": ", ".join(dict.fromkeys(purpose.law for purpose in purposes)),
            "action": use.action,
            "attributes": list(use.attributes),
            "reason": use.note.reason,
        }


def _filter(params: Params, citizen: SignedInCitizen) -> tuple[UseFilter, dict[str, str]]:
    """What was chosen; a day that is none is left out and said to be wrong."""
    errors: dict[str, str] = {}
    since, until = span_of(params, errors)
    agency = params.get("agency")
    return (
        UseFilter(
            citizen.citizen_id,
            AgencyId(agency) if agency else None,
            since,
            until,
        ),
        errors,
    )
