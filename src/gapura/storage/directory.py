"""The directory of clients, agencies and purposes: read whole into memory, written row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from psycopg.types.json import Jsonb

from gapura.disclosure.purposes import Purpose
from gapura.flow.directory import Agency, Directory
from gapura.protocol.client import Client
from gapura.storage.database import Database, Row, Transaction
from gapura.values import AgencyId, ClientId, Instant, PurposeId

_COLUMNS = ("id", "agency_id", "status", "profile", "metadata", "sector", "secret_digest", "secret_expires_at")
_CLIENTS = f"select {', '.join(_COLUMNS)} from client"
_AGENCIES = "select id, name_id, name_en from agency"
_PURPOSES = """
select id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law, retention_days,
       essential, voluntary
from purpose
"""
_CLIENT_PURPOSES = "select client_id, scope, purpose_id from client_purpose"

_ADD_CLIENT = """
insert into client (id, agency_id, status, profile, metadata, sector, secret_digest, registration_token_digest,
                    secret_expires_at, created_at, changed_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CHANGE_CLIENT = """
update client set metadata = %s, sector = %s, secret_digest = coalesce(%s, secret_digest), changed_at = %s
where id = %s
"""
_SET_STATUS = "update client set status = %s, changed_at = %s where id = %s and status <> %s"
_SET_SECRET = "update client set secret_digest = %s, changed_at = %s where id = %s"  # noqa: S105
_SET_TOKEN = "update client set registration_token_digest = %s, changed_at = %s where id = %s"  # noqa: S105
_REMOVE_CLIENT = "delete from client where id = %s"
_REGISTERED = "select metadata, registration_token_digest, created_at, secret_expires_at from client where id = %s"
_LINK = "insert into client_purpose (client_id, scope, purpose_id) values (%s, %s, %s)"
_UNLINK = "delete from client_purpose where client_id = %s"


@dataclass(frozen=True, slots=True, repr=False)
class NewClient:
    """A client as it is written down; digests are SHA-256."""

    id: ClientId
    agency_id: AgencyId
    status: str
    metadata: Mapping[str, Any]
    sector: str
    secret_digest: bytes | None
    registration_token_digest: bytes | None
    purposes: Mapping[str, PurposeId]
    profile: str = "oidc"
    secret_expires_at: Instant | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """What RFC 7592 reads of a client besides the rules' view of it."""

    metadata: Mapping[str, Any]
    registration_token_digest: bytes | None
    created_at: Instant
    secret_expires_at: Instant | None


async def load_directory(database: Database) -> Directory:
    agencies = {row[0]: Agency(row[0], {"id": row[1], "en": row[2]}) for row in await database.fetch(_AGENCIES)}
    purposes = {row[0]: _purpose_of(row) for row in await database.fetch(_PURPOSES)}
    links: dict[ClientId, dict[str, Purpose]] = defaultdict(dict)
    for client_id, scope, purpose_id in await database.fetch(_CLIENT_PURPOSES):
        links[client_id][scope] = purposes[purpose_id]
    clients = {
        row[0]: Client.from_stored(dict(zip(_COLUMNS, row, strict=True)))
        for row in await database.fetch(_CLIENTS)
    }
    origins = frozenset(
        origin for client in clients.values() if client.is_active for origin in map(_origin, client.redirect_uris)
    )
    return Directory(clients, agencies, purposes, dict(links), origins)


async def add_client(tx: Transaction, client: NewClient, now: Instant) -> None:
    values = (
        client.id, client.agency_id, client.status, client.profile, Jsonb(client.metadata), client.sector,
        client.secret_digest, client.registration_token_digest, client.secret_expires_at, now, now,
    )  # fmt: skip
    await tx.execute(_ADD_CLIENT, values)
    await link_purposes(tx, client.id, client.purposes)


async def link_purposes(tx: Transaction, client_id: ClientId, purposes: Mapping[str, PurposeId]) -> None:
    """Give the client one purpose for each scope, in place of those it had."""
    await tx.execute(_UNLINK, (client_id,))
    for scope, purpose_id in purposes.items():
        await tx.execute(_LINK, (client_id, scope, purpose_id))


async def change_client(
    tx: Transaction,
    client_id: ClientId,
    metadata: Mapping[str, Any],
    sector: str,
    secret_digest: bytes | None,
    now: Instant,
) -> None:
    """Replace the metadata; a `secret_digest` of None leaves the secret as it is."""
    await tx.execute(_CHANGE_CLIENT, (Jsonb(metadata), sector, secret_digest, now, client_id))


async def set_client_status(tx: Transaction, client_id: ClientId, status: str, now: Instant) -> bool:
    """False when it has that status already, or doesn't exist."""
    return (await tx.execute(_SET_STATUS, (status, now, client_id, status))).rowcount > 0


async def set_client_secret(tx: Transaction, client_id: ClientId, digest: bytes, now: Instant) -> None:
    await tx.execute(_SET_SECRET, (digest, now, client_id))


async def set_registration_token(tx: Transaction, client_id: ClientId, digest: bytes, now: Instant) -> None:
    await tx.execute(_SET_TOKEN, (digest, now, client_id))


async def remove_client(tx: Transaction, client_id: ClientId) -> None:
    await tx.execute(_REMOVE_CLIENT, (client_id,))


async def registered(database: Database, client_id: ClientId) -> Registered | None:
    rows = await database.fetch(_REGISTERED, (client_id,))
    return Registered(*rows[0]) if rows else None


def _purpose_of(row: Row) -> Purpose:
    (
        purpose_id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law, retention_days,
        essential, voluntary,
    ) = row  # fmt: skip
    return Purpose(
        purpose_id, agency_id, code, version, {"id": title_id, "en": title_en}, {"id": text_id, "en": text_en},
        legal_basis, law, retention_days, tuple(essential), tuple(voluntary),
    )  # fmt: skip


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
