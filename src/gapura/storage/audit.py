"""The audit as auditors read it: newest first, filtered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from gapura.crypto.keyring import Vault
from gapura.flow.records import ActorKind, AuditEntry, AuditFilter, AuditLine, AuditPage
from gapura.storage.database import Database
from gapura.storage.records import AUDIT_NOTE, open_note
from gapura.storage.windows import Cursor, stretches
from gapura.values import Instant

# The first day that has a partition, or the first row outside of all.
OLDEST = """
select least(
    (select min(at) from audit_rest),
    (select min(to_timestamp(substring(relname from '\\d{8}$'), 'YYYYMMDD')) from pg_inherits join pg_class on oid = inhrelid
     where inhparent = 'audit'::regclass and relname ~ '\\d{8}$')
)"""


ROWS = """
select at, actor_kind, actor, action, object, detail, sealed, id, seq from audit
where at >= %(low)s and at < %(high)s and (at, id) <= (%(at)s, %(id)s)
    and (%(actor)s::text is null or actor = %(actor)s)
    and (%(action)s::text is null or action = %(action)s)
    and (%(object)s::text is null or object = %(object)s)
order by at desc, id desc limit %(rows)s"""


class AuditLog:
    """Reads the audit; who reads it writes an entry of their own."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def page(
        self, which: AuditFilter, now: Instant, size: int = 50, cursor: str | None = None
    ) -> AuditPage:
        """One page of at most `size` lines. Raises PageError for a cursor that is none."""
        start = Cursor.parse(cursor) if cursor else Cursor.first(now)
        newest = start.at + timedelta(microseconds=1)
        wanted = {
            "actor": which.actor,
            "action": which.action,
            "object": which.object,
            "at": start.at,
            "id": start.id,
        }
        found: list[Sequence[Any]] = []
        for low, high in stretches(
            min(newest, which.until or newest), which.since or await self._oldest(now)
        ):
            rows = size + 1 - len(found)
            found += await self._database.fetch(ROWS, {**wanted, "low": low, "high": high, "rows": rows})
            if len(found) > size:
                *_, row_id, _ = found[size]
                following = str(Cursor(start.as_of, found[size][0], row_id))
                return AuditPage(tuple(map(self._line, found[:size])), following)
        return AuditPage(tuple(map(self._line, found)), None)

    async def _oldest(self, now: Instant) -> Instant:
        [(first,)] = await self._database.fetch(OLDEST)
        return first or now

    def _line(self, row: Sequence[Any]) -> AuditLine:
        at, kind, actor, action, thing, detail, sealed, row_id, seq = row
        note = open_note(self._vault, AUDIT_NOTE, row_id, sealed)
        return AuditLine(
            AuditEntry(at, cast("ActorKind", kind), actor, action, thing, detail, note, row_id), seq
        )
