"""The end of sessions: the rows, what the clients are told and the audit entries, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gapura.flow.order import Order
from gapura.storage.database import Row, Transaction
from gapura.storage.outbox import enqueue_logouts
from gapura.storage.records import Records
from gapura.values import AccountId, ClientId, Instant, SessionId

_END = """
update session s set ended_at = %s, end_reason = %s from account a
where a.id = s.account_id and s.ended_at is null and {which} = any(%s)
returning s.id, a.id, a.kind"""
END = _END.format(which="s.id")
END_OF = _END.format(which="s.account_id")
TOLD = """
select distinct c.id from session_client r join client c on c.id = r.client_id
where r.session_id = any(%s) and c.metadata ?| array['backchannel_logout_uri', 'frontchannel_logout_uri']"""


async def end_sessions(
    tx: Transaction,
    records: Records,
    session_ids: Sequence[SessionId],
    reason: str,
    now: Instant,
    order: Order | None = None,
) -> tuple[ClientId, ...]:
    """End those that live, by `order` or else by the person they belong to; returns the clients that can be told."""
    ended = await (await tx.execute(END, [now, reason, list(session_ids)])).fetchall()
    orders = {row[0]: order or Order(row[2], str(row[1]), now) for row in ended}
    return await _told(tx, records, ended, reason, orders)


async def end_sessions_of(
    tx: Transaction, records: Records, account_ids: Sequence[AccountId], reason: str, order: Order
) -> tuple[ClientId, ...]:
    """End all sessions of these accounts."""
    ended = await (await tx.execute(END_OF, [order.at, reason, list(account_ids)])).fetchall()
    return await _told(tx, records, ended, reason, {row[0]: order for row in ended})


async def _told(
    tx: Transaction,
    records: Records,
    ended: Sequence[Row],
    reason: str,
    orders: Mapping[SessionId, Order],
) -> tuple[ClientId, ...]:
    if not ended:
        return ()
    entries = (
        order.entry("session.end", f"session:{session_id}", {"account": str(account_id), "why": reason})
        for session_id, account_id, _ in ended
        for order in (orders[session_id],)
    )
    await records.write_audit(tx, *entries)
    session_ids = list(orders)
    await enqueue_logouts(tx, session_ids, next(iter(orders.values())).at)
    return tuple(ClientId(row[0]) for row in await (await tx.execute(TOLD, [session_ids])).fetchall())
