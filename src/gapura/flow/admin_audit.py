"""The audit as an operator reads it; reading it is written down too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapura.flow.order import Order
from gapura.flow.records import AuditFilter, AuditPage, ReadsAudit
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the newest `rows` of the chain say, up to number `upto`."""

    upto: int
    rows: int
    holds: bool


class ChecksChain(Protocol):
    async def state(self) -> ChainState:
        """Raises Unavailable."""
        ...


class WritesEntries(Protocol):
    async def write(self, order: Order, action: str, object: str, detail: dict[str, str]) -> None:
        """Return after the commit. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class AdministersAudit:
    log: ReadsAudit
    chain: ChecksChain
    entries: WritesEntries

    async def page(
        self, which: AuditFilter, order: Order, size: int, cursor: str | None
    ) -> tuple[AuditPage, ChainState]:
        """Raises PageError for a cursor that is none."""
        page, state = await self.log.page(which, order.at, size, cursor), await self.chain.state()
        given = {"actor": which.actor, "action": which.action, "object": which.object}
        detail = {name: value for name, value in given.items() if value is not None}
        detail |= {
            name: _day(at) for name, at in (("since", which.since), ("until", which.until)) if at is not None
        }
        await self.entries.write(order, "audit.read", "audit", detail)
        return page, state


def _day(at: Instant) -> str:
    return at.isoformat(timespec="minutes")
