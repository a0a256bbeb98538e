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
Action: TypeAlias = Literal["userinfo", "id_token", "operator_view", "export"]
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


class RecordsUse(Protocol):
    """No row, no data: a release waits for `record_use`, which returns after the commit or raises Unavailable."""

    async def record_use(self, entry: DataUse) -> None: ...
