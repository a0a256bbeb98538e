"""The pages between a client's request and its answer: one address, one page for each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.disclosure.consent import Ask
from gapura.errors import PageError
from gapura.flow.agree import Allowed, seen_by
from gapura.flow.authorize import Show
from gapura.flow.directory import ReadsDirectory
from gapura.flow.facts import ReadsFacts
from gapura.flow.interaction import ForClient, ForDecoupled, ForPage, Interaction
from gapura.flow.journey import Again, Journey, Risen, Sender, StepOutcome
from gapura.flow.next_step import AskConsent, SecondFactor, SignIn
from gapura.identity.nik import masked
from gapura.protocol.grant import OFFLINE_ACCESS
from gapura.values import Secret
from gapura.web.client_view import (
    client_view,
    detail_views,
    form_action_to,
    image_source_of,
    purpose_views,
    value_views,
)
from gapura.web.clock import Clock
from gapura.web.door import Door, Visitor
from gapura.web.outcomes import INTERACTION, Outcomes
from gapura.web.pages import Pages
from gapura.web.request import Params, form_params

MANY = frozenset({"attribute"})
STATUS = {"locked": 429}
NEEDED = {
    "sign_in": (("identifier", "identifier_missing"), ("password", "password_missing")),
    "second_factor": (("otp", "otp_missing"),),
}
# Beside which field a fault is told; the others concern the form as a whole.
FIELD = {
    "identifier_missing": "identifier",
    "password_missing": "password",
    "otp_missing": "otp",
    "otp_wrong": "otp",
    "otp_used": "otp",
}


@dataclass(frozen=True, slots=True)
class InteractionPages:
    journey: Journey
    directory: ReadsDirectory
    facts: ReadsFacts
    door: Door
    outcomes: Outcomes
    pages: Pages
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route(INTERACTION, self.show, methods=["GET"], name="interaction"),
            Route(INTERACTION, self.take, methods=["POST"], name="interaction_post"),
        ]

    async def show(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        interaction = await self._interaction(request, visitor)
        outcome = await self.journey.authorize.advance(interaction, visitor.session_id, self.clock())
        if isinstance(outcome, Show):
            return await self._page(request, visitor, outcome)
        return self.outcomes.response(request, visitor, outcome)

    async def take(self, request: Request) -> Response:
        visitor = await self.door.visitor(request)
        form = await form_params(request, MANY)
        self.door.check_form(request, visitor, form)
        interaction = await self._interaction(request, visitor)
        turn = await self._turn(request, interaction, form, visitor)
        if isinstance(turn, Again):
            return await self._page(request, visitor, turn.show, form, turn)
        if isinstance(turn, Risen):
            response = self.outcomes.response(request, visitor, turn.outcome)
            return self.door.let_in(visitor, response, turn.cookie, turn.session_id)
        return self.outcomes.response(request, visitor, turn)

    async def _turn(
        self, request: Request, interaction: Interaction, form: Params, visitor: Visitor
    ) -> StepOutcome:
        now, sender = self.clock(), _sender(visitor)
        missing = next(iter(_missing(form).values()), None)
        match form.get("decision"), form.get("step"):
            case "deny", _:
                return await self.journey.deny(interaction, sender, now)
            case "switch", _:
                return await self.journey.switch(interaction, sender, now)
            case None, _ if missing is not None:
                return await self.journey.again(interaction, missing, sender, now)
            case None, "sign_in":
                typed, password = form.get("identifier") or "", Secret(form.get("password") or "")
                return await self.journey.password(interaction, typed, password, sender, now)
            case None, "second_factor":
                return await self.journey.code(interaction, form.get("otp") or "", sender, now)
            case "allow", "consent":
                language = self.pages.language(request, _ui_locales(interaction)).code
                allowed = Allowed(form.many("attribute"), language, form.get("seen") or "")
                return await self.journey.allow(interaction, allowed, sender, now)
        raise PageError("bad_request", detail="no step of an interaction")

    async def _interaction(self, request: Request, visitor: Visitor) -> Interaction:
        return await self.journey.interaction(request.path_params["id"], self.door.browser_digest(visitor))

    async def _page(
        self,
        request: Request,
        visitor: Visitor,
        show: Show,
        form: Params | None = None,
        again: Again | None = None,
    ) -> Response:
        template, context = await self._template(request, show, form)
        fault = again.code if again is not None else None
        redirects_to = _redirect_uri(show.interaction)
        response = self.pages.page(
            request,
            template,
            STATUS.get(fault or "", 422 if fault else 200),
            ui_locales=_ui_locales(show.interaction),
            form_action=form_action_to(redirects_to) if redirects_to is not None else (),
            image_source=image_source_of(show.client),
            headers={"Retry-After": str(again.retry_after)} if again and again.retry_after else None,
            action=INTERACTION.format(id=show.interaction.id),
            csrf=self.door.form_token(visitor),
            errors=_errors(fault, form),
            returns=redirects_to is not None,
            client=self._client(request, show),
            **context,
        )
        return self.door.name_browser(visitor, response)

    async def _template(
        self, request: Request, show: Show, form: Params | None
    ) -> tuple[str, Mapping[str, Any]]:
        match show.step:
            case SignIn(again):
                typed = (form.get("identifier") if form is not None else None) or _login_hint(
                    show.interaction
                )
                return "sign_in.html", {"step": "sign_in", "identifier": typed or "", "again": again}
            case SecondFactor():
                return "second_factor.html", {"step": "second_factor"}
            case AskConsent(ask):
                return await self._consent(request, show, ask)
        raise PageError("server_error", detail="a step without a page", status=500)

    async def _consent(self, request: Request, show: Show, ask: Ask) -> tuple[str, Mapping[str, Any]]:
        if show.visit is None or show.visit.person.citizen_id is None:
            raise PageError("server_error", detail="consent without a citizen", status=500)
        person, standing = show.visit.person, show.visit.standing
        facts = await self.facts.facts(person.account_id, show.visit.person.citizen_id, ask.attributes)
        language = self.pages.language(request, _ui_locales(show.interaction)).code
        # What was left out before stays unticked; what is new is ticked, to be looked at.
        ticked = [
            n
            for n in ask.voluntary
            if standing is None or n in standing.attributes or n not in standing.asked
        ]
        return "consent.html" if ask.is_consent or not ask.purposes else "notice.html", {
            "step": "consent",
            "seen": seen_by(person.account_id, ask, language),
            "person": {"name": facts.record.full_name, "nik": masked(facts.record.nik)},
            "purposes": purpose_views(ask.purposes, language),
            "essential": value_views(ask.essential, facts),
            "voluntary": value_views(ask.voluntary, facts, ticked),
            "details": detail_views(ask.details),
            "offline": OFFLINE_ACCESS in ask.scope,
            "binding_message": _binding_message(show.interaction),
        }

    def _client(self, request: Request, show: Show) -> Mapping[str, str | None] | None:
        if show.client is None:
            return None
        language = self.pages.language(request, _ui_locales(show.interaction)).code
        return client_view(show.client, self.directory.value, language)


def _missing(form: Params) -> dict[str, str]:
    """The fields of the step that were left empty, each with its code."""
    return {name: code for name, code in NEEDED.get(form.get("step") or "", ()) if not form.get(name)}


def _errors(fault: str | None, form: Params | None) -> dict[str, str]:
    """All that is empty at once; what else is wrong comes alone."""
    if fault is None:
        return {}
    missing = _missing(form) if form is not None else {}
    return missing if fault in missing.values() else {FIELD.get(fault, ""): fault}


def _sender(visitor: Visitor) -> Sender:
    return Sender(visitor.browser, visitor.cookie, visitor.session_id)


def _ui_locales(interaction: Interaction) -> str:
    return "" if isinstance(interaction.goal, ForPage) else " ".join(interaction.goal.request.ui_locales)


def _login_hint(interaction: Interaction) -> str | None:
    hint = interaction.goal.request.login_hint if isinstance(interaction.goal, ForClient) else None
    return hint.reveal() if hint is not None else None


def _binding_message(interaction: Interaction) -> str | None:
    goal = interaction.goal
    return goal.binding_message if isinstance(goal, ForDecoupled) else None


def _redirect_uri(interaction: Interaction) -> str | None:
    goal = interaction.goal
    return goal.request.reply_to.redirect_uri if isinstance(goal, ForClient) else None
