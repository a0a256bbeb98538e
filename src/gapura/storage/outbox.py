"""What is to be delivered later, written in the transaction of the change that causes it."""

from __future__ import annotations

from collections.abc import Iterable

from gapura.storage.records import Executes
from gapura.values import ClientId, Instant, SessionId

CHANNEL = "gapura_outbox"

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
select pg_notify('{CHANNEL}', '') from queued limit 1"""  # noqa: S608 -- a constant channel's name


async def enqueue_logout(
    tx: Executes, session_id: SessionId, now: Instant, client_ids: Iterable[ClientId] | None = None
) -> None:
    """Queue a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) to each client of an ended session.

    `client_ids` narrows it; without it every client that the session reached is told.
    """
    await enqueue_logouts(tx, (session_id,), now, client_ids)


async def enqueue_logouts(
    tx: Executes, session_ids: Iterable[SessionId], now: Instant, client_ids: Iterable[ClientId] | None = None
) -> None:
    clients = None if client_ids is None else list(client_ids)
    await tx.execute(ENQUEUE_LOGOUT, {"sessions": list(session_ids), "now": now, "clients": clients})
