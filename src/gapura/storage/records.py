"""The audit and the data-use log: rows go in unchained, with the change that they tell of.

A batch travels as one JSON parameter, so that one statement serves a lone row and a gathered hundred alike, and other
statements can take the same text as one of their parts: `with …, noted as (INSERT_AUDIT) select …`.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from gapura.crypto.keyring import RootKeyMissing, Vault
from gapura.flow.records import AuditEntry, DataUse, Note
from gapura.storage.database import Database, Transaction
from gapura.storage.gather import Gather

__all__ = ["INSERT_AUDIT", "INSERT_DATA_USE", "AuditEntry", "DataUse", "Note", "Records"]

INSERT_AUDIT = """
insert into audit (id, at, actor_kind, actor, action, object, detail, sealed)
select * from json_to_recordset(%s) as entry (
    id uuid, at timestamptz, actor_kind text, actor text, action text, object text, detail jsonb, sealed bytea
)"""

INSERT_DATA_USE = """
insert into data_use (id, at, citizen_id, agency_id, client_id, grant_id, purpose_ids, legal_basis, action, attributes,
    sealed, hidden_until)
select * from json_to_recordset(%s) as entry (
    id uuid, at timestamptz, citizen_id uuid, agency_id text, client_id text, grant_id uuid, purpose_ids uuid[],
    legal_basis text, action text, attributes text[], sealed bytea, hidden_until timestamptz
)"""

AUDIT_NOTE, USE_NOTE = "audit-note", "data-use-note"


class Records:
    """Writes entries; `record_use` gathers what waits at the same time into one commit."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._uses: Gather[DataUse, None] = Gather(self._insert_uses)

    async def write_audit(self, tx: Transaction, *entries: AuditEntry) -> None:
        """Put `entries` into the caller's transaction: no change without its row, no row without its change."""
        await tx.execute(INSERT_AUDIT, [self.audit_text(*entries)])

    async def write_use(self, tx: Transaction, *entries: DataUse) -> None:
        await tx.execute(INSERT_DATA_USE, [self.use_text(*entries)])

    async def record_use(self, entry: DataUse) -> None:
        """Return once the row is committed. Raises Unavailable: then nothing may leave."""
        await self._uses(entry)

    def audit_text(self, *entries: AuditEntry) -> str:
        return audit_text(self._vault, *entries)

    def use_text(self, *entries: DataUse) -> str:
        """The parameter of INSERT_DATA_USE."""
        return orjson.dumps(
            [
                {
                    "id": entry.id,
                    "at": entry.at,
                    "citizen_id": entry.citizen_id,
                    "agency_id": entry.agency_id,
                    "client_id": entry.client_id,
                    "grant_id": entry.grant_id,
                    "purpose_ids": entry.purpose_ids,
                    "legal_basis": entry.legal_basis,
                    "action": entry.action,
                    "attributes": entry.attributes,
                    "sealed": _hex(seal_note(self._vault, USE_NOTE, entry.note, entry.id)),
                    "hidden_until": entry.hidden_until,
                }
                for entry in entries
            ]
        ).decode()

    async def _insert_uses(self, entries: Sequence[DataUse]) -> Sequence[None]:
        await self._database.execute(INSERT_DATA_USE, [self.use_text(*entries)])
        return [None] * len(entries)


def audit_text(vault: Vault, *entries: AuditEntry) -> str:
    """The parameter of INSERT_AUDIT."""
    return orjson.dumps(
        [
            {
                "id": entry.id,
                "at": entry.at,
                "actor_kind": entry.actor_kind,
                "actor": entry.actor,
                "action": entry.action,
                "object": entry.object,
                "detail": dict(entry.detail),
                "sealed": _hex(seal_note(vault, AUDIT_NOTE, entry.note, entry.id)),
            }
            for entry in entries
        ]
    ).decode()


def seal_note(vault: Vault, purpose: str, note: Note, entry_id: UUID) -> bytes | None:
    """The note bound to its row; None for an empty one."""
    if not note:
        return None
    plain = {name: value for name in Note.__slots__ if (value := getattr(note, name))}
    return vault.seal(purpose, orjson.dumps(plain), entry_id.bytes)


def open_note(vault: Vault, purpose: str, entry_id: UUID, sealed: bytes | None) -> Note:
    """Raises Unavailable when the note is broken, or of a key that this process has yet to be given.

    An older key that isn't given was retired, for without any other nothing starts; then the note says so.
    """
    if not sealed:
        return Note()
    try:
        return Note(**orjson.loads(vault.open(purpose, sealed, entry_id.bytes)))
    except RootKeyMissing:
        if sealed[0] > vault.versions[0]:
            raise
        return Note(reason=f"[root key {sealed[0]}]")


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "\\x" + value.hex()
