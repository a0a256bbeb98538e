"""Grants, codes, refresh generations and access tokens: each claim is one statement, gathered over a loop tick.

What one statement is asked for travels as one JSON array. Its rows answer by the asker's own token id, never by the
code or token presented: two requests for one code may meet in one batch, and only one of them has won.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from gapura.flow.held_token import HeldToken
from gapura.protocol.grant import Grant, NewAccessToken
from gapura.protocol.ports import CodeClaim, RefreshClaim
from gapura.storage import grant_ends
from gapura.storage.database import Database
from gapura.storage.gather import Gather
from gapura.storage.grant_rows import (
    GRANT,
    HOLDER,
    PEOPLE,
    STANDS,
    TOKEN,
    bytea,
    grant_of,
    row_of,
    token_of,
    token_row,
)
from gapura.values import ClientId, GrantId, Instant, TokenId

BEGIN = """
with asked as (select * from json_populate_recordset(null::grants, %s::json)),
     begun as (
         insert into grants select asked.* from asked
         -- Held until the commit: a session that ends now tells every client that it has reached.
         where exists (select from session s where s.id = asked.session_id and coalesce(s.ended_at, 'infinity') = 'infinity' for share)
           -- And a consent that is withdrawn now ends every grant that stands on it.
           and (asked.consent_id is null or exists (
               select from consent c
               where c.id = asked.consent_id and coalesce(c.ended_at, 'infinity') = 'infinity' for share))
         returning id, session_id, client_id, sub, created_at),
     visited as (
         insert into session_client (session_id, client_id, sub, first_at)
         select distinct on (session_id, client_id) session_id, client_id, sub, created_at from begun
         on conflict do nothing)
select id from begun
"""

_ASKED = """
select * from json_to_recordset(%s::json) as a(
    grant_id uuid, generation integer, code_digest bytea, client_id text, at timestamptz,
    refresh_expires_at timestamptz, grant_type text, binds jsonb, step integer, key_bound boolean, id uuid, issued_at timestamptz, expires_at timestamptz,
    scope text[], audience text[], cnf jsonb, authorization_details jsonb, act jsonb)
"""
_MINTED = """
insert into access_token (id, grant_id, client_id, scope, audience, issued_at, expires_at, cnf, authorization_details, act)
select token_id, id, client_id, coalesce(asked_scope, scope), coalesce(asked_audience, nullif(resource, '{}'), '{}'),
       token_issued_at, token_expires_at, asked_cnf, asked_details, asked_act
from claimed
"""
_ASKED_TOKEN = """
asked.id as token_id, asked.issued_at as token_issued_at, asked.expires_at as token_expires_at,
asked.scope as asked_scope, asked.audience as asked_audience, asked.cnf as asked_cnf,
asked.authorization_details as asked_details, asked.act as asked_act
"""

# RFC 6749 §4.1.2: a code is used once. The claim, the refresh family and the access token's record are one statement.
CLAIM_CODE = f"""
with asked as ({_ASKED}),
     claimed as (
         update grants g set
             redeemed_at = asked.at,
             refresh_generation = case when g.scope @> '{{offline_access}}' and asked.refresh_expires_at is not null
                                  then 0 end,
             refreshed_at = asked.at,
             refresh_expires_at = least(asked.refresh_expires_at, g.expires_at),
             cnf = coalesce(g.cnf, asked.binds)
         from asked
         where g.code_digest = asked.code_digest and g.client_id = asked.client_id and g.grant_type = asked.grant_type
           and g.redeemed_at is null and {STANDS} and g.code_expires_at > asked.at
         returning {_ASKED_TOKEN}, g.*),
     minted as ({_MINTED})
select g.token_id, {GRANT}, {HOLDER} from claimed g {PEOPLE}
"""

# The live generation moves on by one, or nothing happens: what that means is decided in protocol/grants.
CLAIM_REFRESH = f"""
with asked as ({_ASKED}),
     claimed as (
         update grants g set
             refresh_generation = g.refresh_generation + asked.step,
             refreshed_at = asked.at,
             refresh_expires_at = least(asked.refresh_expires_at, g.expires_at)
         from asked
         where g.id = asked.grant_id and g.refresh_generation = asked.generation and g.client_id = asked.client_id
           and {STANDS} and g.refresh_expires_at > asked.at and g.expires_at > asked.at
           and (not asked.key_bound or g.cnf is null or g.cnf = asked.cnf)
           and (asked.scope is null or asked.scope <@ g.scope)
           and (asked.audience is null or g.resource = '{{}}' or asked.audience <@ g.resource)
           -- Every element of a type is required, and so what is contained is less or the same.
           and (asked.authorization_details is null or asked.authorization_details <@ g.authorization_details)
         returning {_ASKED_TOKEN}, g.*),
     minted as ({_MINTED})
select g.token_id, {GRANT}, {HOLDER} from claimed g {PEOPLE}
"""

MINT = f"""
insert into access_token (id, grant_id, client_id, scope, audience, issued_at, expires_at, cnf, authorization_details, act)
select a.id, a.grant_id, a.client_id, a.scope, a.audience, a.issued_at, a.expires_at, a.cnf, a.authorization_details, a.act
from json_populate_recordset(null::access_token, %s::json) a
where a.grant_id is null or (select {STANDS} from grants g where g.id = a.grant_id)
returning id
"""

TOKENS = f"""
select {TOKEN}, {GRANT}, {HOLDER}
from access_token t left join grants g on g.id = t.grant_id {PEOPLE}
where t.id = any(%s)
"""

FIND = f"select {GRANT}, {HOLDER} from grants g {PEOPLE} where g.id = %s"

# By the sector's name for a person, which the grants of old subjects of a merged person have too.
FIND_OFFLINE = f"""
select {GRANT}, {HOLDER}
from subject n join grants g on g.citizen_id = n.citizen_id and g.client_id = %(client)s and g.revoked_at is null {PEOPLE}
where n.sector = %(sector)s and n.sub = %(sub)s and g.refresh_generation is not null
    and least(g.refresh_expires_at, g.expires_at) > %(at)s
