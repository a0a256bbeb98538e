"""What the pages of an interaction post. Each changes the state, and `Authorize.advance` decides what is next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from gapura.errors import OAuthError, PageError
from gapura.flow.agree import Allowed, WritesConsents, consent_record, seen_by
from gapura.flow.authorize import Authorize, Open, Outcome, Show
from gapura.flow.decoupled import DENIED_PAGE
from gapura.flow.interaction import (
    FirstFactor,
    ForClient,
    ForDecoupled,
    ForPage,
    Interaction,
    KeepsInteractions,
)
from gapura.flow.next_step import AskConsent, SecondFactor, SignIn
from gapura.flow.order import Order
from gapura.flow.sign_in import Failed, Limited, NeedsSecondFactor, Proofs, SignedIn
from gapura.identity.session import Browser, Session
from gapura.values import Instant, Secret, SessionId

HOME = "/"


class RaisesSessions(Protocol):
    async def rise(
        self,
        proved: SignedIn,
        browser: Browser,
        now: Instant,
        cookie: Secret | None = None,
        *,
        within: SessionId | None = None,
    ) -> tuple[Session, Secret]:
        """A session and a new cookie for who has proved who they are; it replaces `cookie`.

        `within` is the session that a step-up raises: if that has ended, a code alone starts no other.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose form it is: the browser, its session's cookie, and the session."""

    browser: Browser
    cookie: Secret | None
    session_id: SessionId | None


@dataclass(frozen=True, slots=True)
class Risen:
    """The next outcome, with the new session and its cookie to set."""

    outcome: Outcome
    cookie: Secret = field(repr=False)
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class Again:
    """The same page once more: `code` is of `web/phrases.py`, `retry_after` in seconds when a limit was reached."""

    show: Show
    code: str
    retry_after: int | None = None


StepOutcome: TypeAlias = Outcome | Risen | Again


@dataclass(frozen=True, slots=True)
class Journey:
    authorize: Authorize
    interactions: KeepsInteractions
    proofs: Proofs
    sessions: RaisesSessions
    consents: WritesConsents

    async def interaction(self, interaction_id: str, browser: str) -> Interaction:
        """Raises PageError when it is over, or belongs to another browser: a link opened elsewhere does nothing."""
        found = await self.interactions.get(interaction_id)
        if found is None:
            raise PageError("interaction_expired", detail="unknown or completed")
        if not found.belongs_to(browser):
            raise PageError("wrong_browser", detail="another browser's interaction", status=403)
        return found

    async def again(self, interaction: Interaction, code: str, sender: Sender, now: Instant) -> StepOutcome:
        """The page once more, because its form can't be judged: something was left out."""
        show = await self._shown(interaction, sender, now)
        return Again(show, code) if isinstance(show, Show) else show

    async def password(
        self, interaction: Interaction, typed: str, password: Secret, sender: Sender, now: Instant
    ) -> StepOutcome:
        show = await self._shown(interaction, sender, now)
        if not isinstance(show, Show) or not isinstance(show.step, SignIn):
            return show
        match await self.proofs.check_password(typed, password, sender.browser, now):
            case SignedIn() as proved:
                return await self._rise(interaction, proved, sender, now)
            case NeedsSecondFactor(person, amr):
                first = FirstFactor(person.account_id, amr, now)
                return await self._kept(interaction.with_first_factor(first), sender, now)
            case Failed(code):
                return Again(show, code)
            case Limited(seconds):
                return Again(show, "locked", seconds)

    async def code(self, interaction: Interaction, typed: str, sender: Sender, now: Instant) -> StepOutcome:
        show = await self._shown(interaction, sender, now)
        if not isinstance(show, Show) or not isinstance(show.step, SecondFactor):
            return show
        first, within = interaction.first_factor, None
        if first is not None:
            account_id, proved = first.account_id, first.amr
        elif show.visit is not None:
            signed_in = show.visit.signed_in
            account_id, proved, within = signed_in.account_id, signed_in.amr, signed_in.session_id
        else:
            return show
        match await self.proofs.check_totp(account_id, proved, typed, sender.browser, now):
            case SignedIn() as both:
                return await self._rise(interaction, both, sender, now, within)
            case NeedsSecondFactor():
                return show
            case Failed(code):
                return Again(show, code)
            case Limited(seconds):
                return Again(show, "locked", seconds)

    async def allow(
        self, interaction: Interaction, allowed: Allowed, sender: Sender, now: Instant
    ) -> StepOutcome:
        """Who asks for what comes from the server; where that is not what was seen, the page is shown anew."""
        show = await self._shown(interaction, sender, now)
        if not isinstance(show, Show) or not isinstance(show.step, AskConsent):
            return show
        if show.client is None or show.visit is None or show.visit.person.citizen_id is None:
            return show
        ask, person, citizen_id = show.step.ask, show.visit.person, show.visit.person.citizen_id
        if allowed.seen != seen_by(person.account_id, ask, allowed.locale):
            return show
        record = consent_record(ask, allowed, citizen_id, show.client, now)
        await self.consents.write(record, Order.of_person(show.visit.person, now))
        return await self._kept(interaction.with_agreement(), sender, now)

    async def deny(self, interaction: Interaction, sender: Sender, now: Instant) -> StepOutcome:
        """The cancel button of each page (OpenID Connect Core §3.1.2.6)."""
        if not await self.interactions.take(interaction.id):
            raise PageError("interaction_expired", detail="completed by another request")
        match interaction.goal:
            case ForPage():
                return Open(HOME)
            case ForDecoupled() as goal:
                if not await self.authorize.may_refuse(goal, sender.session_id):
                    return Open(HOME)
                await self.authorize.approval.deny(goal, now)
                return Open(DENIED_PAGE)
            case ForClient() as goal:
                error = OAuthError("access_denied", description="the person cancelled")
                return await self.authorize.refuse(goal, error, now)

    async def switch(self, interaction: Interaction, sender: Sender, now: Instant) -> StepOutcome:
        """Somebody else wants to sign in: nobody is, as far as this interaction goes."""
        return await self._kept(interaction.begun_anew(now), sender, now)

    async def _shown(self, interaction: Interaction, sender: Sender, now: Instant) -> Outcome:
        """What the state asks for now; a form of another step changes nothing."""
        return await self.authorize.advance(interaction, sender.session_id, now)

    async def _kept(self, interaction: Interaction, sender: Sender, now: Instant) -> Outcome:
        await self._keep(interaction)
        return await self.authorize.advance(interaction, sender.session_id, now)

    async def _keep(self, interaction: Interaction) -> None:
        if not await self.interactions.keep(interaction):
            raise PageError("interaction_expired", detail="completed by another request")

    async def _rise(
        self,
        interaction: Interaction,
        proved: SignedIn,
        sender: Sender,
        now: Instant,
        within: SessionId | None = None,
    ) -> StepOutcome:
        session, cookie = await self.sessions.rise(proved, sender.browser, now, sender.cookie, within=within)
        interaction = interaction.signed_in()
        await self._keep(interaction)
        return Risen(await self.authorize.advance(interaction, session.id, now), cookie, session.id)
