"""How messages to clients stand, for the people who run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias
from uuid import UUID

from gapura.values import ClientId, Instant

Kind: TypeAlias = Literal["backchannel_logout", "ciba_ping", "approval_mail"]
BACKCHANNEL_LOGOUT: Final = "backchannel_logout"
CIBA_PING: Final = "ciba_ping"
APPROVAL_MAIL: Final = "approval_mail"
Status: TypeAlias = Literal["waiting", "retrying", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a message stands, for the people who run its client; `error` is a short word such as `status 500`."""

    id: UUID
    kind: Kind
    client_id: ClientId
    attempts: int
    created_at: Instant
    due_at: Instant
    delivered_at: Instant | None
    dead_at: Instant | None
    error: str | None

    @property
    def status(self) -> Status:
        if self.delivered_at:
            return "delivered"
        if self.dead_at:
            return "dead"
        return "retrying" if self.attempts else "waiting"


class ReadsDeliveries(Protocol):
    async def status(
        self, client_ids: Iterable[ClientId], since: Instant, most: int = 100
    ) -> Sequence[Delivery]:
        """The newest messages of these clients, first."""
        ...
