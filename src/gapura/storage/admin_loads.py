"""The loads of the registry as a list."""

from __future__ import annotations

from gapura.flow.admin_imports import LoadLine
from gapura.storage.database import Database

_LOADS = """
select l.id, l.mode, l.state, greatest(l.accepted, p.accepted), greatest(l.rejected, p.rejected),
       greatest(l.unchanged, p.unchanged), l.started_at, l.visible_at, l.actor
from registry_load l, lateral (
    select coalesce(sum(accepted), 0)::bigint, coalesce(sum(rejected), 0)::bigint, coalesce(sum(unchanged), 0)::bigint
    from registry_progress where load_id = l.id
) p (accepted, rejected, unchanged)
where {which} order by l.id desc limit 100"""
_ALL = _LOADS.format(which="l.mode <> 'event'")
_ONE = _LOADS.format(which="l.id = %s")


class AdminLoads:
    """Implements `flow.admin_imports.ReadsLoads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[LoadLine, ...]:
        return tuple(LoadLine(*row) for row in await self._database.fetch(_ALL))

    async def one(self, load_id: int) -> LoadLine | None:
        rows = await self._database.fetch(_ONE, (load_id,))
        return LoadLine(*rows[0]) if rows else None
