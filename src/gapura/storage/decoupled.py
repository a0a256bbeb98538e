"""Requests that are approved elsewhere: found by a keyed digest of what is typed, answered once by one statement."""

from __future__ import annotations

import orjson

from gapura.crypto.keyring import Vault
from gapura.flow.decoupled import DecoupledRequest
from gapura.flow.outbox import APPROVAL_MAIL, CIBA_PING
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.backchannel_authentication import PING
from gapura.protocol.decoupled import HASTE, SLOWER
from gapura.protocol.grant import Grant
from gapura.protocol.ports import Polled
from gapura.protocol.profiles import CIBA
from gapura.storage.database import Database, Row
from gapura.storage.grant_rows import row_of
from gapura.storage.outbox import NOTIFY, queued
from gapura.values import AccountId, ClientId, Instant

PURPOSE, USER_CODE = "decoupled-request", "user-code"
USER_CODE_BYTES = 16
MOST_OF_ACCOUNT = 50

# Of what was answered, what its client is pinged about (CIBA §10.2).
_PINGED = f"""
join client c on c.id = answered.client_id
where answered.grant_type = '{CIBA}' and c.metadata ->> 'backchannel_token_delivery_mode' = '{PING}'"""

ADD = f"""
with kept as (
    insert into decoupled_request (digest, grant_type, user_code, client_id, account_id, content, state,
        interval_seconds, created_at, expires_at)
    values (%(digest)s, %(grant_type)s, %(user_code)s, %(client)s, %(account)s, %(content)s, 'pending',
        %(interval)s, %(created)s, %(expires)s) on conflict do nothing
    returning digest, client_id, created_at as at),
told as ({queued(APPROVAL_MAIL, "kept where %(mail)s")})
select (select {NOTIFY} from told) from kept"""

REQUEST = "digest, grant_type, content, interval_seconds, created_at, expires_at, account_id"
_WAITS = "state = 'pending' and expires_at > %(at)s"
OF_USER_CODE = f"select {REQUEST} from decoupled_request where user_code = any(%(codes)s) and {_WAITS}"
OF_DIGEST = f"select {REQUEST} from decoupled_request where digest = %(digest)s and {_WAITS}"
OF_ACCOUNT = f"""
select {REQUEST} from decoupled_request where account_id = %(account)s and {_WAITS}
order by created_at desc limit {MOST_OF_ACCOUNT}"""
FIND = f"select {REQUEST} from decoupled_request where digest = %(digest)s"
IS_PENDING = f"select 1 from decoupled_request where digest = %(digest)s and {_WAITS}"

# The yes and the grant with its code, or neither; of two answers one finds the request pending.
APPROVE = f"""
with asked as (select * from json_populate_recordset(null::grants, %(grants)s::json)),
     standing as (
         select asked.id from asked
         where exists (select from session s where s.id = asked.session_id and coalesce(s.ended_at, 'infinity') = 'infinity' for share)
           and (asked.consent_id is null or exists (
               select from consent c
               where c.id = asked.consent_id and coalesce(c.ended_at, 'infinity') = 'infinity' for share))),
     approved as (
         update decoupled_request d set state = 'approved'
         where d.digest = %(digest)s and d.state = 'pending' and d.expires_at > %(at)s
           and exists (select from standing)
         returning d.digest, d.client_id, d.grant_type, %(at)s::timestamptz as at),
     begun as (
         insert into grants select asked.* from asked where exists (select from approved)
         returning id, session_id, client_id, sub, created_at),
     visited as (
         insert into session_client (session_id, client_id, sub, first_at)
         select session_id, client_id, sub, created_at from begun on conflict do nothing),
     told as ({queued(CIBA_PING, f"approved answered {_PINGED}")})
select (select {NOTIFY} from told) from begun"""

DENY = f"""
with denied as (
    update decoupled_request set state = 'denied' where digest = %(digest)s and state = 'pending'
    returning digest, client_id, grant_type, %(at)s::timestamptz as at),
told as ({queued(CIBA_PING, f"denied answered {_PINGED}")})
select (select {NOTIFY} from told) from denied"""

