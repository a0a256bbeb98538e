"""Agencies and purposes as administrators add them."""

from __future__ import annotations

from uuid import uuid4

from gapura.disclosure.purposes import Purpose
from gapura.flow.admin_agencies import AgencyDraft, PurposeDraft
from gapura.flow.directory import Agency
from gapura.flow.order import Order
from gapura.storage.agencies import add_agency, add_purpose
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.values import AgencyId, PurposeId

_HOLD = "select from agency where id = %s for update"  # two versions at once come one after the other
_NEXT_VERSION = "select coalesce(max(version), 0) + 1 from purpose where agency_id = %s and code = %s"


class AdminAgencies:
    """Implements `flow.admin_agencies.KeepsAgencies`."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database, self._records = database, records

    async def add(self, draft: AgencyDraft, order: Order) -> bool:
        async with self._database.transaction() as tx:
            if not await add_agency(tx, Agency(AgencyId(draft.id), draft.names), order.at):
                return False
            await self._records.write_audit(tx, order.entry("agency.added", f"agency:{draft.id}"))
        return True

    async def add_purpose(self, agency_id: AgencyId, draft: PurposeDraft, order: Order) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_HOLD, (agency_id,))
            [(version,)] = await (await tx.execute(_NEXT_VERSION, (agency_id, draft.code))).fetchall()
            purpose = Purpose(
                PurposeId(uuid4()), agency_id, draft.code, version, draft.titles, draft.texts, draft.legal_basis,
                draft.law, draft.days, draft.essential, draft.voluntary,
            )  # fmt: skip
            await add_purpose(tx, purpose, order.at)
            detail = {"agency": agency_id, "code": draft.code, "version": version}
            await self._records.write_audit(tx, order.entry("purpose.added", f"purpose:{purpose.id}", detail))
