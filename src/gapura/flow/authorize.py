"""The way through /authorize: a request becomes an interaction, the state decides the step, the last step answers.

Every entry, the first request and each page's post, ends in `advance`; no other place issues a code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gapura.disclosure.consent import Ask
from gapura.errors import OAuthError, PageError
from gapura.flow.ask import asked_of, within_reach
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.decoupled import APPROVED_PAGE, Approval
from gapura.flow.demand import Demand, demand_of
from gapura.flow.directory import ReadsDirectory
from gapura.flow.front_channel import FrontChannel
from gapura.flow.interaction import ForClient, ForDecoupled, ForPage, Goal, Interaction, KeepsInteractions
from gapura.flow.issue import Approved, BeginsGrants, IssuePolicy, begin_grant, grant_of
from gapura.flow.next_step import Issue, Refuse, State, Step, next_step
from gapura.flow.pushed_requests import KeepsPushed
from gapura.flow.replies import Replies
from gapura.flow.session_states import SessionStates
from gapura.flow.subjects import Subjects
from gapura.flow.visit import ReadsPeople, ReadsVisits, Visit
from gapura.identity.person import Person
from gapura.protocol.client import Client
from gapura.protocol.redirect import Reply
from gapura.protocol.response_types import RESPONSE_TYPES
from gapura.values import ClientId, Instant, SessionId


@dataclass(frozen=True, slots=True)
class Answer:
    """The interaction is over: this goes back to the client. `nobody_here`: the session that the browser names has ended."""

    reply: Reply
    nobody_here: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """The interaction is over: the page of Gapura that it was for."""

    path: str


@dataclass(frozen=True, slots=True)
class Show:
    """A page is needed. `client` is None on the way to a page of Gapura itself, `visit` when nobody is signed in."""

    interaction: Interaction
    step: Step
    client: Client | None
    visit: Visit | None


Outcome: TypeAlias = Answer | Open | Show
"""What the browser gets next."""


@dataclass(frozen=True, slots=True)
class Authorize:
    replies: Replies
    front_channel: FrontChannel
    policy: IssuePolicy
    random_text: Callable[[], str] = field(repr=False)
    directory: ReadsDirectory
    visits: ReadsVisits
    people: ReadsPeople
    interactions: KeepsInteractions
    subjects: Subjects
    grants: BeginsGrants
    approval: Approval
    pushed: KeepsPushed
    session_states: SessionStates

    async def begin(self, goal: Goal, browser: str, session_id: SessionId | None, now: Instant) -> Outcome:
        """Start an interaction; it is kept only when a page is needed."""
        return await self._start(Interaction(self.random_text(), browser, goal, now), session_id, now)

    async def _start(self, interaction: Interaction, session_id: SessionId | None, now: Instant) -> Outcome:
        outcome = await self.advance(interaction, session_id, now, kept=False)
        if isinstance(outcome, Show):
            await self.interactions.put(interaction)
        return outcome

    async def advance(
        self, interaction: Interaction, session_id: SessionId | None, now: Instant, *, kept: bool = True
    ) -> Outcome:
        """Look at the state as it stands now, and either answer or say which page is needed."""
        if isinstance(interaction.goal, ForDecoupled):
            await self.approval.check(interaction.goal, now)
        client = await self._client(interaction.goal)
        visit = await self._visit(session_id, client)
        state = await self._state(interaction, client, visit, now)
        step = next_step(state)
        if isinstance(step, Issue | Refuse) and kept and not await self.interactions.take(interaction.id):
            raise PageError("interaction_expired", detail="completed by another request")
        if isinstance(step, Issue | Refuse):
            await self._spend(interaction.goal)
        match interaction.goal, step:
            case ForPage(path=path), Issue():
                return Open(path)
            case ForPage(), Refuse(error):
                raise PageError("forbidden", detail=error.code, status=403)
            case ForClient(request=request), Refuse(error) if client is not None:
                reply = await self.replies.error(client, request.reply_to, error, now)
                return Answer(reply, nobody_here=visit is None)
            case ForDecoupled() as goal, Refuse(error):
                await self.approval.deny(goal, now)
                raise PageError("level_out_of_reach", detail=error.code, status=403)
            case (ForClient() | ForDecoupled()) as goal, Issue() if (
                client is not None and visit is not None and state.ask is not None
            ):
                return await self._issue(interaction, goal, client, visit, state.ask, now)
        return Show(interaction, step, client, visit)

    async def may_refuse(self, goal: ForDecoupled, session_id: SessionId | None) -> bool:
        """What asks one person is theirs to refuse; a link that others see must not be enough."""
        if goal.account_id is None:
            return True
        visit = await self._visit(session_id, None)
        if visit is None or can_authenticate(visit.person, None) is not None:
            return False
        return visit.person.account_id == goal.account_id

    async def refuse(self, goal: ForClient, error: OAuthError, now: Instant) -> Answer:
        """The interaction was completed by a no. Raises PageError when the client was disabled meanwhile."""
        client = await self._known(goal)
        await self._spend(goal)
        return Answer(await self.replies.error(client, goal.request.reply_to, error, now))

    async def _spend(self, goal: Goal) -> None:
        """RFC 9126 §7.3: one answer to one pushed request, however many ways began with it."""
        if (
            isinstance(goal, ForClient)
            and goal.pushed is not None
            and not await self.pushed.spend(goal.pushed)
        ):
            raise PageError("interaction_expired", detail="pushed request answered before")

    async def _issue(
        self,
        interaction: Interaction,
        goal: ForClient | ForDecoupled,
        client: Client,
        visit: Visit,
        ask: Ask,
        now: Instant,
    ) -> Outcome:
        citizen_id, standing = visit.person.citizen_id, visit.standing
        if citizen_id is None or standing is None:
            raise PageError("server_error", detail="issuing without a citizen or a consent", status=500)
        sub = visit.sub or await self.subjects.subject(citizen_id, client.sector, now)
        approved = Approved(client, goal.request, visit.signed_in, citizen_id, sub, ask, standing)
        answer = await self._answer(goal, approved, now)
        if answer is not None:
            return answer
        # Session or consent ended while the answer was on its way: the same goes on from what stands now.
        again = replace(goal, pushed=None) if isinstance(goal, ForClient) else goal
        interaction = replace(interaction, id=self.random_text(), goal=again)
        return await self._start(interaction, visit.signed_in.session_id, now)

    async def _answer(
        self, goal: ForClient | ForDecoupled, approved: Approved, now: Instant
    ) -> Outcome | None:
        if isinstance(goal, ForDecoupled):
            written = await self.approval.approve(goal, grant_of(approved, self.policy, now))
            return Open(APPROVED_PAGE) if written else None
        issued = await begin_grant(approved, self.grants, self.policy, self.random_text, now)
        if issued is None:
            return None
        client, request = approved.client, goal.request
        answer = await self.front_channel.answer(client, RESPONSE_TYPES[request.response_type], issued, now)
        if answer is None:
            return None
        answer = {**answer, **self.session_states.answer(request, approved.signed_in.session_id)}
        return Answer(await self.replies.answer(client, request.reply_to, answer, now))

    async def _client(self, goal: Goal) -> Client | None:
        return None if isinstance(goal, ForPage) else await self._known(goal)

    async def _known(self, goal: ForClient | ForDecoupled) -> Client:
        client = await self.directory.client(goal.request.client_id)
        if client is None or not client.is_active:
            raise PageError("unknown_client", detail="disabled during the interaction")
        return client

    async def _visit(self, session_id: SessionId | None, client: Client | None) -> Visit | None:
        if session_id is None:
            return None
        if client is None:
            return await self.visits.visit(session_id, ClientId(""), "")
        return await self.visits.visit(session_id, client.id, client.sector)

    async def _state(
        self, interaction: Interaction, client: Client | None, visit: Visit | None, now: Instant
    ) -> State:
        half_proved = await self._half_proved(interaction)
        person = half_proved or (visit.person if visit is not None else None)
        ask, demand = None, _page_demand(interaction)
        goal = interaction.goal
        if client is not None and not isinstance(goal, ForPage):
            request = goal.request
            demand = _client_demand(goal, client, interaction)
            purposes = self.directory.value.purposes_of(client)
            ask = asked_of(request, purposes, visit.standing if visit is not None else None)
            if visit is not None:
                ask = within_reach(ask, visit.signed_in.acr)
        return State(
            demand=demand,
            now=now,
            signed_in=visit.signed_in if visit is not None else None,
            person=person,
            refusal=can_authenticate(person, client) if person is not None else None,
            half_proved=half_proved is not None,
            sub=visit.sub if visit is not None else None,
            ask=ask,
            standing=visit.standing if visit is not None else None,
            agreed=interaction.agreed,
        )

    async def _half_proved(self, interaction: Interaction) -> Person | None:
        first = interaction.first_factor
        if first is None:
            return None
        return await self.people.person(first.account_id)


def _client_demand(goal: ForClient | ForDecoupled, client: Client, interaction: Interaction) -> Demand:
    hinted_sub = goal.hinted_sub if isinstance(goal, ForClient) else None
    demand = demand_of(goal.request, client, hinted_sub, interaction.started_at)
    if isinstance(goal, ForDecoupled):
        demand = replace(demand, awaited=goal.account_id)
    return demand.fresh_from(interaction.fresh_since)


def _page_demand(interaction: Interaction) -> Demand:
    if not isinstance(interaction.goal, ForPage):
        return Demand()
    fresh_since = interaction.started_at if interaction.goal.fresh else None
    return Demand(fresh_since=fresh_since, binding_acrs=(interaction.goal.minimum_acr,))
