"""Operators at their desk: what they are called, what their roles allow, and how long they may be away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gapura.values import AccountId, SessionId

OPERATOR_IDLE = timedelta(minutes=10)
FRESH = timedelta(minutes=10)
"""How old a sign-in may be when something dangerous is done."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`permissions` are those of all roles of an operator today (`identity/roles.py`)."""

    name: str
    permissions: frozenset[str]


class ReadsOperators(Protocol):
    """Raises Unavailable."""

    async def standing(self, account_id: AccountId) -> Standing | None:
        """None for who is no active operator."""
        ...

    async def names(self) -> Mapping[str, str]:
        """The names of all operators by the id that the audit knows them by."""
        ...


class KeepsIdleClocks(Protocol):
    """An operator's session ends sooner than a citizen's when nobody uses it. Raises Unavailable."""

    async def goes_on(self, session_id: SessionId) -> bool:
        """Set the clock anew; False when it has run out or was never started."""
        ...

    async def start(self, session_id: SessionId) -> None: ...
