"""What flow asks of the accounts; `storage/accounts.py` answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from gapura.identity.contacts import Identifier
from gapura.identity.person import Person
from gapura.identity.session import Browser
from gapura.values import AccountId, Instant, Secret


@dataclass(frozen=True, slots=True)
class Found:
    """Whom an identifier leads to. `known_browser`: this person has signed in from there before."""

    person: Person
    password_hash: str | None = field(repr=False)
    known_browser: bool


@dataclass(frozen=True, slots=True)
class TotpCredential:
    id: UUID
    secret: Secret


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """What an account is given to prove itself with; `used_step`: the TOTP step that proved the app, spent with it."""

    password_hash: str | None = field(default=None, repr=False)
    totp: Secret | None = None
    used_step: int | None = None


class KeepsAccounts(Protocol):
    """What signing in needs of the accounts. All raise Unavailable."""

    async def find(self, identifier: Identifier, browser: Browser) -> Found | None: ...

    async def found(self, account_id: AccountId, browser: Browser) -> Found | None:
        """The same for an account that is known already."""
        ...

    async def totp(self, account_id: AccountId) -> tuple[TotpCredential, ...]: ...

    async def use_step(self, account_id: AccountId, credential_id: UUID, step: int, now: Instant) -> bool:
        """Claim a time step; True for exactly one of all who ever ask for it or an earlier one."""
        ...

    async def rehash(self, account_id: AccountId, old: str, new: str) -> None:
        """Put `new` in the place of `old`, unless the password has changed meanwhile."""
        ...
