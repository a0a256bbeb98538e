"""Entries as the rest of the program writes them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from gapura.flow.records import AuditEntry, DataUse
from gapura.values import AgencyId, CitizenId, ClientId, GrantId, Instant, PurposeId

CITIZEN = CitizenId(UUID(int=1))
GRANT = GrantId(UUID(int=2))


def use(at: Instant, **changes: object) -> DataUse:
    made = DataUse(
        at=at,
        citizen_id=CITIZEN,
        agency_id=AgencyId("tax"),
        client_id=ClientId("tax-app"),
        purpose_ids=(PurposeId(UUID(int=3)),),
        legal_basis="CONSENT",
        action="userinfo",
        attributes=("nik", "name"),
        grant_id=GRANT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def entry(at: Instant, **changes: object) -> AuditEntry:
    made = AuditEntry(
        at, "operator", "operator:1", "client.disable", "client:tax-app", {"fields": ["status"]}
    )
    return replace(made, **changes)  # type: ignore[arg-type]
