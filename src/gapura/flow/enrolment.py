"""An operator's enrolment: a link good for one use and one hour sets password and second factor together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gapura.flow.accounts import NewCredentials
from gapura.flow.sign_in import OTP_WRONG, HashesPasswords
from gapura.identity.factors import password, totp
from gapura.values import AccountId, Instant, Secret

LINK_LIFETIME = timedelta(hours=1)
PATH = "/enrol/{secret}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an open link is for; `totp` is the secret that this enrolment would set."""

    account_id: AccountId
    name: str
    totp: Secret


class KeepsEnrolments(Protocol):
    """Raises Unavailable."""

    async def offer(self, link: Secret, now: Instant) -> Offer | None:
        """None when the link is unknown, used or too old."""
        ...

    async def enrol(self, link: Secret, credentials: NewCredentials, now: Instant) -> AccountId | None:
        """Use the link up and set both credentials, with their audit rows; exactly one of many succeeds."""
        ...


@dataclass(frozen=True, slots=True)
class Enrolled:
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class Refused:
    """`faults` has a code of `web/phrases.py` for each field that is wrong."""

    faults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Enrolment:
    enrolments: KeepsEnrolments
    passwords: HashesPasswords

    async def offer(self, link: Secret, now: Instant) -> Offer | None:
        return await self.enrolments.offer(link, now)

    async def complete(
        self, link: Secret, secret: Secret, typed_code: str, now: Instant
    ) -> Enrolled | Refused | None:
        """Set both credentials, or neither; None when the link leads nowhere."""
        offer = await self.offer(link, now)
        if offer is None:
            return None
        code = totp.typed_code(typed_code)
        step = totp.matching_step(offer.totp, code, now) if code is not None else None
        fault = password.fault(secret)
        if fault is not None or step is None:
            faults = {"password": fault, "otp": OTP_WRONG if step is None else None}
            return Refused({field: code for field, code in faults.items() if code is not None})
        credentials = NewCredentials(await self.passwords.hash(secret), offer.totp, step)
        account_id = await self.enrolments.enrol(link, credentials, now)
        return Enrolled(account_id) if account_id is not None else None
