"""Failures by network address, in Redis: a brake on whoever tries many people, for which a rough count will do."""

from __future__ import annotations

import ipaddress

from gapura.identity.throttle import network_of
from gapura.storage.cache import Cache
from gapura.values import Instant

KIND = "address-failures"
WINDOW_SECONDS = 60


class Addresses:
    """Implements `flow.sign_in.PerAddress`: at most `most` failures in a minute of the clock.

    `spare_loopback` is for the sandbox, where every test comes from one address.
    """

    def __init__(self, cache: Cache, most: int, *, spare_loopback: bool) -> None:
        self._cache, self._most, self._spare_loopback = cache, most, spare_loopback

    async def seconds_to_wait(self, ip: str, now: Instant) -> int:
        if self._is_spared(ip):
            return 0
        counted = await self._cache.counted(KIND, _name(ip, now))
        return WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS if counted >= self._most else 0

    async def failed(self, ip: str, now: Instant) -> None:
        if not self._is_spared(ip):
            await self._cache.count(KIND, _name(ip, now), 2 * WINDOW_SECONDS)

    def _is_spared(self, ip: str) -> bool:
        if not self._spare_loopback:
            return False
        try:
            return ipaddress.ip_address(ip).is_loopback
        except ValueError:
            return False


def _name(ip: str, now: Instant) -> str:
    """The minute is part of the name, so that no count outlives it."""
    return f"{network_of(ip)} {int(now.timestamp()) // WINDOW_SECONDS}"
