"""What is to be delivered later, written in the transaction of the change that causes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from gapura.flow.outbox import Delivery, Kind
from gapura.storage.database import Database, Transaction
from gapura.values import ClientId, Instant, SessionId

CHANNEL = "gapura_outbox"
NOTIFY = f"pg_notify('{CHANNEL}', '')"

# Every client that the session reached and that has a logout URI to call. The notification leaves with the commit.
ENQUEUE_LOGOUT = f"""
with queued as (
    insert into outbox (id, kind, client_id, payload, created_at, due_at)
    select gen_random_uuid(), 'backchannel_logout', reached.client_id,
        jsonb_build_object('session_id', session_id, 'client_id', reached.client_id, 'sub', reached.sub), %(now)s, %(now)s
    from session_client reached join client on client.id = reached.client_id
    where session_id = any(%(sessions)s) and client.metadata ? 'backchannel_logout_uri'
        and (%(clients)s::text[] is null or reached.client_id = any(%(clients)s))
    returning id
)
select pg_notify('{CHANNEL}', '') from queued limit 1"""

# A claim is a lease: the row comes back by itself when its worker died. `ranked` keeps one client from taking all.
CLAIM = """
update outbox set attempts = attempts + 1, due_at = %(now)s::timestamptz + %(lease)s
where id in (
    select id from outbox where id in (
        select id from (
            select id, row_number() over (partition by client_id order by due_at) as nth from (
                select id, client_id, due_at from outbox
                where delivered_at is null and dead_at is null and due_at <= %(now)s and client_id <> all(%(busy)s)
                order by due_at limit 2000
            ) due
        ) ranked where nth <= %(each)s limit %(most)s
    ) and due_at <= %(now)s for update skip locked
)
returning id, kind, client_id, payload, attempts, created_at"""

DELIVERED = "update outbox set delivered_at = %s, last_error = null where id = %s"
AGAIN = "update outbox set due_at = %s, last_error = %s where id = %s and delivered_at is null"
DEAD = "update outbox set dead_at = %s, last_error = %s where id = %s and delivered_at is null"

STATUS = """
select id, kind, client_id, attempts, created_at, due_at, delivered_at, dead_at, last_error from outbox
where client_id = any(%(clients)s) and created_at >= %(since)s order by created_at desc limit %(most)s"""

WAITING = """
select count(*), min(created_at) from outbox where delivered_at is null and dead_at is null"""


def queued(kind: Kind, rows: str) -> str:
    """The statement that queues a message for each of `rows`, which have a digest, a client_id and an `at`."""
    return f"""
insert into outbox (id, kind, client_id, payload, created_at, due_at)
select gen_random_uuid(), '{kind}', client_id, jsonb_build_object('digest', encode(digest, 'hex')), at, at
from {rows}
returning id"""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to deliver; `id` is its `jti`, the same on every try. `attempts` counts the one under way."""

    id: UUID
    kind: Kind
    client_id: ClientId
    payload: Mapping[str, Any] = field(repr=False)
    attempts: int
    created_at: Instant


async def enqueue_logouts(
    tx: Transaction,
    session_ids: Iterable[SessionId],
    now: Instant,
    client_ids: Iterable[ClientId] | None = None,
) -> None:
    """Queue a logout token (OpenID Connect Back-Channel Logout §2.4) to each client of the ended sessions.

    `client_ids` narrows it; without it every client that a session reached is told.
    """
    clients = None if client_ids is None else list(client_ids)
    await tx.execute(ENQUEUE_LOGOUT, {"sessions": list(session_ids), "now": now, "clients": clients})


class Outbox:
    """The rows as a delivery loop sees them: claim, then settle each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, now: Instant, lease: timedelta, *, most: int, each: int, busy: Collection[ClientId] = ()
    ) -> Sequence[Message]:
        """At most `most` due messages, at most `each` of one client, none of those that are `busy`."""
        bounds = {"now": now, "lease": lease, "most": most, "each": each, "busy": list(busy)}
        return [Message(*row) for row in await self._database.fetch(CLAIM, bounds)]

    async def delivered(self, message: Message, now: Instant) -> None:
        await self._database.execute(DELIVERED, [now, message.id])

    async def again(self, message: Message, due: Instant, error: str) -> None:
        await self._database.execute(AGAIN, [due, error, message.id])

    async def dead(self, message: Message, now: Instant, error: str) -> None:
        await self._database.execute(DEAD, [now, error, message.id])

    async def status(
        self, client_ids: Iterable[ClientId], since: Instant, most: int = 100
    ) -> Sequence[Delivery]:
        """The newest messages of these clients, first."""
        bounds = {"clients": list(client_ids), "since": since, "most": most}
        return [Delivery(*row) for row in await self._database.fetch(STATUS, bounds)]

    async def waiting(self) -> tuple[int, Instant | None]:
        """How many messages wait, and since when the oldest does."""
        [(count, oldest)] = await self._database.fetch(WAITING)
        return count, oldest
