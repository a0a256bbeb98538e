"""Who is at the door: the live session, its person, and what they have agreed with the client that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.disclosure.consent import Consent
from gapura.flow.next_step import Authenticated
from gapura.identity.person import Person
from gapura.values import AccountId, ClientId, SessionId


@dataclass(frozen=True, slots=True)
class Visit:
    """`sub` and `standing` are None where the client's sector or the client hasn't met this person yet."""

    signed_in: Authenticated
    person: Person
    sub: str | None
    standing: Consent | None


class ReadsVisits(Protocol):
    async def visit(self, session_id: SessionId, client_id: ClientId, sector: str) -> Visit | None:
        """One statement; None when the session has ended. Raises Unavailable."""
        ...


class ReadsPeople(Protocol):
    async def person(self, account_id: AccountId) -> Person | None:
        """Who an account is today, with enrolled factors and roles. Raises Unavailable."""
        ...
