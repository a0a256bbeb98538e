"""Issuing: the grant is written with its code, and only then does the code leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

from gapura.disclosure.consent import Ask, Consent, released
from gapura.disclosure.scopes import SCOPES
from gapura.flow.ask import within_reach
from gapura.flow.next_step import Authenticated
from gapura.identity.acr import reaches
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.grant import JKT, Grant
from gapura.protocol.response_types import RESPONSE_TYPES
from gapura.values import CitizenId, GrantId, Instant, opaque_digest


@dataclass(frozen=True, slots=True)
class IssuePolicy:
    code_lifetime: timedelta
    grant_lifetime: timedelta


class BeginsGrants(Protocol):
    async def begin(self, grant: Grant, code_digest: bytes) -> bool:
        """Write a new grant with its code; False when its session or its consent has ended meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Approved:
    """All that a grant is made of once nothing is missing any more."""

    client: Client
    request: AuthorizationRequest
    signed_in: Authenticated
    citizen_id: CitizenId
    sub: str
    ask: Ask
    consent: Consent


def allowed_scope(ask: Ask, acr: str) -> tuple[str, ...]:
    """The scopes whose own level the sign-in reached; the token answer tells what was left out (RFC 6749 §3.3)."""
    return tuple(scope for scope in ask.scope if reaches(acr, SCOPES[scope].minimum_acr))


@dataclass(frozen=True, slots=True)
class Issued:
    """A grant that was begun, and the code that leads to it."""

    grant: Grant
    code: str = field(repr=False)


async def begin_grant(
    approved: Approved,
    grants: BeginsGrants,
    policy: IssuePolicy,
    random_text: Callable[[], str],
    now: Instant,
) -> Issued | None:
    """None when the session or the consent ended while the page was open."""
    code = random_text()
    grant = grant_of(approved, policy, now)
    if not RESPONSE_TYPES[approved.request.response_type].code:
        grant = grant._replace(redeemed_at=now)  # nobody is told the code
    begun = await grants.begin(grant, opaque_digest(code))
    return Issued(grant, code) if begun else None


def grant_of(approved: Approved, policy: IssuePolicy, now: Instant) -> Grant:
    request, signed_in, ask = approved.request, approved.signed_in, approved.ask
    # The ask was cut to this level before; the grant holds it once more, for here it counts.
    reached = within_reach(ask, signed_in.acr)
    return Grant(
        id=GrantId(uuid4()),
        client_id=approved.client.id,
        account_id=signed_in.account_id,
        citizen_id=approved.citizen_id,
        session_id=signed_in.session_id,
        consent_id=approved.consent.id,
        sub=approved.sub,
        scope=allowed_scope(ask, signed_in.acr),
        attributes=released(approved.consent, reached),
        authorization_details=reached.details,
        claims=request.claims,
        resource=request.resource,
        nonce=request.nonce,
        auth_time=signed_in.auth_time,
        acr=signed_in.acr,
        amr=signed_in.amr,
        redirect_uri=request.reply_to.redirect_uri,
        redirect_uri_sent=request.redirect_uri_sent,
        code_challenge=request.code_challenge,
        code_expires_at=now + min(policy.code_lifetime, approved.client.profile.longest_code),
        redeemed_at=None,
        refresh_generation=None,
        refreshed_at=None,
        refresh_expires_at=None,
        created_at=now,
        expires_at=now + policy.grant_lifetime,
        revoked_at=None,
        purpose_ids=ask.purpose_ids,
        legal_basis=ask.legal_basis,
        cnf={JKT: request.dpop_jkt} if request.dpop_jkt is not None else None,
    )
