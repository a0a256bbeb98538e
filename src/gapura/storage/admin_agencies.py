"""Agencies and purposes as administrators add them."""

from __future__ import annotations

from uuid import uuid4

from gapura.flow.admin_agencies import AgencyDraft, PurposeDraft
from gapura.flow.order import Order
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.values import AgencyId

_ADD = "insert into agency (id, name_id, name_en, created_at) values (%s, %s, %s, %s) on conflict do nothing"
_HOLD = "select from agency where id = %s for update"  # two versions at once come one after the other
_ADD_PURPOSE = """
insert into purpose (id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law,
                     retention_days, essential, voluntary, created_at)
select %(id)s, %(agency)s, %(code)s, coalesce(max(version), 0) + 1, %(title_id)s, %(title_en)s, %(text_id)s,
       %(text_en)s, %(legal_basis)s, %(law)s, %(days)s, %(essential)s, %(voluntary)s, %(now)s
from purpose where agency_id = %(agency)s and code = %(code)s
returning version"""


class AdminAgencies:
    """Implements `flow.admin_agencies.KeepsAgencies`."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database, self._records = database, records

    async def add(self, agency: AgencyDraft, order: Order) -> bool:
        async with self._database.transaction() as tx:
            values = (agency.id, agency.names["id"], agency.names["en"], order.at)
            if (await tx.execute(_ADD, values)).rowcount == 0:
                return False
            await self._records.write_audit(tx, order.entry("agency.added", f"agency:{agency.id}"))
        return True

    async def add_purpose(self, agency_id: AgencyId, purpose: PurposeDraft, order: Order) -> None:
        values = {
            "id": (purpose_id := uuid4()),
            "agency": agency_id,
            "code": purpose.code,
            "title_id": purpose.titles["id"],
            "title_en": purpose.titles["en"],
            "text_id": purpose.texts["id"],
            "text_en": purpose.texts["en"],
            "legal_basis": purpose.legal_basis,
            "law": purpose.law,
            "days": purpose.days,
            "essential": list(purpose.essential),
            "voluntary": list(purpose.voluntary),
            "now": order.at,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_HOLD, (agency_id,))
            added = await (await tx.execute(_ADD_PURPOSE, values)).fetchone()
            detail = {"agency": agency_id, "code": purpose.code, "version": added[0] if added else 0}
            await self._records.write_audit(tx, order.entry("purpose.added", f"purpose:{purpose_id}", detail))