# Locked before it is judged: of two polls at one moment the second one is hasty.
POLL = """
with before as (
    select digest, last_poll_at + make_interval(secs => interval_seconds) - %(haste)s > %(at)s as hasty
    from decoupled_request where digest = %(digest)s and client_id = %(client)s and grant_type = %(grant_type)s for update)
update decoupled_request d set
    last_poll_at = %(at)s, interval_seconds = interval_seconds + case when before.hasty then %(slower)s else 0 end
from before where d.digest = before.digest
returning d.state, d.expires_at, d.interval_seconds, coalesce(before.hasty, false)"""


class DecoupledRequests:
    """Implements `flow.decoupled.KeepsDecoupled` and `protocol.ports.PollsDecoupled`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(
        self, request: DecoupledRequest, user_code: str | None = None, *, mail: bool = False
    ) -> bool:
        content = orjson.dumps({"request": request.request.to_dict(), "extra": request.extra})
        row = {
            "digest": request.digest,
            "grant_type": request.grant_type,
            "user_code": self._user_codes(user_code)[0] if user_code is not None else None,
            "client": request.request.client_id,
            "account": request.account_id,
            "content": self._vault.seal(PURPOSE, content, request.digest),
            "interval": request.interval,
            "created": request.created_at,
            "expires": request.expires_at,
            "mail": mail,
        }
        return bool(await self._database.fetch(ADD, row, write=True))

    async def of_user_code(self, user_code: str, now: Instant) -> DecoupledRequest | None:
        rows = await self._database.fetch(OF_USER_CODE, {"codes": self._user_codes(user_code), "at": now})
        return self._request_of(rows[0]) if rows else None

    async def of_digest(self, digest: bytes, now: Instant) -> DecoupledRequest | None:
        rows = await self._database.fetch(OF_DIGEST, {"digest": digest, "at": now})
        return self._request_of(rows[0]) if rows else None

    async def of_account(self, account_id: AccountId, now: Instant) -> tuple[DecoupledRequest, ...]:
        rows = await self._database.fetch(OF_ACCOUNT, {"account": account_id, "at": now})
        return tuple(map(self._request_of, rows))

    async def find(self, digest: bytes) -> DecoupledRequest | None:
        """Whatever has come of it, for who delivers messages about it."""
        rows = await self._database.fetch(FIND, {"digest": digest})
        return self._request_of(rows[0]) if rows else None

    async def is_pending(self, digest: bytes, now: Instant) -> bool:
        return bool(await self._database.fetch(IS_PENDING, {"digest": digest, "at": now}))

    async def approve(self, grant: Grant, digest: bytes) -> bool:
        grants = orjson.dumps([row_of(grant, digest)]).decode()
        bounds = {"grants": grants, "digest": digest, "at": grant.created_at}
        return bool(await self._database.fetch(APPROVE, bounds, write=True))

    async def deny(self, digest: bytes, now: Instant) -> bool:
        return bool(await self._database.fetch(DENY, {"digest": digest, "at": now}, write=True))

    async def poll(
        self, code_digest: bytes, client_id: ClientId, grant_type: str, at: Instant, /
    ) -> Polled | None:
        asked = {"digest": code_digest, "client": client_id, "grant_type": grant_type, "at": at}
        bounds = {"haste": HASTE, "slower": SLOWER}
        rows = await self._database.fetch(POLL, {**asked, **bounds}, write=True)
        return Polled(*rows[0]) if rows else None

    def _request_of(self, row: Row) -> DecoupledRequest:
        digest, grant_type, sealed, interval, created_at, expires_at, account_id = row
        content = orjson.loads(self._vault.open(PURPOSE, sealed, digest))
        request = AuthorizationRequest.from_dict(content["request"])
        return DecoupledRequest(
            digest, grant_type, request, interval, created_at, expires_at, account_id, content["extra"]
        )

    def _user_codes(self, user_code: str) -> list[bytes]:
        """What the code may be kept as, under each root key, the current one first."""
        typed = user_code.encode()
        return [
            self._vault.mac_with(version, USER_CODE, typed)[:USER_CODE_BYTES]
            for version in self._vault.versions
        ]
