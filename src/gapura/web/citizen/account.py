"""The citizen's own pages: home, connected agencies, live sessions, signing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.disclosure.purposes import CONSENT, in_language
from gapura.errors import PageError
from gapura.flow.account import ConnectedClient, KeepsConnectedClients, ReadsLiveSessions
from gapura.flow.decoupled import KeepsDecoupled
from gapura.flow.directory import ReadsDirectory
from gapura.flow.facts import ReadsFacts
from gapura.flow.order import Order
from gapura.flow.records import ReadsUses, UseFilter
from gapura.flow.sign_out import SignOut
from gapura.identity.factors import MULTIPLE
from gapura.identity.nik import masked
from gapura.protocol.third_party_login import initiate_login_url
from gapura.values import ClientId, SessionId
from gapura.web.citizen.guard import Guard, SignedInCitizen
from gapura.web.client_view import detail_views
from gapura.web.clock import Clock
from gapura.web.pages import Pages
from gapura.web.replies import see_other
from gapura.web.request import Params, form_params
from gapura.web.signed_out import SignedOut, SignedOutPage
from gapura.web.user_agents import device_name

SHOWN_AT_HOME = 3
CONTACTS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class AccountPages:
    guard: Guard
    directory: ReadsDirectory
    facts: ReadsFacts
    connections: KeepsConnectedClients
    uses: ReadsUses
    live: ReadsLiveSessions
    requests: KeepsDecoupled
    sign_out: SignOut
    signed_out: SignedOutPage
    pages: Pages
    issuer: str
    idle: timedelta
    clock: Clock

    def routes(self) -> list[Route]:
        def at(path: str, page: object, method: str = "GET") -> Route:
            return Route(path, self.guard.guarded(page), methods=[method], name=path)  # type: ignore[arg-type]

        return [
            at("/account", self.home),
            at("/account/agencies", self.agencies),
            at("/account/agencies/{client_id}/withdraw", self.ask_withdrawal),
            at("/account/agencies/{client_id}/withdraw", self.withdraw, "POST"),
            at("/account/sessions", self.sessions),
            at("/account/sessions/end", self.end_session, "POST"),
            at("/account/sessions/end-others", self.end_others, "POST"),
            at("/account/sign-out", self.leave, "POST"),
        ]

    async def home(self, request: Request, citizen: SignedInCitizen) -> Response:
        facts = await self.facts.facts(citizen.person.account_id, citizen.citizen_id, CONTACTS)
        recent = await self.uses.page(UseFilter(citizen.citizen_id), self.clock(), SHOWN_AT_HOME)
        waiting = await self.requests.of_account(citizen.person.account_id, self.clock())
        language = self.pages.language(request).code
        agencies = self.directory.value.agencies
        return self._page(
            request,
            citizen,
            "account/home.html",
            person={
                "name": facts.record.full_name,
                "nik": masked(facts.record.nik),
                "email": _masked_email(facts.email),
                "phone": _masked_phone(facts.phone),
            },
            session={
                "acr": citizen.how.acr,
                "amr": [one for one in citizen.how.amr if one != MULTIPLE],  # it counts the others
                "auth_time": citizen.how.auth_time,
                "idle_minutes": int(self.idle.total_seconds() // 60),
            },
            second_factor=bool(citizen.person.factors),
            waiting=len(waiting),
            recent=[
                {"agency": in_language(agencies[use.agency_id].names, language), "at": use.at}
                for use in recent.uses
                if use.agency_id in agencies
            ],
        )

    async def agencies(self, request: Request, citizen: SignedInCitizen) -> Response:
        language = self.pages.language(request).code
        standing = await self.connections.standing(citizen.citizen_id)
        withdrawn = self.directory.value.clients.get(ClientId(request.query_params.get("withdrawn", "")))
        return self._page(
            request,
            citizen,
            "account/agencies.html",
            done=withdrawn.name(language) if withdrawn is not None else None,
            connections=[view for one in standing if (view := self._connection(one, language)) is not None],
        )

    async def ask_withdrawal(self, request: Request, citizen: SignedInCitizen) -> Response:
        client_id = ClientId(request.path_params["client_id"])
        language = self.pages.language(request).code
        standing = await self.connections.standing(citizen.citizen_id)
        views = [self._connection(one, language) for one in standing if one.client_id == client_id]
        if not views or views[0] is None or not views[0]["withdrawable"]:
            raise PageError("not_found", detail="no such connection", status=404)
        return self._page(
            request,
            citizen,
            "account/withdraw.html",
            connection=views[0],
            action=f"/account/agencies/{client_id}/withdraw",
            back="/account/agencies",
        )

    async def withdraw(self, request: Request, citizen: SignedInCitizen) -> Response:
        form = await self._form(request, citizen)
        if form.get("decision") != "allow":
            return see_other("/account/agencies")
        client_id = ClientId(request.path_params["client_id"])
        order = Order.of_person(citizen.person, self.clock())
        await self.connections.withdraw(citizen.citizen_id, client_id, order)
        return see_other(f"/account/agencies?withdrawn={client_id}")

    async def sessions(self, request: Request, citizen: SignedInCitizen) -> Response:
        language, clients = self.pages.language(request).code, self.directory.value.clients
        live = await self.live.of(citizen.person.account_id, self.clock())
        return self._page(
            request,
            citizen,
            "account/sessions.html",
            ended="ended" in request.query_params,
            sessions=[
                {
                    "id": str(one.id),
                    "device": device_name(one.user_agent),
                    "auth_time": one.auth_time,
                    "acr": one.acr,
                    "portals": [clients[c].name(language) for c in one.client_ids if c in clients],
                    "current": one.id == citizen.how.session_id,
                }
                for one in live
            ],
        )

    async def end_session(self, request: Request, citizen: SignedInCitizen) -> Response:
        form = await self._form(request, citizen)
        await self._end(citizen, lambda session_id: str(session_id) == form.get("session"))
        return see_other("/account/sessions?ended")

    async def end_others(self, request: Request, citizen: SignedInCitizen) -> Response:
        await self._form(request, citizen)
        await self._end(citizen, lambda session_id: session_id != citizen.how.session_id)
        return see_other("/account/sessions?ended")

    async def leave(self, request: Request, citizen: SignedInCitizen) -> Response:
        await self._form(request, citizen)
        session_id = citizen.how.session_id
        told = await self.sign_out.end(session_id, citizen.visitor.cookie, self.clock())
        return self.signed_out.response(request, SignedOut(session_id, told))

    async def _end(self, citizen: SignedInCitizen, which: Callable[[SessionId], bool]) -> None:
        """Of the person's own sessions alone, whatever id a form names."""
        for one in await self.live.of(citizen.person.account_id, self.clock()):
            if which(one.id):
                await self.sign_out.end(one.id, None, self.clock())

    async def _form(self, request: Request, citizen: SignedInCitizen) -> Params:
        form = await form_params(request)
        self.guard.door.check_form(request, citizen.visitor, form)
        return form

    def _page(self, request: Request, citizen: SignedInCitizen, template: str, **context: Any) -> Response:  # noqa: ANN401 -- the shape stands in each template
        csrf = self.guard.door.form_token(citizen.visitor)
        response = self.pages.page(request, template, csrf=csrf, **context)
        return self.guard.door.name_browser(citizen.visitor, response)

    def _connection(self, one: ConnectedClient, language: str) -> dict[str, object] | None:
        """None for a client that is gone."""
        directory = self.directory.value
        client = directory.clients.get(one.client_id)
        if client is None:
            return None
        purposes = (directory.purposes.get(purpose_id) for purpose_id in one.consent.purpose_ids)
        return {
            "client_id": client.id,
            "name": client.name(language),
            "agency": in_language(directory.agency_of(client).names, language),
            "purposes": [
                in_language(purpose.titles, language) for purpose in purposes if purpose is not None
            ],
            "attributes": list(one.consent.attributes),
            "details": detail_views(one.consent.details),
            "legal_basis": one.legal_basis,
            "since": one.consent.granted_at,
            "until": one.consent.expires_at,
            "last_use": one.last_used_at,
            "open": initiate_login_url(client, self.issuer),
            "withdrawable": one.legal_basis == CONSENT,
            "withdraw": f"/account/agencies/{client.id}/withdraw",
        }


def _masked_email(email: str | None) -> str | None:
    if email is None:
        return None
    name, _, host = email.partition("@")
    return f"{name[:2]}•••@{host}"


def _masked_phone(phone: str | None) -> str | None:
    return None if phone is None else f"{phone[:3]} ••• {phone[-4:]}"
