from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gapura.errors import PageError
from gapura.flow.order import Order
from gapura.flow.records import Note
from gapura.flow.sign_in import SignedIn
from gapura.identity.session import Browser, Session
from gapura.storage.account_changes import REINSTATE, SUSPEND, change_account, end_all_sessions
from gapura.storage.database import Database
from gapura.storage.sessions import Sessions
from gapura.values import LOW, SUBSTANTIAL, AccountId, ClientId, Instant, Secret
from tests.people.worlds import NIK, OTHER_NIK, Neighbour, RealWorld

pytestmark = pytest.mark.anyio

BROWSER = Browser("198.51.100.7", "Firefox", Secret("a-device"))
ORDER_NOTE = Note(reason="a court order")


@pytest.fixture
async def budi(real_world: RealWorld) -> SignedIn:
    return await proved(real_world, await real_world.add(Neighbour(NIK)))


@pytest.fixture
async def siti(real_world: RealWorld) -> SignedIn:
    return await proved(real_world, await real_world.add(Neighbour(OTHER_NIK)))


async def proved(world: RealWorld, account_id: AccountId) -> SignedIn:
    person = await world.accounts.person(account_id)
    assert person is not None
    return SignedIn(person, ("pwd",))


async def reach(database: Database, session: Session, client_id: str, now: Instant) -> None:
    """What issuing a code writes: the session has been at this client, which wants to hear of its end."""
    await database.execute(
        "insert into agency values (%s, 'Pajak', 'Tax', %s) on conflict do nothing", ("tax", now)
    )
    await database.execute(
        "insert into client values (%s, 'tax', 'active', %s, 'tax', null, null, null, null, %s, %s)",
        (client_id, '{"backchannel_logout_uri": "https://tax.example/logout"}', now, now),
    )
    await database.execute(
        "insert into session_client values (%s, %s, 'sub-of-budi', %s)", (session.id, client_id, now)
    )


async def rows(database: Database, session: Session) -> list[tuple[object, ...]]:
    return await database.fetch("select ended_at, end_reason from session where id = %s", [session.id])


async def audited(database: Database) -> list[str]:
    found = await database.fetch(
        "select action from audit where action <> 'account.create' order by at, action"
    )
    return [row[0] for row in found]


async def test_a_session_is_found_by_its_cookie(sessions: Sessions, budi: SignedIn, now: Instant) -> None:
    session, cookie = await sessions.rise(budi, BROWSER, now)

    assert await sessions.look_up(cookie) == session
    assert await sessions.look_up(Secret("another")) is None
    assert (session.auth_time, session.amr, session.acr) == (now, ("pwd",), LOW)
    assert session.expires_at == now + timedelta(hours=12)


async def test_a_rise_keeps_the_session_and_changes_the_cookie(
    sessions: Sessions, database: Database, budi: SignedIn, now: Instant
) -> None:
    session, cookie = await sessions.rise(budi, BROWSER, now)
    later = now + timedelta(minutes=5)

    risen, new_cookie = await sessions.rise(replace(budi, amr=("pwd", "otp", "mfa")), BROWSER, later, cookie)

    assert risen.id == session.id
    assert (risen.acr, risen.auth_time, risen.expires_at) == (SUBSTANTIAL, later, session.expires_at)
    assert await sessions.look_up(cookie) is None
    assert await sessions.look_up(new_cookie) == risen
    assert await database.fetch("select acr, amr, auth_time from session") == [
        (SUBSTANTIAL, ["pwd", "otp", "mfa"], later)
    ]
    assert await audited(database) == ["session.start", "session.rise"]


async def test_another_person_at_the_browser_ends_the_session_before(
    sessions: Sessions, database: Database, budi: SignedIn, siti: SignedIn, now: Instant
) -> None:
    first, cookie = await sessions.rise(budi, BROWSER, now)

    second, _ = await sessions.rise(siti, BROWSER, now, cookie)

    assert second.id != first.id
    assert await rows(database, first) == [(now, "replaced")]
    assert await sessions.look_up(cookie) is None


async def test_a_session_that_was_ended_elsewhere_is_not_raised_again(
    sessions: Sessions, budi: SignedIn, now: Instant
) -> None:
    first, cookie = await sessions.rise(budi, BROWSER, now)
    await sessions.end(first.id, "signed_out", now)

    second, _ = await sessions.rise(budi, BROWSER, now, cookie)

    assert second.id != first.id


async def test_half_a_proof_is_worth_nothing_once_its_session_has_ended(
    sessions: Sessions, database: Database, budi: SignedIn, siti: SignedIn, now: Instant
) -> None:
    session, cookie = await sessions.rise(budi, BROWSER, now)
    both = replace(budi, amr=("pwd", "otp", "mfa"))
    risen, cookie = await sessions.rise(both, BROWSER, now, cookie, within=session.id)
    assert risen.id == session.id

    await sessions.end(session.id, "signed_out", now)
    for given in (cookie, None, (await sessions.rise(siti, BROWSER, now))[1]):
        with pytest.raises(PageError):
            await sessions.rise(both, BROWSER, now, given, within=session.id)

    live = await database.fetch("select account_id from session where ended_at is null")
    assert live == [(siti.person.account_id,)]


