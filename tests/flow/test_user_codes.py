"""Guessing user codes, with the network's count apart from the browser's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from gapura.flow.decoupled import DecoupledRequest
from gapura.flow.sign_in import Limited
from gapura.flow.user_codes import Guesser, UserCodes, WrongCode
from gapura.identity.throttle import Blocked, Counted, Crowded, Place
from gapura.values import Instant

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HERE = Guesser("203.0.113.7", "browser")


@dataclass
class NoRequests:
    looked: list[str] = field(default_factory=list)

    async def of_user_code(self, user_code: str, now: Instant) -> DecoupledRequest | None:
        assert now
        self.looked.append(user_code)
        return None


@dataclass
class Throttle:
    answer: Blocked | Crowded | None = None
    settled: list[bool] = field(default_factory=list)

    async def claim(self, counters: tuple[Counted, ...], now: Instant) -> Place | Blocked | Crowded:
        assert now
        return self.answer or Place(counters)

    async def settle(self, place: Place, now: Instant, *, right: bool) -> None:
        assert place
        assert now
        self.settled.append(right)

    async def relieve(self, counters: tuple[Counted, ...]) -> None:
        raise AssertionError(counters)


@dataclass
class Addresses:
    wait: int = 0
    failures: list[str] = field(default_factory=list)

    async def seconds_to_wait(self, ip: str, now: Instant) -> int:
        assert ip
        assert now
        return self.wait

    async def failed(self, ip: str, now: Instant) -> None:
        assert now
        self.failures.append(ip)


async def test_a_wrong_code_counts_for_the_browser_and_for_the_network() -> None:
    throttle, addresses = Throttle(), Addresses()
    assert await UserCodes(NoRequests(), throttle, addresses).find("BCDF-GHJK", HERE, NOW) == WrongCode()
    assert (throttle.settled, addresses.failures) == ([False], [HERE.ip])


async def test_what_is_no_code_counts_and_is_not_looked_for() -> None:
    requests, throttle = NoRequests(), Throttle()
    assert await UserCodes(requests, throttle, Addresses()).find("1234", HERE, NOW) == WrongCode()
    assert (throttle.settled, requests.looked) == ([False], [])


@pytest.mark.parametrize(
    ("busy", "seconds"),
    [
        pytest.param(lambda: (Throttle(), Addresses(wait=40)), 40, id="the network has failed too often"),
        pytest.param(lambda: (Throttle(Blocked(500)), Addresses()), 500, id="the browser has failed too often"),
        pytest.param(lambda: (Throttle(Crowded()), Addresses()), 1, id="many guesses are under way"),
    ],
)  # fmt: skip
async def test_beyond_a_limit_nothing_is_looked_for(
    busy: Callable[[], tuple[Throttle, Addresses]], seconds: int
) -> None:
    requests, (throttle, addresses) = NoRequests(), busy()
    assert await UserCodes(requests, throttle, addresses).find("BCDF-GHJK", HERE, NOW) == Limited(seconds)
    assert (requests.looked, throttle.settled, addresses.failures) == ([], [], [])
