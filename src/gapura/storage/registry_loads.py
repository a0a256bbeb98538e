"""The loads of the registry as administrators see them, also while one is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gapura.storage.database import Database
from gapura.values import Instant

State: TypeAlias = Literal["loading", "visible", "discarded"]

RECENT = """
select l.id, l.mode, l.state, l.actor, l.started_at, l.visible_at,
    coalesce(p.accepted, l.accepted), coalesce(p.rejected, l.rejected), coalesce(p.unchanged, l.unchanged),
    (select count(*) from citizen_absence a where a.load_id = l.id)
from registry_load l
left join lateral (
    select sum(accepted)::bigint as accepted, sum(rejected)::bigint as rejected, sum(unchanged)::bigint as unchanged
    from registry_progress where load_id = l.id and l.state = 'loading'
) p on true
where l.mode <> 'event'
order by l.id desc
limit %s"""


@dataclass(frozen=True, slots=True)
class LoadLine:
    """`actor` is an account's id or `shell`; the counts of a load that is loading are those so far."""

    id: int
    mode: str
    state: State
    actor: str
    started_at: Instant
    visible_at: Instant | None
    accepted: int
    rejected: int
    unchanged: int
    absent: int


class RegistryLoads:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, most: int = 50) -> Sequence[LoadLine]:
        """The newest loads first."""
        return [LoadLine(*row) for row in await self._database.fetch(RECENT, [most])]
