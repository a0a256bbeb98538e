"""Clients as administrators read and change them: each change with its audit row in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.flow.admin_clients import HeldClient
from gapura.flow.client_secrets import KeptSecret
from gapura.flow.new_client import NewClient
from gapura.flow.order import Order
from gapura.flow.records import Detail
from gapura.protocol.client import Client
from gapura.storage import grant_ends
from gapura.storage.client_writes import ClientWrites, link_purposes, secret_columns
from gapura.storage.database import Database, Row, Transaction
from gapura.storage.records import Records
from gapura.values import ClientId, PurposeId

_COLUMNS = (
    "id",
    "agency_id",
    "status",
    "metadata",
    "sector",
    "secret_digest",
    "secret_sealed",
    "secret_expires_at",
    "created_at",
    "changed_at",
)
_ALL = f"select {', '.join(_COLUMNS)} from client order by created_at desc"
_ONE = f"""
select {", ".join(_COLUMNS)}, array(
    select distinct actor from audit
    where object = 'client:' || client.id and action in ('client.registered', 'client.changed', 'client.purposes')
      and at between client.created_at and client.changed_at
) from client where id = %s"""
_TOUCH = "update client set changed_at = %s where id = %s"
_SECRET = "update client set secret_digest = %s, secret_sealed = %s, changed_at = %s where id = %s"
_DISABLE = "update client set status = 'disabled', changed_at = %s where id = %s and status = 'active'"
_ENABLE = "update client set status = 'active', changed_at = %s where id = %s and status <> 'active'"


class AdminClients:
    """Implements `flow.admin_clients.KeepsClients`."""

    def __init__(self, database: Database, records: Records, writes: ClientWrites) -> None:
        self._database, self._records, self._writes = database, records, writes

    async def all(self) -> tuple[HeldClient, ...]:
        return tuple(map(_held, await self._database.fetch(_ALL)))

    async def one(self, client_id: ClientId) -> HeldClient | None:
        rows = await self._database.fetch(_ONE, (client_id,))
        return _held(rows[0]) if rows else None

    async def add(self, client: NewClient, order: Order) -> None:
        await self._writes.add(client, order)

    async def change(
        self,
        client_id: ClientId,
        metadata: Mapping[str, Any],
        purposes: Mapping[str, PurposeId],
        secret: KeptSecret | None,
        order: Order,
    ) -> None:
        await self._writes.change(client_id, metadata, purposes, secret, order)

    async def link(self, client_id: ClientId, purposes: Mapping[str, PurposeId], order: Order) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_TOUCH, (order.at, client_id))
            await link_purposes(tx, client_id, purposes)
            detail: Detail = {scope: str(purpose_id) for scope, purpose_id in purposes.items()}
            entry = order.entry("client.purposes", f"client:{client_id}", detail)
            await self._records.write_audit(tx, entry)

    async def set_secret(self, client_id: ClientId, secret: KeptSecret, order: Order) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_SECRET, (*secret_columns(secret), order.at, client_id))
            await self._records.write_audit(tx, order.entry("client.secret", f"client:{client_id}"))

    async def disable(self, client_id: ClientId, order: Order) -> bool:
        async with self._database.transaction() as tx:
            if (await tx.execute(_DISABLE, (order.at, client_id))).rowcount == 0:
                return False
            grants = await _end_issued(tx, client_id, order)
            entry = order.entry("client.disable", f"client:{client_id}", {"grants": grants})
            await self._records.write_audit(tx, entry)
        return True

    async def enable(self, client_id: ClientId, order: Order) -> bool:
        async with self._database.transaction() as tx:
            if (await tx.execute(_ENABLE, (order.at, client_id))).rowcount == 0:
                return False
            # What began while a worker did not know of the end yet ends now: nothing of before lives again.
            await _end_issued(tx, client_id, order)
            await self._records.write_audit(tx, order.entry("client.enable", f"client:{client_id}"))
        return True


async def _end_issued(tx: Transaction, client_id: ClientId, order: Order) -> int:
    """End everything that the client holds; how many grants that were."""
    grants = await tx.execute(*grant_ends.of_client(client_id, order.at, "client_disabled"))
    await tx.execute(*grant_ends.tokens_of_client(client_id, order.at))
    return grants.rowcount


def _held(row: Row) -> HeldClient:
    stored = dict(zip(_COLUMNS, row, strict=False))
    authors = row[len(_COLUMNS)] if len(row) > len(_COLUMNS) else ()
    return HeldClient(
        Client.from_stored(stored),
        stored["metadata"],
        stored["created_at"],
        stored["changed_at"],
        frozenset(authors),
    )