async def test_an_end_tells_each_client_once(
    sessions: Sessions, database: Database, budi: SignedIn, now: Instant
) -> None:
    session, _ = await sessions.rise(budi, BROWSER, now)
    await reach(database, session, "tax-app", now)

    ends = await asyncio.gather(*(sessions.end(session.id, "signed_out", now) for _ in range(5)))

    assert sorted(ends) == [(), (), (), (), (ClientId("tax-app"),)]
    assert await database.fetch("select kind, client_id, payload from outbox") == [
        (
            "backchannel_logout",
            "tax-app",
            {"session_id": str(session.id), "client_id": "tax-app", "sub": "sub-of-budi"},
        )
    ]
    assert (await audited(database)).count("session.end") == 1


async def test_the_total_limit_ends_sessions_and_tells_their_clients(
    sessions: Sessions, database: Database, budi: SignedIn, siti: SignedIn, now: Instant
) -> None:
    old, _ = await sessions.rise(budi, BROWSER, now)
    young, _ = await sessions.rise(siti, BROWSER, now + timedelta(hours=1))
    await reach(database, old, "tax-app", now)

    assert await sessions.end_overdue(now + timedelta(hours=12)) == 1

    assert await rows(database, old) == [(now + timedelta(hours=12), "overdue")]
    assert await rows(database, young) == [(None, None)]
    assert await database.fetch("select count(*) from outbox") == [(1,)]


async def test_a_suspension_ends_sessions_and_grants_and_says_why_to_nobody_but_the_audit(
    sessions: Sessions, real_world: RealWorld, budi: SignedIn, now: Instant
) -> None:
    database, account_id = real_world.database, budi.person.account_id
    session, cookie = await sessions.rise(budi, BROWSER, now)
    order = Order("operator", "tini", now, ORDER_NOTE)

    async with database.transaction() as tx:
        assert await change_account(tx, real_world.records, SUSPEND, account_id, order)

    assert await rows(database, session) == [(now, "suspended")]
    person = await real_world.accounts.person(account_id)
    assert person is not None
    assert person.account_status == "suspended"
    with pytest.raises(PageError):
        await sessions.rise(budi, BROWSER, now, cookie)
    assert "account.suspend" in await audited(database)
    [(sealed,)] = await database.fetch("select sealed from audit where action = 'account.suspend'")
    assert sealed
    assert b"court" not in sealed


async def test_a_change_happens_once_and_only_from_a_status_that_allows_it(
    real_world: RealWorld, budi: SignedIn, now: Instant
) -> None:
    order, account_id = Order("operator", "tini", now, ORDER_NOTE), budi.person.account_id

    async def change(what: str) -> bool:
        async with real_world.database.transaction() as tx:
            wanted = {"suspend": SUSPEND, "reinstate": REINSTATE}[what]
            return await change_account(tx, real_world.records, wanted, account_id, order)

    assert [await change(what) for what in ("reinstate", "suspend", "suspend", "reinstate")] == [
        False,
        True,
        False,
        True,
    ]


async def test_no_session_slips_past_a_suspension(
    sessions: Sessions, real_world: RealWorld, budi: SignedIn, now: Instant
) -> None:
    """The suspension is under way, not committed: a session that begins now must not outlive it."""
    order = Order("operator", "tini", now, ORDER_NOTE)
    async with real_world.database.transaction() as tx:
        await change_account(tx, real_world.records, SUSPEND, budi.person.account_id, order)
        begun = asyncio.create_task(sessions.rise(budi, BROWSER, now))
        await asyncio.sleep(0.2)
        assert not begun.done()

    with pytest.raises(PageError):
        await begun


async def test_ending_all_sessions_leaves_the_account_active(
    sessions: Sessions, real_world: RealWorld, budi: SignedIn, now: Instant
) -> None:
    session, _ = await sessions.rise(budi, BROWSER, now)
    await reach(real_world.database, session, "tax-app", now)
    order = Order("operator", "tini", now, ORDER_NOTE)

    async with real_world.database.transaction() as tx:
        told = await end_all_sessions(tx, real_world.records, budi.person.account_id, order)

    assert told == (ClientId("tax-app"),)
    again, _ = await sessions.rise(budi, BROWSER, now)
    assert again.id != session.id


async def test_a_browser_that_signed_in_is_known_and_no_other(
    sessions: Sessions, real_world: RealWorld, budi: SignedIn, siti: SignedIn, now: Instant
) -> None:
    await sessions.rise(budi, BROWSER, now)

    async def known(who: SignedIn, browser: Browser) -> bool:
        found = await real_world.accounts.found(who.person.account_id, browser)
        return found is not None and found.known_browser

    assert await known(budi, BROWSER)
    assert not await known(siti, BROWSER)
    assert not await known(budi, replace(BROWSER, device=Secret("another")))
    assert not await known(budi, replace(BROWSER, device=None))


async def test_what_the_browser_says_of_itself_lies_sealed(
    sessions: Sessions, database: Database, budi: SignedIn, now: Instant
) -> None:
    await sessions.rise(budi, BROWSER, now)

    [(sealed,)] = await database.fetch("select browser from session")
    assert b"198.51.100.7" not in sealed
    assert b"Firefox" not in sealed
