"""How often a person may be asked out of the blue: who is asked again and again says yes in the end.

What a yes answers was no nuisance and gives its place back. Counted alike for whom nobody here knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gapura.errors import OAuthError
from gapura.identity.throttle import Blocked, Counted, Limit, LimitsGuesses, Place
from gapura.values import AccountId, ClientId, Instant

WINDOW = timedelta(hours=1)
CLIENTS = 3  # no single client takes all that one person is asked
SOON = 60  # seconds


@dataclass(frozen=True, slots=True)
class ApprovalLimit:
    """`per_hour` requests of one client to one person may go without a yes."""

    throttle: LimitsGuesses
    per_hour: int

    async def claim(self, person: str, client_id: ClientId, now: Instant) -> None:
        """`person` is an account's id, or the hint where it leads to none. Raises OAuthError("access_denied")."""
        claimed = await self.throttle.claim(self._counters(person, client_id), now)
        if isinstance(claimed, Place):
            return
        wait = claimed.seconds if isinstance(claimed, Blocked) else SOON
        raise OAuthError(
            "access_denied",
            status=403,
            headers={"Retry-After": str(wait)},
            detail="too many requests without a yes",
            description="this person was asked too often without saying yes; ask again later",
        )

    async def answered(self, account_id: AccountId, client_id: ClientId, now: Instant, *, yes: bool) -> None:
        place = Place(self._counters(str(account_id), client_id))
        await self.throttle.settle(place, now, right=yes)

    def _counters(self, person: str, client_id: ClientId) -> tuple[Counted, ...]:
        return (
            Counted(("asked-by", person, client_id), Limit(self.per_hour, WINDOW)),
            Counted(("asked", person), Limit(CLIENTS * self.per_hour, WINDOW)),
        )
