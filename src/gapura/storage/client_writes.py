"""What is written of clients: each change with its audit row in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from gapura.flow.client_secrets import KeptSecret
from gapura.flow.new_client import NewClient
from gapura.flow.order import Order
from gapura.flow.records import Detail
from gapura.flow.register import Registered
from gapura.protocol.registration import reads_secret
from gapura.storage import grant_ends
from gapura.storage.database import Database, Transaction
from gapura.storage.records import Records
from gapura.values import AgencyId, ClientId, Instant, PurposeId

_ADD_CLIENT = """
insert into client (id, agency_id, status, metadata, sector, secret_digest, secret_sealed, registration_token_digest,
                    secret_expires_at, created_at, changed_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CHANGE_CLIENT = """
update client set metadata = %s, secret_digest = coalesce(%s, secret_digest),
    secret_sealed = case when %s then coalesce(%s, secret_sealed) end, changed_at = %s
where id = %s
"""
_REMOVE_CLIENT = "delete from client where id = %s"
_REGISTERED = (
    "select metadata, registration_token_digest, created_at, secret_expires_at from client where id = %s"
)
_LINK = "insert into client_purpose (client_id, scope, purpose_id) values (%s, %s, %s)"
_UNLINK = "delete from client_purpose where client_id = %s"
_CLAIM_INITIAL = """
update initial_access_token set used_at = %s
where digest = %s and used_at is null and expires_at > %s
returning agency_id
"""
_IS_INVITED = """
select from initial_access_token where digest = %s and used_at is null and expires_at > %s
"""


class ClientWrites:
    """Implements `flow.register.WritesClients`; what administrators do is in `storage/admin_clients.py`."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database = database
        self._records = records

    async def add(self, client: NewClient, order: Order) -> None:
        values = (
            client.id, client.agency_id, client.status, Jsonb(client.metadata), client.sector,
            *secret_columns(client.secret), client.registration_token_digest, client.secret_expires_at, order.at, order.at,
        )  # fmt: skip
        async with self._database.transaction() as tx:
            await tx.execute(_ADD_CLIENT, values)
            await link_purposes(tx, client.id, client.purposes)
            detail: Detail = {"agency": client.agency_id, "fields": sorted(client.metadata)}
            await self._records.write_audit(
                tx, order.entry("client.registered", f"client:{client.id}", detail)
            )

    async def registered(self, client_id: ClientId) -> Registered | None:
        rows = await self._database.fetch(_REGISTERED, (client_id,))
        return Registered(*rows[0]) if rows else None

    async def change(
        self,
        client_id: ClientId,
        metadata: Mapping[str, Any],
        purposes: Mapping[str, PurposeId],
        secret: KeptSecret | None,
        order: Order,
    ) -> None:
        digest, sealed = secret_columns(secret)
        values = Jsonb(dict(metadata)), digest, reads_secret(metadata), sealed, order.at, client_id
        async with self._database.transaction() as tx:
            await tx.execute(_CHANGE_CLIENT, values)
            await link_purposes(tx, client_id, purposes)
            detail: Detail = {"fields": sorted(metadata), "new_secret": secret is not None}
            await self._records.write_audit(tx, order.entry("client.changed", f"client:{client_id}", detail))

    async def remove(self, client_id: ClientId, order: Order) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(*grant_ends.of_client(client_id, order.at, "client_removed"))
            await tx.execute(_REMOVE_CLIENT, (client_id,))
            await self._records.write_audit(tx, order.entry("client.removed", f"client:{client_id}"))

    async def is_invited(self, digest: bytes, now: Instant) -> bool:
        return bool(await self._database.fetch(_IS_INVITED, (digest, now)))

    async def claim_initial_token(self, digest: bytes, now: Instant) -> AgencyId | None:
        rows = await self._database.fetch(_CLAIM_INITIAL, (now, digest, now), write=True)
        return AgencyId(rows[0][0]) if rows else None


def secret_columns(secret: KeptSecret | None) -> tuple[bytes | None, bytes | None]:
    return (secret.digest, secret.sealed) if secret is not None else (None, None)


async def link_purposes(tx: Transaction, client_id: ClientId, purposes: Mapping[str, PurposeId]) -> None:
    """Give the client one purpose for each scope, in place of those it had."""
    await tx.execute(_UNLINK, (client_id,))
    for scope, purpose_id in purposes.items():
        await tx.execute(_LINK, (client_id, scope, purpose_id))
