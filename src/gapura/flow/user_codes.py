"""Finding the request behind a typed user code, under the same limits on failures as every other guess.

Who guesses one right has won little: they would let a stranger's device at their own data. What the limits hold off is
asking whose devices wait (RFC 8628 §5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from gapura.flow.decoupled import DecoupledRequest
from gapura.flow.sign_in import Limited, PerAddress
from gapura.identity.throttle import Blocked, Counted, Crowded, Limit, LimitsGuesses
from gapura.protocol.user_code import typed
from gapura.values import Instant

WRONG, MISSING = "user_code_wrong", "user_code_missing"
# Not forgiving: who has a code of their own could begin anew by it as often as they like.
PER_GUESSER = Limit(10, timedelta(minutes=10))


class FindsByUserCode(Protocol):
    async def of_user_code(self, user_code: str, now: Instant) -> DecoupledRequest | None:
        """Raises Unavailable; what has expired or was answered is not there any more."""
        ...


@dataclass(frozen=True, slots=True)
class Guesser:
    """Whose guess it is: the network address, and the session or, before one, the browser."""

    ip: str
    name: str


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Unknown, answered, expired, or no code at all: nobody learns which."""


Guess: TypeAlias = DecoupledRequest | WrongCode | Limited


@dataclass(frozen=True, slots=True)
class UserCodes:
    requests: FindsByUserCode
    throttle: LimitsGuesses
    addresses: PerAddress

    async def find(self, text: str, guesser: Guesser, now: Instant) -> Guess:
        """The request that waits for an answer. Raises Unavailable: then nothing was judged."""
        wait = await self.addresses.seconds_to_wait(guesser.ip, now)
        if wait:
            return Limited(wait)
        place = await self.throttle.claim((Counted(("user-code", guesser.name), PER_GUESSER),), now)
        match place:
            case Blocked(seconds):
                return Limited(seconds)
            case Crowded():
                return Limited(1)
        user_code = typed(text)
        found = await self.requests.of_user_code(user_code, now) if user_code is not None else None
        await self.throttle.settle(place, now, right=found is not None)
        if found is None:
            await self.addresses.failed(guesser.ip, now)
            return WrongCode()
        return found
