from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gapura.disclosure.consent import Ask, Consent
from gapura.errors import OAuthError
from gapura.flow.demand import Demand
from gapura.flow.next_step import (
    AskConsent,
    Authenticated,
    Issue,
    Refuse,
    SecondFactor,
    SignIn,
    State,
    Step,
    next_step,
)
from gapura.identity.person import Person
from gapura.values import HIGH, LOW, SUBSTANTIAL, AccountId, CitizenId, ConsentId, SessionId

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ACCOUNT = AccountId(UUID(int=1))
BUDI = Person(ACCOUNT, "citizen", CitizenId(UUID(int=2)), "active", "ACTIVE")
SITI = replace(BUDI, factors=frozenset({"totp"}))
BY_PASSWORD = Authenticated(SessionId(UUID(int=3)), ACCOUNT, NOW - timedelta(minutes=5), LOW, ("pwd",))
BY_BOTH = replace(BY_PASSWORD, acr=SUBSTANTIAL, amr=("pwd", "otp", "mfa"))
ASK = Ask((), ("openid", "profile"), ("name",), ())
STANDING = Consent(
    ConsentId(UUID(int=4)), (), ("openid", "profile"), ("name",), ("name",), NOW, NOW + timedelta(days=1)
)
SILENT = Demand(silent=True)


def state(**known: object) -> State:
    return State(**{"demand": Demand(), "now": NOW, "ask": ASK, **known})  # type: ignore[arg-type]


def signed_in(person: Person = BUDI, how: Authenticated = BY_PASSWORD, **known: object) -> State:
    return state(**{"person": person, "signed_in": how, "standing": STANDING, **known})


STEPS: dict[str, tuple[State, Step]] = {
    "a detail was not agreed to yet": (
        signed_in(ask=replace(ASK, details=({"type": "tax_return"},))),
        AskConsent(replace(ASK, details=({"type": "tax_return"},))),
    ),
    "nobody is signed in": (state(), SignIn()),
    "the password was right and a code is owed": (
        state(person=SITI, half_proved=True),
        SecondFactor(frozenset({"totp"})),
    ),
    "somebody owes a code while another is signed in": (
        signed_in(SITI, half_proved=True),
        SecondFactor(frozenset({"totp"})),
    ),
    "who owes a code was suspended meanwhile": (
        state(person=SITI, half_proved=True, refusal="account_suspended"),
        SignIn(),
    ),
    "signed in, and all was agreed before": (signed_in(), Issue()),
    "signed in, but suspended": (signed_in(refusal="account_suspended"), SignIn()),
    "Core §3.1.2.1 prompt=login": (signed_in(demand=Demand(fresh_since=NOW)), SignIn(again=True)),
    "Core §3.1.2.1 max_age=0": (signed_in(demand=Demand(fresh_since=NOW)), SignIn(again=True)),
    "Core §3.1.2.1 max_age=300, five minutes ago": (
        signed_in(demand=Demand(fresh_since=NOW - timedelta(minutes=5))),
        Issue(),
    ),
    "Core §3.1.2.2 another person than the hint's": (
        signed_in(sub="mine", demand=Demand(hinted_sub="yours")),
        SignIn(again=True),
    ),
    "Core §3.1.2.2 the hint's person": (signed_in(sub="mine", demand=Demand(hinted_sub="mine")), Issue()),
    "a wished level that is within reach": (
        signed_in(SITI, demand=Demand(wished_acrs=(SUBSTANTIAL,))),
        SecondFactor(frozenset({"totp"})),
    ),
    "a wished level that is out of reach": (
        signed_in(demand=Demand(wished_acrs=(SUBSTANTIAL, HIGH))),
        Issue(),
    ),
    "a wished level that is unknown": (signed_in(demand=Demand(wished_acrs=("urn:unknown",))), Issue()),
    "a binding level that is reached": (
        signed_in(SITI, BY_BOTH, demand=Demand(binding_acrs=(SUBSTANTIAL,))),
        Issue(),
    ),
    "a binding level that is within reach": (
        signed_in(SITI, demand=Demand(binding_acrs=(SUBSTANTIAL,))),
        SecondFactor(frozenset({"totp"})),
    ),
    "nothing agreed yet": (signed_in(standing=None), AskConsent(ASK)),
    "agreed a year ago": (signed_in(standing=replace(STANDING, expires_at=NOW)), AskConsent(ASK)),
    "Core §3.1.2.1 prompt=consent": (signed_in(demand=Demand(consent_again=True)), AskConsent(ASK)),
    "prompt=consent, and answered": (signed_in(demand=Demand(consent_again=True), agreed=True), Issue()),
    "answered, and withdrawn in another tab": (signed_in(agreed=True, standing=None), AskConsent(ASK)),
    "on the way to a page of Gapura": (signed_in(ask=None, standing=None), Issue()),
}


@pytest.mark.parametrize(("given", "expected"), STEPS.values(), ids=STEPS.keys())
def test_the_state_decides_the_step(given: State, expected: Step) -> None:
    assert next_step(given) == expected


REFUSALS: dict[str, tuple[State, str]] = {
    "Core §3.1.2.6 nobody is signed in": (state(demand=SILENT), "login_required"),
    "Core §3.1.2.6 too long ago": (signed_in(demand=Demand(silent=True, fresh_since=NOW)), "login_required"),
    "Core §3.1.2.6 suspended": (signed_in(demand=SILENT, refusal="account_suspended"), "login_required"),
    "Core §3.1.2.2 another person": (
        signed_in(sub="mine", demand=Demand(silent=True, hinted_sub="yours")),
        "login_required",
    ),
    "Core §3.1.2.6 a code is owed": (
        signed_in(SITI, demand=Demand(silent=True, binding_acrs=(SUBSTANTIAL,))),
        "interaction_required",
    ),
    "Core §3.1.2.6 nothing agreed": (signed_in(demand=SILENT, standing=None), "consent_required"),
    "Unmet Authentication Requirements §2 a binding level out of reach": (
        signed_in(demand=Demand(binding_acrs=(SUBSTANTIAL,))),
        "unmet_authentication_requirements",
    ),
    "Core §5.5.1.1 an essential level that nobody knows": (
        signed_in(SITI, BY_BOTH, demand=Demand(binding_acrs=("urn:unknown",))),
        "unmet_authentication_requirements",
    ),
}


@pytest.mark.parametrize(("given", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_cannot_go_on_is_refused_by_the_code_of_the_standard(given: State, code: str) -> None:
    step = next_step(given)
    assert isinstance(step, Refuse)
    assert isinstance(step.error, OAuthError)
    assert step.error.code == code
