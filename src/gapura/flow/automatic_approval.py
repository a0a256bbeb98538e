"""A yes or a no to a backchannel authentication request without a person, for tests: sandbox alone.

As in `headless.py` only the proof of who it is falls away.
"""

from __future__ import annotations

from dataclasses import dataclass

from gapura.errors import OAuthError
from gapura.flow.accounts import KeepsAccounts
from gapura.flow.authorize import Open
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.decoupled import DecoupledRequest, KeepsDecoupled
from gapura.flow.demand import demand_of
from gapura.flow.directory import ReadsDirectory
from gapura.flow.headless import METHODS, agree_to_all
from gapura.flow.journey import Journey, RaisesSessions
from gapura.flow.sign_in import SignedIn
from gapura.identity.acr import LEVELS
from gapura.identity.session import Browser
from gapura.protocol.client import Client
from gapura.values import LOW, Instant, Secret, opaque_digest

ALLOW, DENY = "allow", "deny"


@dataclass(frozen=True, slots=True)
class AutomaticApproval:
    requests: KeepsDecoupled
    directory: ReadsDirectory
    accounts: KeepsAccounts
    sessions: RaisesSessions
    journey: Journey

    async def answer(self, auth_req_id: Secret, action: str, browser: Browser, now: Instant) -> None:
        """Raises OAuthError("invalid_request") where nothing waits, "access_denied" for a person who may not sign in."""
        if action not in {ALLOW, DENY}:
            raise OAuthError("invalid_request", description=f"action is neither {ALLOW} nor {DENY}")
        found = await self.requests.of_digest(opaque_digest(auth_req_id.reveal()), now)
        client = await self.directory.client(found.request.client_id) if found is not None else None
        if found is None or client is None:
            raise OAuthError("invalid_request", description="no request with this auth_req_id waits")
        if action == DENY:
            await self.journey.authorize.approval.deny(found.goal, now)
            return
        session, _ = await self.sessions.rise(await self._proved(found, client, browser, now), browser, now)
        outcome = await agree_to_all(self.journey, found.goal, session.id, browser, now)
        if not isinstance(outcome, Open):
            raise OAuthError("interaction_required", description="the level is not enough for this request")

    async def _proved(
        self, found: DecoupledRequest, client: Client, browser: Browser, now: Instant
    ) -> SignedIn:
        account = await self.accounts.found(found.account_id, browser) if found.account_id else None
        if account is None or can_authenticate(account.person, client) is not None:
            raise OAuthError("access_denied", description="the person of this request may not sign in here")
        demand = demand_of(found.request, client, None, now)
        asked = [acr for acr in (*demand.wished_acrs, *demand.binding_acrs) if acr in METHODS]
        return SignedIn(account.person, METHODS[max(asked, key=LEVELS.index, default=LOW)])
