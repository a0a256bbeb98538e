"""What the audit's page needs besides its rows: whether the newest of them are chained rightly, and a row of its own."""

from __future__ import annotations

from psycopg.rows import dict_row

from gapura.crypto.keyring import Vault
from gapura.flow.admin_audit import ChainState
from gapura.flow.order import Order
from gapura.storage.chain import COLUMNS, Chain
from gapura.storage.chain_check import Check, Mark
from gapura.storage.database import Database
from gapura.storage.records import Records

TABLE = "audit"
NEWEST = 200
HEAD = "select seq, hash from chain_head where name = 'audit'"
ROWS = f"""
select {", ".join((*COLUMNS[TABLE], "seq", "hash"))} from audit where seq > %s and seq <= %s order by seq, id"""


class AdminAudit:
    """Implements `flow.admin_audit.ChecksChain` and `WritesEntries`. `gapura audit verify` proves all of the chain."""

    def __init__(self, database: Database, vault: Vault, records: Records) -> None:
        self._database, self._chain, self._records = database, Chain(vault, TABLE), records

    async def state(self) -> ChainState:
        async with self._database.connection() as connection:
            [head] = await (await connection.execute(HEAD)).fetchall()
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(ROWS, (head[0] - NEWEST, head[0]))
            rows = await cursor.fetchall()
        if not rows:
            return ChainState(head[0], 0, holds=head[0] == 0)
        first = rows.pop(0)
        check = Check(self._chain, Mark(first["seq"], bytes(first["hash"] or b"")), {})
        faults = [fault for row in rows for fault in check.row(row)]
        faults += check.end(Mark(head[0], bytes(head[1])))
        return ChainState(head[0], check.rows + 1, holds=not faults)

    async def write(self, order: Order, action: str, object: str, detail: dict[str, str]) -> None:
        async with self._database.transaction() as tx:
            await self._records.write_audit(tx, order.entry(action, object, detail))
