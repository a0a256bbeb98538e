"""Which session an ID token that comes back is of, when no browser says so (OpenID Connect RP-Initiated Logout §2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from gapura.crypto.jose import sign
from gapura.crypto.keyring import Vault
from gapura.crypto.signing_keys import KeyRing, generate
from gapura.flow.directory import Directory
from gapura.flow.hints import Hints
from gapura.flow.sign_in import SignedIn
from gapura.flow.sign_out import SignOut
from gapura.flow.subjects import Subjects
from gapura.identity.session import Browser, Session
from gapura.protocol.client import Client
from gapura.protocol.id_token import id_token_claims
from gapura.protocol.sid import sid_of
from gapura.storage.database import Database
from gapura.storage.sessions import Sessions
from gapura.storage.subjects import StoredSubjects
from gapura.values import AgencyId, ClientId, Instant, SessionId
from tests.people.worlds import NIK, OTHER_NIK, Neighbour, RealWorld
from tests.protocol.samples import ISSUER, Form, client_of, grant_of

pytestmark = pytest.mark.anyio

BROWSER = Browser("198.51.100.7", "Firefox")
TAX, TAX_APP = client_of(id="tax"), client_of(id="tax-app")
HEALTH = client_of(id="health", sector="bpjs")
CLIENTS = {client.id: client for client in (TAX, TAX_APP, HEALTH)}


@dataclass(frozen=True)
class Held:
    value: KeyRing


@dataclass(frozen=True)
class OurClients:
    value: Directory

    async def client(self, client_id: ClientId) -> Client | None:
        return self.value.clients.get(client_id)

    async def agency(self, agency_id: AgencyId) -> None:
        raise AssertionError(agency_id)

    async def renew(self) -> None:
        raise AssertionError


class Town:
    """Two people at their browsers, and clients that get ID tokens about them."""

    def __init__(self, database: Database, sessions: Sessions, vault: Vault, now: Instant) -> None:
        self.database, self.sessions, self.now = database, sessions, now
        self.ring = KeyRing([generate("ES256", now, "active")])
        self.subjects = Subjects(vault, StoredSubjects(database))
        directory = OurClients(Directory(clients=CLIENTS))
        self.sign_out = SignOut(directory, Hints(ISSUER, Held(self.ring)), sessions)

    async def rise(self, who: SignedIn) -> Session:
        session, _ = await self.sessions.rise(who, BROWSER, self.now)
        return session

    async def sub(self, who: SignedIn, client: Client) -> str:
        citizen_id = who.person.citizen_id
        assert citizen_id is not None
        return await self.subjects.subject(citizen_id, client.sector, self.now)

    async def reach(self, session: Session, who: SignedIn, client: Client) -> str:
        """What issuing a code writes; the ID token that follows."""
        sub = await self.sub(who, client)
        await self.database.execute(
            "insert into session_client values (%s, %s, %s, %s)", (session.id, client.id, sub, self.now)
        )
        return self.hint(client, sub, session.id)

    def hint(self, client: Client, sub: str, session_id: SessionId, **changes: object) -> str:
        grant = grant_of(client_id=client.id, sub=sub, session_id=session_id)
        claims = id_token_claims(grant, client, ISSUER, issued_at=self.now, expires_at=self.now)
        return sign(self.ring.active("ES256"), claims | changes, "JWT")

    async def ends(self, hint: str, current: SessionId | None = None) -> SessionId | None:
        later = self.now + timedelta(days=1)
        return (await self.sign_out.judge(Form({"id_token_hint": hint}), current, later)).session_id


@pytest.fixture
def town(database: Database, sessions: Sessions, vault: Vault, now: Instant) -> Town:
    return Town(database, sessions, vault, now)


@pytest.fixture
async def budi(real_world: RealWorld) -> SignedIn:
    return await proved(real_world, NIK)


@pytest.fixture
async def siti(real_world: RealWorld) -> SignedIn:
    return await proved(real_world, OTHER_NIK)


async def proved(world: RealWorld, nik: str) -> SignedIn:
    person = await world.accounts.person(await world.add(Neighbour(nik)))
    assert person is not None
    return SignedIn(person, ("pwd",))


async def test_of_the_sessions_of_a_person_it_is_the_one_that_the_token_was_made_in(
    town: Town, budi: SignedIn, siti: SignedIn
) -> None:
    sessions = [await town.rise(who) for who in (budi, budi, budi, siti)]
    people = (budi, budi, budi, siti)
    for client in (TAX, HEALTH):
        hints = [await town.reach(one, who, client) for one, who in zip(sessions, people, strict=True)]
        assert [await town.ends(hint) for hint in hints] == [one.id for one in sessions]


async def test_clients_of_one_agency_have_one_name_for_a_session_and_other_agencies_have_others(
    town: Town, budi: SignedIn
) -> None:
    session = await town.rise(budi)
    for client in (TAX, TAX_APP, HEALTH):
        await town.reach(session, budi, client)
    [tax, tax_app, health] = [
        [
            sid_of(one, client.sector)
            for one in await town.sessions.known_as(client, await town.sub(budi, client))
        ]
        for client in (TAX, TAX_APP, HEALTH)
    ]
    assert tax == tax_app == [sid_of(session.id, "djp")]
    assert health == [sid_of(session.id, "bpjs")] != tax


async def test_a_foreign_name_of_a_session_ends_nothing(town: Town, budi: SignedIn, siti: SignedIn) -> None:
    session, another = await town.rise(budi), await town.rise(siti)
    await town.reach(another, siti, TAX)
    await town.reach(session, budi, TAX)
    await town.reach(session, budi, HEALTH)
    sub, of_siti = await town.sub(budi, TAX), await town.sub(siti, TAX)
    assert await town.ends(town.hint(TAX, sub, session.id)) == session.id
    for sid in (sid_of(session.id, HEALTH.sector), str(session.id), sid_of(another.id, TAX.sector), "", None):
        assert await town.ends(town.hint(TAX, sub, session.id, sid=sid)) is None
    for changed in (
        town.hint(TAX, of_siti, session.id),
        town.hint(TAX, sub + "A", session.id),
        town.hint(TAX_APP, sub, session.id),  # never used there, and so no token of it was
        town.hint(client_of(id="gone"), sub, session.id),
    ):
        assert await town.ends(changed) is None


async def test_what_has_ended_is_not_found_again(town: Town, budi: SignedIn) -> None:
    session = await town.rise(budi)
    hint = await town.reach(session, budi, TAX)
    await town.sessions.end(session.id, "signed_out", town.now)
    assert await town.ends(hint) is None


async def test_the_browsers_own_session_counts_first_and_is_asked_about(town: Town, budi: SignedIn) -> None:
    here, elsewhere = await town.rise(budi), await town.rise(budi)
    hint = await town.reach(elsewhere, budi, TAX)
    leaving = await town.sign_out.judge(Form({"id_token_hint": hint}), here.id, town.now)
    assert (leaving.session_id, leaving.logout.must_ask) == (here.id, True)
    leaving = await town.sign_out.judge(Form({"id_token_hint": hint}), elsewhere.id, town.now)
    assert (leaving.session_id, leaving.logout.must_ask) == (elsewhere.id, False)
