"""What an authorization request asks of the person, once the client's purposes and consent are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM
from gapura.disclosure.authorization_details import levels_of
from gapura.disclosure.consent import Ask, Consent, ask_of
from gapura.disclosure.purposes import Purpose
from gapura.disclosure.scopes import MINIMUM_ACR_OF
from gapura.disclosure.verification import VERIFIABLE
from gapura.identity.acr import reaches
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.grant import OFFLINE_ACCESS


def asked_of(
    request: AuthorizationRequest, client_purposes: Mapping[str, Purpose], standing: Consent | None
) -> Ask:
    scope = request.scope
    if OFFLINE_ACCESS in scope and not _offline_is_asked_for(request, standing):
        scope = tuple(s for s in scope if s != OFFLINE_ACCESS)
    return ask_of(scope, claimed_attributes(request), client_purposes, request.authorization_details)


def claimed_attributes(request: AuthorizationRequest) -> tuple[str, ...]:
    """The attributes that `claims` asks for one by one, plain or verified."""
    claims = request.claims
    if not claims:
        return ()
    named = (*claims.names, *(name for name in claims.verified_names if name in VERIFIABLE))
    return tuple(ATTRIBUTE_OF_CLAIM[name] for name in named if name in ATTRIBUTE_OF_CLAIM)


def within_reach(ask: Ask, acr: str) -> Ask:
    """What of `ask` can go out after a sign-in at `acr`: a page promises nothing that would be left out."""
    return replace(
        ask,
        essential=tuple(name for name in ask.essential if reaches(acr, MINIMUM_ACR_OF[name])),
        voluntary=tuple(name for name in ask.voluntary if reaches(acr, MINIMUM_ACR_OF[name])),
        details=tuple(one for one in ask.details if all(reaches(acr, level) for level in levels_of(one))),
    )


def _offline_is_asked_for(request: AuthorizationRequest, standing: Consent | None) -> bool:
    # OpenID Connect Core §11: offline access takes the person's consent, not the client's wish alone.
    return "consent" in request.prompt or (standing is not None and OFFLINE_ACCESS in standing.scope)
