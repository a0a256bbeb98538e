"""What citizens see and do in their own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gapura.disclosure.consent import Consent
from gapura.flow.order import Order
from gapura.values import AccountId, CitizenId, ClientId, Instant, SessionId


@dataclass(frozen=True, slots=True)
class ConnectedClient:
    """A client that a citizen is connected to, with the last sign-in there."""

    client_id: ClientId
    legal_basis: str
    consent: Consent
    last_used_at: Instant | None


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session of this account somewhere; `user_agent` is what its browser called itself."""

    id: SessionId
    auth_time: Instant
    acr: str
    user_agent: str
    client_ids: Sequence[ClientId]


class ReadsLiveSessions(Protocol):
    async def of(self, account_id: AccountId, now: Instant) -> tuple[LiveSession, ...]:
        """The newest first. Raises Unavailable."""
        ...


class KeepsConnectedClients(Protocol):
    async def standing(self, citizen_id: CitizenId) -> tuple[ConnectedClient, ...]: ...

    async def withdraw(self, citizen_id: CitizenId, client_id: ClientId, order: Order) -> bool:
        """End the consent, every grant that stands on it and the person's sessions at the client.

        False when none stood. Raises Unavailable: then nothing has ended.
        """
        ...
