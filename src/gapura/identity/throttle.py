"""How many wrong guesses are too many (NIST SP 800-63B §5.2.2), and what a counter says to the next one.

A guess claims a place before it is judged and is settled after, so that guesses in parallel can't be more than guesses
in a row, and a worker that dies in between leaves a failure, never a free try. What turns out right gives its place
back: only failures count, and for an identifier that nobody has they count alike.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeAlias

from gapura.values import Instant

LONGEST_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` in a window: the one that fills it blocks for as long again.

    After a block the next window is `growth` times as long; one that passes unfilled brings the first length back.
    `consecutive`: the most without a success in between. `forgiving`: a success forgets the failures before it.
    """

    failures: int
    window: timedelta
    growth: float = 1.0
    consecutive: int | None = None
    forgiving: bool = False


PER_MINUTE = Limit(5, timedelta(minutes=1))
PER_PERSON = Limit(50, timedelta(hours=12), growth=1.1, consecutive=100)
PER_CODE = Limit(10, timedelta(minutes=10), consecutive=100, forgiving=True)


@dataclass(frozen=True, slots=True)
class Counter:
    """`failures` counts what turned out wrong and what is `pending`: has claimed a place and isn't judged yet."""

    failures: int
    pending: int
    consecutive: int
    window_started_at: Instant
    window: timedelta
    blocked_until: Instant | None = None

    def at(self, now: Instant, limit: Limit) -> Counter:
        """As it counts at `now`: a window or a block that is over makes room for the next window."""
        over = self.blocked_until or self.window_started_at + self.window
        if now < over:
            return self
        grown = min(self.window * limit.growth, LONGEST_WINDOW)
        window = limit.window if self.blocked_until is None else grown
        return Counter(0, 0, self.consecutive, now, window)


@dataclass(frozen=True, slots=True)
class Blocked:
    """No guess is taken for `seconds`."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Crowded:
    """So many guesses are under way that one more might be too many: ask again when some are settled."""


Claim: TypeAlias = Counter | Blocked | Crowded


def claim(counter: Counter, limit: Limit, now: Instant) -> Claim:
    """The counter with one more place taken, or why there is none."""
    counter = counter.at(now, limit)
    if counter.blocked_until is not None:
        return Blocked(max(1, math.ceil((counter.blocked_until - now).total_seconds())))
    spent = limit.consecutive is not None and counter.consecutive >= limit.consecutive
    if spent or counter.failures >= limit.failures:
        # Time alone opens no counter whose `consecutive` is spent: a success elsewhere or an officer does.
        return Crowded() if counter.pending else Blocked(int(LONGEST_WINDOW.total_seconds()))
    return replace(
        counter,
        failures=counter.failures + 1,
        pending=counter.pending + 1,
        consecutive=counter.consecutive + 1,
    )


def settle(counter: Counter, limit: Limit, now: Instant, *, right: bool) -> Counter:
    """The counter after a guess that had claimed a place in it was judged."""
    if not counter.pending:  # its window is over, and the place with it
        return replace(counter, consecutive=0) if right else counter
    pending = counter.pending - 1
    if right:
        failures = pending if limit.forgiving else counter.failures - 1
        return replace(counter, failures=failures, pending=pending, consecutive=0)
    full = counter.failures - pending >= limit.failures
    return replace(
        counter, pending=pending, blocked_until=now + counter.window if full else counter.blocked_until
    )


@dataclass(frozen=True, slots=True, repr=False)
class Counted:
    """A counter's name and its limit; the parts of a name are digested under a key before they are stored."""

    name: tuple[str, ...]
    limit: Limit


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Whom a guess is about: an account's id, or what was typed when there is none, alike.

    `device` is the cookie of a browser where this person has signed in before. It has counters of its own, so that
    nobody can lock a citizen out of it by guessing elsewhere.
    """

    name: str
    ip: str
    device: str | None = None


def password_counters(subject: Subject) -> tuple[Counted, ...]:
    if subject.device is not None:
        return (
            Counted(("device-minute", subject.name, subject.device), PER_MINUTE),
            Counted(("device", subject.name, subject.device), PER_PERSON),
        )
    return (
        Counted(("ip-minute", subject.name, network_of(subject.ip)), PER_MINUTE),
        Counted(("person", subject.name), PER_PERSON),
    )


def code_counters(subject: Subject) -> tuple[Counted, ...]:
    if subject.device is not None:
        return (Counted(("device-code", subject.name, subject.device), PER_CODE),)
    return (Counted(("code", subject.name), PER_CODE),)


def network_of(ip: str) -> str:
    """The address that is one customer's: IPv6 comes in /64 networks, of which one is a person's to wander in."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if address.version == 4:  # noqa: PLR2004 -- IPv4
        return str(address)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or ipaddress.ip_network((address, 64), strict=False).network_address)


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """A place that a guess has claimed, to be settled once."""

    counters: tuple[Counted, ...]


class LimitsGuesses(Protocol):
    """All raise Unavailable: then nothing is judged, or nothing is answered."""

    async def claim(self, counters: tuple[Counted, ...], now: Instant) -> Place | Blocked | Crowded:
        """Take a place in all of `counters`, or in none."""
        ...

    async def settle(self, place: Place, now: Instant, *, right: bool) -> None: ...

    async def relieve(self, counters: tuple[Counted, ...]) -> None:
        """Begin the count of consecutive failures anew: the person has shown elsewhere that they are there."""
        ...
