"""Counts for the first page of the administration: exact while tables are small, PostgreSQL's estimate after that."""

from __future__ import annotations

from gapura.flow.admin_figures import Figures, LastLoad
from gapura.storage.chain_check import LATE
from gapura.storage.database import Database
from gapura.values import Instant

LARGE = 100_000  # rows that are not counted one by one

_SIZE = f"""(
    select case when c.reltuples > {LARGE} then c.reltuples::bigint else (select count(*) from {{table}}) end
    from pg_class c where c.oid = '{{table}}'::regclass
)"""
FIGURES = f"""
select {_SIZE.format(table="citizen_key")}, {_SIZE.format(table="account")},
    (select count(*) from client where status = 'active'),
    (select count(*) from (
        select from session where ended_at is null and expires_at > %(now)s limit {LARGE}
    ) live),
    (select count(*) from audit where seq is null and at < %(late)s)"""
LAST_LOAD = """
select visible_at, accepted, rejected from registry_load where state = 'visible' and mode <> 'event'
order by id desc limit 1"""


class AdminFigures:
    """Implements `flow.admin_figures.ReadsFigures`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, now: Instant) -> Figures:
        moments = {"now": now, "late": now - LATE}
        [(citizens, accounts, clients, sessions, unchained)] = await self._database.fetch(FIGURES, moments)
        loads = await self._database.fetch(LAST_LOAD)
        last = LastLoad(*loads[0]) if loads else None
        return Figures(citizens, accounts, clients, sessions, unchained, last)
