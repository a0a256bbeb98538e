"""The directory of clients, agencies and purposes, read whole into memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from gapura.disclosure.purposes import Purpose
from gapura.flow.directory import Agency, Directory
from gapura.protocol.client import Client
from gapura.storage.database import Database, Row
from gapura.values import ClientId

_COLUMNS = (
    "id",
    "agency_id",
    "status",
    "metadata",
    "sector",
    "secret_digest",
    "secret_sealed",
    "secret_expires_at",
)
_CLIENTS = f"select {', '.join(_COLUMNS)} from client"
_AGENCIES = "select id, name_id, name_en from agency"
_PURPOSES = """
select id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law, retention_days,
       essential, voluntary
from purpose
"""
_CLIENT_PURPOSES = "select client_id, scope, purpose_id from client_purpose"


async def load_directory(database: Database) -> Directory:
    agencies = {
        row[0]: Agency(row[0], {"id": row[1], "en": row[2]}) for row in await database.fetch(_AGENCIES)
    }
    purposes = {row[0]: _purpose_of(row) for row in await database.fetch(_PURPOSES)}
    links: dict[ClientId, dict[str, Purpose]] = defaultdict(dict)
    for client_id, scope, purpose_id in await database.fetch(_CLIENT_PURPOSES):
        links[client_id][scope] = purposes[purpose_id]
    clients = {
        row[0]: Client.from_stored(dict(zip(_COLUMNS, row, strict=True)))
        for row in await database.fetch(_CLIENTS)
    }
    origins = frozenset(
        origin
        for client in clients.values()
        if client.is_active
        for origin in map(_origin, client.redirect_uris)
    )
    resources = frozenset(
        client.resource_identifier for client in clients.values() if client.resource_identifier is not None
    )
    certificates = frozenset(text for client in clients.values() for text in _certificates(client))
    return Directory(clients, agencies, purposes, dict(links), origins, resources, certificates)


def _certificates(client: Client) -> Iterator[str]:
    """RFC 7517 §4.7: the first of each chain is that of the key."""
    for key in (client.jwks or {}).get("keys", ()):
        chain = key.get("x5c")
        if isinstance(chain, list) and chain and isinstance(chain[0], str):
            yield chain[0]


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