order by g.created_at desc limit 1"""


class Grants:
    """Implements `protocol.ports.GrantStore`, and what flow/ asks of grants and tokens besides."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begin = Gather(self._begin_all)
        self._codes = Gather(self._claim_codes)
        self._refreshes = Gather(self._claim_refreshes)
        self._mint = Gather(self._mint_all)
        self._tokens = Gather(self._tokens_all)

    async def begin(self, grant: Grant, code_digest: bytes) -> bool:
        """Write a new grant with its code; False when its session or its consent has ended meanwhile."""
        return await self._begin(row_of(grant, code_digest))

    async def claim_code(self, claim: CodeClaim, /) -> Grant | None:
        return await self._codes(
            {
                "code_digest": bytea(claim.code_digest),
                "client_id": claim.client_id,
                "at": claim.at,
                "refresh_expires_at": claim.refresh_expires_at,
                "grant_type": claim.grant_type,
                "binds": claim.binds,
                **token_row(claim.token),
            }
        )

    async def claim_refresh(self, claim: RefreshClaim, /) -> Grant | None:
        return await self._refreshes(
            {
                "grant_id": claim.grant_id,
                "generation": claim.generation,
                "client_id": claim.client_id,
                "at": claim.at,
                "refresh_expires_at": claim.refresh_expires_at,
                "step": 1 if claim.rotates else 0,
                "key_bound": claim.key_bound,
                **token_row(claim.token),
            }
        )

    async def find_offline_grant(
        self, client_id: ClientId, sector: str, sub: str, at: Instant, /
    ) -> Grant | None:
        rows = await self._database.fetch(
            FIND_OFFLINE, {"client": client_id, "sector": sector, "sub": sub, "at": at}
        )
        return grant_of(rows[0]) if rows else None

    async def add_access_token(
        self, grant: Grant, token: NewAccessToken, holder: ClientId | None = None, /
    ) -> bool:
        row = token_row(token)
        row["scope"] = token.scope if token.scope is not None else grant.scope
        row["audience"] = token.audience if token.audience is not None else grant.resource
        return await self._mint({**row, "grant_id": grant.id, "client_id": holder or grant.client_id})

    async def add_client_token(self, client_id: ClientId, token: NewAccessToken, /) -> None:
        await self._mint({**token_row(token), "grant_id": None, "client_id": client_id})

    async def find_token(self, token_id: TokenId) -> HeldToken | None:
        return await self._tokens(token_id)

    async def find_grant(self, grant_id: GrantId, /) -> Grant | None:
        rows = await self._database.fetch(FIND, (grant_id,))
        return grant_of(rows[0]) if rows else None

    async def revoke_code(self, code_digest: bytes, at: Instant, reason: str, /) -> None:
        await self._database.execute(*grant_ends.of_code(code_digest, at, reason))

    async def revoke_grant(self, grant_id: GrantId, at: Instant, reason: str, /) -> None:
        await self._database.execute(*grant_ends.of_grant(grant_id, at, reason))

    async def revoke_token(self, token_id: TokenId, at: Instant) -> None:
        await self._database.execute(*grant_ends.token(token_id, at))

    async def _begin_all(self, asked: Sequence[Mapping[str, object]]) -> Sequence[bool]:
        begun = {row[0] for row in await self._database.fetch(BEGIN, (_json(asked),), write=True)}
        return [row["id"] in begun for row in asked]

    async def _claim_codes(self, asked: Sequence[Mapping[str, object]]) -> Sequence[Grant | None]:
        return await self._claim(CLAIM_CODE, "code_digest", asked)

    async def _claim_refreshes(self, asked: Sequence[Mapping[str, object]]) -> Sequence[Grant | None]:
        return await self._claim(CLAIM_REFRESH, "grant_id", asked)

    async def _claim(
        self, statement: str, by: str, asked: Sequence[Mapping[str, Any]]
    ) -> Sequence[Grant | None]:
        # Every worker locks in the same order, so that two batches with the same grants don't wait for each other.
        ordered = _json(sorted(asked, key=itemgetter(by)))
        rows = await self._database.fetch(statement, (ordered,), write=True)
        won = {row[0]: grant_of(row[1:]) for row in rows}
        return [won.get(row["id"]) for row in asked]

    async def _mint_all(self, asked: Sequence[Mapping[str, object]]) -> Sequence[bool]:
        minted = {row[0] for row in await self._database.fetch(MINT, (_json(asked),), write=True)}
        return [row["id"] in minted for row in asked]

    async def _tokens_all(self, ids: Sequence[TokenId]) -> Sequence[HeldToken | None]:
        found = {row[0]: token_of(row) for row in await self._database.fetch(TOKENS, (list(ids),))}
        return [found.get(token_id) for token_id in ids]


def _json(asked: Sequence[Mapping[str, object]]) -> str:
    return orjson.dumps(asked).decode()
