"""Judging what people type to prove who they are.

Whoever asks learns the same from an unknown identifier, a wrong password and an account that may not sign in: the
same answer, after the same work. What differs is only for who has typed everything right.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gapura.flow.accounts import Found, KeepsAccounts
from gapura.flow.can_authenticate import can_authenticate
from gapura.identity.contacts import Identifier, read_identifier
from gapura.identity.factors import FACTORS, amr_of, password, totp
from gapura.identity.person import Person
from gapura.identity.session import Browser
from gapura.identity.throttle import (
    Blocked,
    Counted,
    Crowded,
    LimitsGuesses,
    Place,
    Subject,
    code_counters,
    password_counters,
)
from gapura.values import AccountId, Instant, Secret

CROWDED_TRIES = 60
CROWDED_PAUSE = 0.05  # seconds: about the time of one hash

IMPLAUSIBLE = Secret("no password is like this")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Everything that this person has to prove is proved, by the methods of `amr` (RFC 8176)."""

    person: Person
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedsSecondFactor:
    """The first factor was right, and the person has others, one of which is asked for every time."""

    person: Person
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """`code` is of `web/phrases.py`."""

    code: str


@dataclass(frozen=True, slots=True)
class Limited:
    """Too many failures, here or for this identifier; `retry_after` in seconds."""

    retry_after: int


Judgement: TypeAlias = SignedIn | NeedsSecondFactor | Failed | Limited

SIGN_IN_FAILED, OTP_WRONG, OTP_USED = "sign_in_failed", "otp_wrong", "otp_used"


class PasswordVerdict(Protocol):
    @property
    def ok(self) -> bool: ...

    @property
    def rehash(self) -> bool: ...


class HashesPasswords(Protocol):
    """Both raise Unavailable when too many wait."""

    @property
    def dummy(self) -> str: ...

    async def hash(self, password: Secret) -> str: ...

    async def verify(self, hash_text: str, password: Secret) -> PasswordVerdict: ...


class PerAddress(Protocol):
    """Failures from one network address in a minute, whoever they were about."""

    async def seconds_to_wait(self, ip: str, now: Instant) -> int:
        """0 while there may be more failures."""
        ...

    async def failed(self, ip: str, now: Instant) -> None: ...


@dataclass(frozen=True, slots=True)
class Proofs:
    """Checks passwords and codes, under the limits on failures."""

    accounts: KeepsAccounts
    throttle: LimitsGuesses
    addresses: PerAddress
    passwords: HashesPasswords

    async def check_password(self, typed: str, secret: Secret, browser: Browser, now: Instant) -> Judgement:
        """Raises Unavailable when a store or the hashing pool can't serve: then nothing was judged."""
        identifier = read_identifier(typed)
        found = await self.accounts.find(identifier, browser)
        place = await self._place(password_counters(_subject(found, identifier, browser)), browser, now)
        if not isinstance(place, Place):
            return place
        if not await self._is_password(found, secret) or found is None:
            await self._wrong(place, browser, now)
            return Failed(SIGN_IN_FAILED)
        await self._right(place, found, browser, now)
        amr = (FACTORS["password"].amr,)
        return NeedsSecondFactor(found.person, amr) if found.person.factors else SignedIn(found.person, amr)

    async def check_totp(
        self, account_id: AccountId, proved: tuple[str, ...], typed: str, browser: Browser, now: Instant
    ) -> Judgement:
        """`proved` is the `amr` of the first factor, or of the session that this steps up."""
        found = await self.accounts.found(account_id, browser)
        if found is None or can_authenticate(found.person, None) is not None:
            return Failed(SIGN_IN_FAILED)
        subject = _subject(found, None, browser)
        place = await self._place(code_counters(subject), browser, now)
        if not isinstance(place, Place):
            return place
        fault = await self._totp_fault(account_id, typed, now)
        if fault is not None:
            await self._wrong(place, browser, now)
            return Failed(fault)
        await self._right(place, found, browser, now)
        return SignedIn(found.person, amr_of((*proved, FACTORS["totp"].amr)))

    async def _place(self, counters: tuple[Counted, ...], browser: Browser, now: Instant) -> Place | Limited:
        """A place among the guesses; where many are under way, once enough of them are settled."""
        wait = await self.addresses.seconds_to_wait(browser.ip, now)
        if wait:
            return Limited(wait)
        claimed = await self.throttle.claim(counters, now)
        for _ in range(CROWDED_TRIES):
            if not isinstance(claimed, Crowded):
                break
            await asyncio.sleep(CROWDED_PAUSE)
            claimed = await self.throttle.claim(counters, now)
        match claimed:
            case Blocked(seconds):
                return Limited(seconds)
            case Crowded():
                return Limited(1)
        return claimed

    async def _is_password(self, found: Found | None, secret: Secret) -> bool:
        """One hash is computed, whoever it is."""
        plausible = password.may_be_one(secret)
        expected = found.password_hash if found is not None and plausible else None
        if found is None or can_authenticate(found.person, None) is not None:
            expected = None
        verdict = await self.passwords.verify(
            expected or self.passwords.dummy, secret if plausible else IMPLAUSIBLE
        )
        if found is None or expected is None or not verdict.ok:
            return False
        if verdict.rehash:
            await self.accounts.rehash(found.person.account_id, expected, await self.passwords.hash(secret))
        return True

    async def _totp_fault(self, account_id: AccountId, typed: str, now: Instant) -> str | None:
        code = totp.typed_code(typed)
        for credential in await self.accounts.totp(account_id):
            step = totp.matching_step(credential.secret, code, now) if code is not None else None
            if step is not None:
                used = await self.accounts.use_step(account_id, credential.id, step, now)
                return None if used else OTP_USED
        return OTP_WRONG

    async def _wrong(self, place: Place, browser: Browser, now: Instant) -> None:
        """Counted before the answer leaves."""
        await self.throttle.settle(place, now, right=False)
        await self.addresses.failed(browser.ip, now)

    async def _right(self, place: Place, found: Found, browser: Browser, now: Instant) -> None:
        await self.throttle.settle(place, now, right=True)
        if found.known_browser:
            # What strangers have counted elsewhere is not this person's doing.
            elsewhere = Subject(str(found.person.account_id), browser.ip)
            await self.throttle.relieve((*password_counters(elsewhere), *code_counters(elsewhere)))


def _subject(found: Found | None, identifier: Identifier | None, browser: Browser) -> Subject:
    if found is not None:
        device = browser.device.reveal() if found.known_browser and browser.device is not None else None
        return Subject(str(found.person.account_id), browser.ip, device)
    typed = identifier or Identifier("unknown", "")
    return Subject(f"{typed.kind}:{typed.value}", browser.ip)
