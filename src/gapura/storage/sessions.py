"""Sessions: a row in PostgreSQL that says whether one lives, and a look-up in Redis from the cookie to it.

The look-up keeps the idle clock and may outlive the row, for whoever ends a session doesn't know its cookie. So a
look-up alone admits nobody: every page and every authorization reads the row too, in the one statement that reads the
person (`storage/visits.py`), and a session ended anywhere is ended everywhere with that commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson

from gapura.crypto.keyring import Vault
from gapura.crypto.random_texts import random_text
from gapura.errors import PageError
from gapura.flow.order import Order
from gapura.flow.records import Note
from gapura.flow.sign_in import SignedIn
from gapura.identity.acr import acr_of
from gapura.identity.session import Browser, Session
from gapura.protocol.client import Client
from gapura.storage.accounts import device_digest
from gapura.storage.cache import Cache
from gapura.storage.database import Database, Transaction
from gapura.storage.records import Records
from gapura.storage.session_ends import end_sessions
from gapura.values import AccountId, ClientId, Instant, Secret, SessionId

KIND = "session"
BROWSER_PURPOSE = "session-browser"

# Held until this commits: either a suspension waits and then ends this session too, or this finds the suspension.
ADMITTED = "select from account where id = %s and status = 'active' for share"
RISE = """
update session set auth_time = %(auth_time)s, amr = %(amr)s, acr = %(acr)s, browser = %(browser)s
where id = %(id)s and account_id = %(account_id)s and ended_at is null and expires_at > %(auth_time)s"""
START = """
insert into session (id, account_id, auth_time, amr, acr, created_at, expires_at, browser)
values (%(id)s, %(account_id)s, %(auth_time)s, %(amr)s, %(acr)s, %(created_at)s, %(expires_at)s, %(browser)s)"""
KNOW_BROWSER = """
insert into known_browser (account_id, digest, first_at, last_at) values (%s, %s, %s, %s)
on conflict (account_id, digest) do update set last_at = excluded.last_at"""
REACHED = "select client_id from session_client where session_id = %s order by first_at"
KNOWN_AS = """
select s.id from subject n join account a on a.citizen_id = n.citizen_id
join session s on s.account_id = a.id and s.ended_at is null
join session_client r on r.session_id = s.id and r.client_id = %s
where n.sector = %s and n.sub = %s"""
OVERDUE = """
select id from session where ended_at is null and expires_at <= %s
order by expires_at limit %s for update skip locked"""


class Sessions:
    """`idle` is how long a session lives untouched, `total` how long at most."""

    def __init__(
        self, database: Database, cache: Cache, vault: Vault, idle: timedelta, total: timedelta
    ) -> None:
        self._database, self._cache, self._vault = database, cache, vault
        self._records = Records(database, vault)
        self._idle, self._total = int(idle.total_seconds()), total

    async def look_up(self, cookie: Secret) -> Session | None:
        """Whose cookie this is, the idle clock set anew; whether the session still lives is the row's to say."""
        held = await self._cache.touch(KIND, cookie.reveal(), self._idle)
        return None if held is None else _from_bytes(held)

    async def rise(
        self,
        proved: SignedIn,
        browser: Browser,
        now: Instant,
        cookie: Secret | None = None,
        *,
        within: SessionId | None = None,
    ) -> tuple[Session, Secret]:
        """Give whoever has proved who they are a session and a new cookie in place of `cookie`.

        The same person's session goes on, with the same `sid` and today's standing; another person's ends. `within` is
        the session that half of the proof comes from: without it there is none. The browser's device is known to this
        person from now on. Raises PageError when `within` or the account ended meanwhile, and Unavailable.
        """
        before = await self.look_up(cookie) if cookie is not None else None
        fresh = Secret(random_text())
        for way in _ways(before, self._started(proved, now), within):
            # First the look-up, which alone admits nobody: a session whose row stands can always be used.
            await self._cache.put(KIND, fresh.reveal(), _to_bytes(way.session), self._idle)
            if await self._write(way, proved, browser):
                if cookie is not None:
                    await self.forget(cookie)
                return way.session, fresh
        raise PageError(
            "account_suspended" if within is None else "interaction_expired", "ended meanwhile", 403
        )

    async def end(self, session_id: SessionId, reason: str, now: Instant) -> tuple[ClientId, ...]:
        """End it as the person whose it is; the clients that are told, none when it had ended before."""
        async with self._database.transaction() as tx:
            return await end_sessions(tx, self._records, (session_id,), reason, now)

    async def reached(self, session_id: SessionId) -> tuple[ClientId, ...]:
        """The clients that the session was used at, by first use."""
        return tuple(ClientId(row[0]) for row in await self._database.fetch(REACHED, [session_id]))

    async def known_as(self, client: Client, sub: str) -> tuple[SessionId, ...]:
        """The sessions that go on and were used at the client, of the person it knows by this `sub`."""
        rows = await self._database.fetch(KNOWN_AS, [client.id, client.sector, sub])
        return tuple(SessionId(row[0]) for row in rows)

    async def forget(self, cookie: Secret) -> None:
        """Drop the look-up of a session that was ended."""
        await self._cache.delete(KIND, cookie.reveal())

    async def end_overdue(self, now: Instant, most: int = 500) -> int:
        """End the sessions whose total time is over, and tell their clients; how many they were."""
        async with self._database.transaction() as tx:
            overdue = [row[0] for row in await (await tx.execute(OVERDUE, [now, most])).fetchall()]
            order = Order.of_system("sessions", now)
            await end_sessions(tx, self._records, overdue, "overdue", now, order)
        return len(overdue)

    def _started(self, proved: SignedIn, now: Instant) -> Session:
        return Session(
            id=SessionId(uuid4()),
            account_id=proved.person.account_id,
            auth_time=now,
            amr=proved.amr,
            acr=acr_of(proved.amr),
            created_at=now,
            expires_at=now + self._total,
        )

    async def _write(self, way: _Way, proved: SignedIn, browser: Browser) -> bool:
        session, now = way.session, way.session.auth_time
        values = {**asdict(session), "amr": list(session.amr), "browser": self._sealed(session, browser)}
        async with self._database.transaction() as tx:
            if (await tx.execute(ADMITTED, [session.account_id])).rowcount == 0:
                return False
            if (await tx.execute(way.statement, values)).rowcount == 0:
                return False
            if way.replaces is not None:
                await end_sessions(tx, self._records, (way.replaces,), "replaced", now)
            await self._know(tx, session, browser)
            order = Order.of_person(proved.person, now, Note(ip=browser.ip, user_agent=browser.user_agent))
            detail = {"acr": session.acr, "amr": session.amr}
            await self._records.write_audit(tx, order.entry(way.action, f"session:{session.id}", detail))
        return True

    async def _know(self, tx: Transaction, session: Session, browser: Browser) -> None:
        digest = device_digest(self._vault, browser.device)
        if digest is not None:
            await tx.execute(KNOW_BROWSER, [session.account_id, digest, session.auth_time, session.auth_time])

    def _sealed(self, session: Session, browser: Browser) -> bytes:
        plain = orjson.dumps({"ip": browser.ip, "user_agent": browser.user_agent})
        return self._vault.seal(BROWSER_PURPOSE, plain, session.id.bytes)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a session comes about: its statement, and whose session it takes the place of."""

    session: Session
    statement: str
    replaces: SessionId | None = None

    @property
    def action(self) -> str:
        return "session.rise" if self.statement is RISE else "session.start"


def _ways(before: Session | None, started: Session, within: SessionId | None) -> Iterator[_Way]:
    """What to try, best first."""
    same = before is not None and before.account_id == started.account_id
    if before is not None and same and within in {None, before.id}:
        kept = replace(started, id=before.id, created_at=before.created_at, expires_at=before.expires_at)
        yield _Way(kept, RISE)
    if within is None:
        yield _Way(started, START, replaces=before.id if before is not None and not same else None)


def _to_bytes(session: Session) -> bytes:
    return orjson.dumps(asdict(session))


def _from_bytes(held: bytes) -> Session:
    read = orjson.loads(held)
    return Session(
        id=SessionId(UUID(read["id"])),
        account_id=AccountId(UUID(read["account_id"])),
        auth_time=datetime.fromisoformat(read["auth_time"]),
        amr=tuple(read["amr"]),
        acr=read["acr"],
        created_at=datetime.fromisoformat(read["created_at"]),
        expires_at=datetime.fromisoformat(read["expires_at"]),
    )
