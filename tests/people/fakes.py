"""The ports of the sign-in in memory, under the same rules as the stores."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from dataclasses import replace
from uuid import UUID

from gapura.flow.accounts import Found, TotpCredential
from gapura.identity import throttle
from gapura.identity.contacts import Identifier
from gapura.identity.person import Person
from gapura.identity.session import Browser
from gapura.identity.throttle import Blocked, Counted, Counter, Crowded, Place
from gapura.values import AccountId, Instant


class FakeThrottle:
    def __init__(self) -> None:
        self.counters: dict[tuple[str, ...], Counter] = {}

    async def claim(self, counters: tuple[Counted, ...], now: Instant) -> Place | Blocked | Crowded:
        await asyncio.sleep(0)
        changed = {}
        for counted in counters:
            fresh = Counter(0, 0, 0, now, counted.limit.window)
            claimed = throttle.claim(self.counters.get(counted.name, fresh), counted.limit, now)
            if not isinstance(claimed, Counter):
                return claimed
            changed[counted.name] = claimed
        self.counters.update(changed)
        return Place(counters)

    async def settle(self, place: Place, now: Instant, *, right: bool) -> None:
        await asyncio.sleep(0)
        for counted in place.counters:
            held = self.counters[counted.name]
            self.counters[counted.name] = throttle.settle(held, counted.limit, now, right=right)

    async def relieve(self, counters: tuple[Counted, ...]) -> None:
        for counted in counters:
            if counted.name in self.counters:
                self.counters[counted.name] = replace(self.counters[counted.name], consecutive=0)


class FakeAddresses:
    def __init__(self, most: int) -> None:
        self.most, self.failures = most, Tally[str]()

    async def seconds_to_wait(self, ip: str, now: Instant) -> int:
        return 60 - now.second if self.failures[ip] >= self.most else 0

    async def failed(self, ip: str, now: Instant) -> None:
        self.failures[ip] += 1


class FakeAccounts:
    def __init__(self) -> None:
        self.people: dict[AccountId, Person] = {}
        self.by_identifier: dict[tuple[str, str], AccountId] = {}
        self.hashes: dict[AccountId, str] = {}
        self.secrets: dict[AccountId, TotpCredential] = {}
        self.steps: dict[UUID, int] = {}
        self.devices: set[tuple[AccountId, str]] = set()

    async def find(self, identifier: Identifier, browser: Browser) -> Found | None:
        account_id = self.by_identifier.get((identifier.kind, identifier.value))
        return None if account_id is None else await self.found(account_id, browser)

    async def found(self, account_id: AccountId, browser: Browser) -> Found | None:
        person = self.people.get(account_id)
        known = browser.device is not None and (account_id, browser.device.reveal()) in self.devices
        return None if person is None else Found(person, self.hashes.get(account_id), known)

    async def totp(self, account_id: AccountId) -> tuple[TotpCredential, ...]:
        await asyncio.sleep(0)
        return (self.secrets[account_id],) if account_id in self.secrets else ()

    async def use_step(self, account_id: AccountId, credential_id: UUID, step: int, now: Instant) -> bool:
        if self.steps.get(credential_id, -1) >= step:
            return False
        self.steps[credential_id] = step
        return True

    async def rehash(self, account_id: AccountId, old: str, new: str) -> None:
        if self.hashes[account_id] == old:
            self.hashes[account_id] = new
