"""What is written down for good: an audit entry for each change, a data-use entry for each release.

`storage/records.py` keeps them. Both name people by opaque ids; what says more lies sealed in the `Note`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias
from uuid import UUID, uuid4

from gapura.values import AgencyId, CitizenId, ClientId, GrantId, Instant, PurposeId

ActorKind: TypeAlias = Literal["citizen", "operator", "client", "system"]
Action: TypeAlias = Literal["userinfo", "id_token", "operator_view", "export", "exchange"]
Detail: TypeAlias = Mapping[str, str | int | bool | Sequence[str] | None]


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """Why and from where, sealed before it is stored: free words and addresses may name a person."""

    reason: str = ""
    reference: str = ""
    ip: str = ""
    user_agent: str = ""

    def __bool__(self) -> bool:
        return bool(self.reason or self.reference or self.ip or self.user_agent)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` and `object` are ids such as an account's or `client:tax`; `detail` holds ids and names of fields."""

    at: Instant
    actor_kind: ActorKind
    actor: str
    action: str
    object: str
    detail: Detail = field(default_factory=dict)
    note: Note = field(default=Note(), repr=False)
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class DataUse:
    """One release of a citizen's data; `attributes` are the names of what went out (`disclosure/attributes.py`)."""

    at: Instant
    citizen_id: CitizenId
    agency_id: AgencyId
    client_id: ClientId
    purpose_ids: tuple[PurposeId, ...]
    legal_basis: str
    action: Action
    attributes: tuple[str, ...]
    grant_id: GrantId | None = None
    note: Note = field(default=Note(), repr=False)
    hidden_until: Instant | None = None  # only where a law names an end
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class UseFilter:
    """Whose rows, and which of them; `until` itself is not included."""

    citizen_id: CitizenId
    agency_id: AgencyId | None = None
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """`count` releases of the same attributes under the same grant, from `first_at` to `at`; `id` is the latest's."""

    id: UUID
    at: Instant
    first_at: Instant
    count: int
    agency_id: AgencyId
    client_id: ClientId
    grant_id: GrantId | None
    purpose_ids: tuple[PurposeId, ...]
    legal_basis: str
    action: str
    attributes: tuple[str, ...]
    note: Note = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsePage:
    """`older` is the cursor of the next page, None on the last."""

    uses: tuple[Use, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """All that is given must hold; `until` itself is not included."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`seq` is the row's number in the chain, None until it is chained."""

    entry: AuditEntry
    seq: int | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`older` is the cursor of the next page, None on the last."""

    lines: tuple[AuditLine, ...]
    older: str | None


class RecordsUse(Protocol):
    """No row, no data: a release waits for `record_use`, which returns after the commit or raises Unavailable."""

    async def record_use(self, entry: DataUse) -> None: ...


class ReadsUses(Protocol):
    async def page(
        self, which: UseFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> UsePage:
        """Lines, the newest first, repeats of one grant within the hour as one. Raises PageError for no cursor."""
        ...


class ReadsAudit(Protocol):
    async def page(
        self, which: AuditFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> AuditPage:
        """Entries, the newest first. Who reads them writes one of their own. Raises PageError for no cursor."""
        ...
