"""Signing in without a browser, for the tests of agencies' apps: sandbox alone, synthetic people alone.

Only the proof of who it is falls away. Whether the person may, what is asked and what is agreed goes the way of
everybody: the same interaction, the same steps, the same records.
"""

from __future__ import annotations

from dataclasses import dataclass

from gapura.errors import OAuthError
from gapura.flow.accounts import KeepsAccounts
from gapura.flow.agree import Allowed, seen_by
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.authorization_requests import AuthorizationRequests, Refused
from gapura.flow.authorize import Answer, Show
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.interaction import ForClient, Goal
from gapura.flow.journey import Journey, RaisesSessions, Sender, StepOutcome
from gapura.flow.next_step import AskConsent
from gapura.flow.sign_in import SignedIn
from gapura.identity.contacts import Identifier
from gapura.identity.factors import FACTORS, amr_of
from gapura.identity.session import Browser
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters, required
from gapura.protocol.presented import Presented
from gapura.protocol.redirect import Reply
from gapura.values import LOW, SUBSTANTIAL, Instant, SessionId

LOCALE = "id"
# By what a sign-in at each level is said to have been made.
METHODS = {
    LOW: amr_of((FACTORS["password"].amr,)),
    SUBSTANTIAL: amr_of((FACTORS["password"].amr, FACTORS["totp"].amr)),
}


HEADLESS = "headless"  # whose interaction it is: no browser's cookie has such a digest


@dataclass(frozen=True, slots=True)
class Headless:
    clients: AuthenticatesClients
    requests: AuthorizationRequests
    accounts: KeepsAccounts
    sessions: RaisesSessions
    journey: Journey

    async def answer(self, presented: Presented, form: Parameters, browser: Browser, now: Instant) -> Reply:
        """The authorization response for `nik` at `level` with `decision` allow or deny.

        Raises OAuthError for a caller that doesn't prove to be the client, and for a person or level that can't be.
        """
        client = await self.clients.client(presented, form, now)
        goal = await self._goal(client, form, now)
        proved = await self._proved(form, browser, client)
        if required(form, "decision", 8) != "allow":
            denied = OAuthError("access_denied", description="the person cancelled")
            return (await self.journey.authorize.refuse(goal, denied, now)).reply
        session, _ = await self.sessions.rise(proved, browser, now)
        return await self._through(goal, session.id, browser, now)

    async def _goal(self, client: Client, form: Parameters, now: Instant) -> ForClient:
        """A test reads what is wrong at once: nothing is redirected."""
        read = await self.requests.read_of(client, form, now, in_url=False)
        if isinstance(read, Refused):
            raise read.error
        return ForClient(read.request, pushed=read.pushed)

    async def _proved(self, form: Parameters, browser: Browser, client: Client) -> SignedIn:
        found = await self.accounts.find(Identifier("nik", required(form, "nik", 16)), browser)
        if found is None or can_authenticate(found.person, client) is not None:
            raise OAuthError("access_denied", description="nobody with this nik may sign in here")
        methods = METHODS.get(form.get("level") or LOW)
        if methods is None:
            raise OAuthError("invalid_request", description=f"level is none of {', '.join(METHODS)}")
        return SignedIn(found.person, methods)

    async def _through(self, goal: ForClient, session_id: SessionId, browser: Browser, now: Instant) -> Reply:
        reached = await agree_to_all(self.journey, goal, session_id, browser, now)
        if not isinstance(reached, Answer):
            raise OAuthError("interaction_required", description="the level is not enough for this request")
        return reached.reply


async def agree_to_all(
    journey: Journey, goal: Goal, session_id: SessionId, browser: Browser, now: Instant
) -> StepOutcome:
    """Agree to all that is asked, as far as the same steps lead that everybody takes."""
    outcome = await journey.authorize.begin(goal, HEADLESS, session_id, now)
    if not isinstance(outcome, Show) or not isinstance(outcome.step, AskConsent) or outcome.visit is None:
        return outcome
    ask, account_id = outcome.step.ask, outcome.visit.person.account_id
    allowed = Allowed(ask.voluntary, LOCALE, seen_by(account_id, ask, LOCALE))
    return await journey.allow(outcome.interaction, allowed, Sender(browser, None, session_id), now)
