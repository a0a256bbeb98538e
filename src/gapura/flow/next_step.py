"""One function decides what an interaction needs next: sign in → second factor → consent → issue → refuse.

Pages never call one another. Each posts its result, the state is read anew, and `next_step` looks at it as a whole;
`prompt`, `max_age` and `acr_values` are lines here and nowhere else (OpenID Connect Core §3.1.2.1, §3.1.2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gapura.disclosure.consent import Ask, Consent, covers
from gapura.errors import OAuthError
from gapura.flow.demand import Demand
from gapura.identity.acr import best_reachable, reaches
from gapura.identity.person import Person
from gapura.values import AccountId, Instant, SessionId


@dataclass(frozen=True, slots=True)
class SignIn:
    """Ask who it is; `again` when somebody is signed in but it has been too long, or it isn't the one awaited."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class SecondFactor:
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskConsent:
    ask: Ask


@dataclass(frozen=True, slots=True)
class Issue:
    """Nothing is missing any more."""


@dataclass(frozen=True, slots=True)
class Refuse:
    error: OAuthError


Step: TypeAlias = SignIn | SecondFactor | AskConsent | Issue | Refuse


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who is signed in, and how: the live session's truth."""

    session_id: SessionId
    account_id: AccountId
    auth_time: Instant
    acr: str
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that a step is decided from, as it stands in the stores at `now`.

    `person` is who is signed in, or who has proved a first factor (`half_proved`); `refusal` is
    `can_authenticate`'s word on them. `agreed` is true once this interaction's consent page was answered.
    """

    demand: Demand
    now: Instant
    signed_in: Authenticated | None = None
    person: Person | None = None
    refusal: str | None = None
    half_proved: bool = False
    sub: str | None = None
    ask: Ask | None = None
    standing: Consent | None = None
    agreed: bool = False


def next_step(state: State) -> Step:
    for rule in RULES:
        step = rule(state)
        if step is not None:
            return step
    return Issue()


def _second_factor_after_the_first(state: State) -> Step | None:
    if state.half_proved and state.person is not None and state.refusal is None:
        return SecondFactor(state.person.factors)
    return None


def _somebody_is_signed_in(state: State) -> Step | None:
    if state.signed_in is None or state.person is None or state.refusal is not None:
        return _interact(state, "login_required", SignIn())
    return None


def _recently_enough(state: State) -> Step | None:
    fresh_since = state.demand.fresh_since
    if state.signed_in is not None and fresh_since is not None and state.signed_in.auth_time < fresh_since:
        return _interact(state, "login_required", SignIn(again=True))
    return None


def _the_one_awaited(state: State) -> Step | None:
    # OpenID Connect Core §3.1.2.2: with an id_token_hint no other person is an answer.
    if state.demand.hinted_sub is not None and state.demand.hinted_sub != state.sub:
        return _interact(state, "login_required", SignIn(again=True))
    awaited = state.demand.awaited
    if awaited is not None and state.signed_in is not None and state.signed_in.account_id != awaited:
        return _interact(state, "login_required", SignIn(again=True))
    return None


def _level_is_reached(state: State) -> Step | None:
    if state.signed_in is None or state.person is None:
        return None
    wished = best_reachable(state.person, state.demand.wished_acrs)
    if wished is not None and not reaches(state.signed_in.acr, wished):
        return _interact(state, "interaction_required", SecondFactor(state.person.factors))
    for binding in state.demand.binding_acrs:
        if not reaches(state.signed_in.acr, binding):
            if best_reachable(state.person, (binding,)) is None:
                return Refuse(_unmet(binding))
            return _interact(state, "interaction_required", SecondFactor(state.person.factors))
    return None


def _agreed(state: State) -> Step | None:
    if state.ask is None:
        return None
    asked_anew = state.demand.consent_again and not state.agreed
    if asked_anew or not covers(state.standing, state.ask, state.now):
        return _interact(state, "consent_required", AskConsent(state.ask))
    return None


RULES = (
    _second_factor_after_the_first,
    _somebody_is_signed_in,
    _recently_enough,
    _the_one_awaited,
    _level_is_reached,
    _agreed,
)


def _interact(state: State, error: str, step: Step) -> Step:
    """`prompt=none` wants an answer without any page (OpenID Connect Core §3.1.2.6)."""
    if state.demand.silent:
        return Refuse(OAuthError(error, description="the person would have to act"))
    return step


def _unmet(acr: str) -> OAuthError:
    return OAuthError(
        "unmet_authentication_requirements",
        detail=f"{acr} can't be reached by this person",
        description="the person has no way to sign in at the required level",
    )
