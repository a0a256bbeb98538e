"""One statement reads all that /authorize decides from, gathered over a loop tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gapura.flow.next_step import Authenticated
from gapura.flow.visit import Visit
from gapura.identity.person import Person
from gapura.storage.consents import CONSENT, consent_of
from gapura.storage.database import Database, Row
from gapura.storage.gather import Gather
from gapura.values import ClientId, SessionId

# Each row by its key (`lateral`, `limit 1`): never by way of all that live or stand.
VISITS = f"""
select asked.n, s.id, s.account_id, s.auth_time, s.acr, s.amr,
       p.kind, p.citizen_id, p.account_status, p.citizen_status, p.locale,
       array(select kind from credential where account_id = s.account_id and kind <> 'password'),
       sub.sub, {CONSENT}
from json_to_recordset(%s::json) asked(n integer, session_id uuid, client_id text, sector text)
cross join lateral (
    select * from session
    where id = asked.session_id and coalesce(ended_at, 'infinity') = 'infinity' and expires_at > now() limit 1
) s
join person p on p.account_id = s.account_id
left join lateral (select * from subject where citizen_id = p.citizen_id and sector = asked.sector limit 1) sub on true
left join lateral (
    select * from consent
    where citizen_id = p.citizen_id and client_id = asked.client_id and ended_at is null limit 1
) c on true
"""


class Visits:
    """Implements `flow.visit.ReadsVisits`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gather = Gather(self._read_all)

    async def visit(self, session_id: SessionId, client_id: ClientId, sector: str) -> Visit | None:
        return await self._gather({"session_id": session_id, "client_id": client_id, "sector": sector})

    async def _read_all(self, asked: Sequence[Mapping[str, Any]]) -> Sequence[Visit | None]:
        numbered = [{"n": n, **row} for n, row in enumerate(asked)]
        rows = await self._database.fetch(VISITS, (orjson.dumps(numbered).decode(),))
        found = {row[0]: _visit_of(row) for row in rows}
        return [found.get(n) for n in range(len(asked))]


def _visit_of(row: Row) -> Visit:
    (
        _, session_id, account_id, auth_time, acr, amr, kind, citizen_id, account_status, citizen_status, locale,
        factors, sub, *consent,
    ) = row  # fmt: skip
    person = Person(
        account_id=account_id, kind=kind, citizen_id=citizen_id, account_status=account_status,
        citizen_status=citizen_status, locale=locale, factors=frozenset(factors), roles=frozenset(),
    )  # fmt: skip
    standing = consent_of(tuple(consent)) if consent[0] is not None else None
    return Visit(Authenticated(session_id, account_id, auth_time, acr, tuple(amr)), person, sub, standing)
