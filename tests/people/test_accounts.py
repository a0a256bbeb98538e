from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords, Verdict
from gapura.errors import StartRefused, Unavailable
from gapura.flow.sign_in import NeedsSecondFactor, Proofs, SignedIn
from gapura.identity.session import Browser
from gapura.registry.importing import ImportOrder, LoadTarget, run_import
from gapura.sandbox import PASSWORD, create_demo_accounts
from gapura.settings import Settings
from gapura.storage.addresses import Addresses
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.values import AccountId, Instant, Secret
from tests.people.worlds import NIK, OTHER_NIK, TOTP, Neighbour, RealWorld, World

pytestmark = pytest.mark.anyio

CITIZENS = Path(__file__).parents[2] / "demo" / "citizens.csv"
HERE = Browser("127.0.0.1")


async def test_a_person_is_as_the_newest_visible_load_says(real_world: RealWorld, now: Instant) -> None:
    account_id = await real_world.add(Neighbour(totp=TOTP))
    database = real_world.database

    async def status() -> str | None:
        person = await real_world.accounts.person(account_id)
        assert person is not None
        assert person.factors == {"totp"}
        return person.citizen_status

    assert await status() == "ACTIVE"
    [(load_id,)] = await database.fetch(
        "insert into registry_load (file_digest, mode, state, actor, started_at) "
        "values ('', 'delta', 'loading', 'test', %s) returning id",
        [now],
    )
    await database.execute(
        "insert into citizen_version select citizen_id, %s, 'DECEASED', '', '' from account", [load_id]
    )
    assert await status() == "ACTIVE"
    await database.execute("update registry_load set state = 'visible' where id = %s", [load_id])
    assert await status() == "DECEASED"


async def test_persons_are_read_together(real_world: RealWorld) -> None:
    budi, siti = await real_world.add(Neighbour(NIK)), await real_world.add(Neighbour(OTHER_NIK, totp=TOTP))

    persons = await real_world.accounts.persons([siti, budi, AccountId(UUID(int=9))])

    assert {one: person.factors for one, person in persons.items()} == {budi: frozenset(), siti: {"totp"}}


async def test_contacts_and_factors_lie_sealed_and_are_read_back(real_world: RealWorld) -> None:
    account_id = await real_world.add(
        Neighbour(contacts={"email": "budi@contoh.id", "phone": "+6281234567890"}, totp=TOTP)
    )

    contacts = await real_world.accounts.contacts(account_id)
    stored = await real_world.database.fetch(
        "select value, digest from account_contact union all select secret, ''::bytea from credential where kind = 'totp'"
    )

    assert (contacts.email, contacts.email_verified) == ("budi@contoh.id", True)
    assert (contacts.phone, contacts.phone_verified) == ("+6281234567890", True)
    planted = (b"budi", b"81234567890", TOTP.reveal().encode())
    assert not any(value in column for row in stored for column in row for value in planted)


async def test_an_address_that_nobody_confirmed_is_no_way_in(real_world: RealWorld, now: Instant) -> None:
    await real_world.add(Neighbour(contacts={"email": "budi@contoh.id"}))
    await real_world.database.execute("update account_contact set verified_at = null")

    outcome = await real_world.proofs.check_password("budi@contoh.id", PASSWORD, HERE, now)

    assert not isinstance(outcome, SignedIn)


async def test_a_password_of_older_parameters_is_hashed_anew(
    real_world: RealWorld, passwords: Passwords, now: Instant
) -> None:
    old = Passwords(memory_kib=32, time_cost=1, parallelism=1, threads=1, queue=4)
    account_id = await real_world.add(Neighbour())
    hashed = await old.hash(PASSWORD)
    await real_world.database.execute("update credential set secret = %s", [hashed.encode()])

    assert isinstance(await real_world.proofs.check_password(NIK, PASSWORD, HERE, now), SignedIn)

    found = await real_world.accounts.found(account_id, HERE)
    assert found is not None
    assert found.password_hash not in {None, hashed}
    assert await passwords.verify(found.password_hash or "", PASSWORD) == Verdict(ok=True)
    old.close()


async def test_without_the_cache_nobody_is_judged(
    real_world: RealWorld, passwords: Passwords, now: Instant
) -> None:
    await real_world.add(Neighbour())
    away = Cache("redis://127.0.0.1:1/0", real_world.vault)
    addresses = Addresses(away, 300, spare_loopback=False)
    proofs = Proofs(real_world.accounts, real_world.throttle, addresses, passwords)

    with pytest.raises(Unavailable):
        await proofs.check_password(NIK, PASSWORD, HERE, now)

    assert await real_world.database.fetch("select * from throttle") == []
    await away.close()


async def test_loopback_is_spared_in_the_sandbox_alone(cache: Cache, now: Instant) -> None:
    sandbox, production = Addresses(cache, 1, spare_loopback=True), Addresses(cache, 1, spare_loopback=False)
    for addresses in (sandbox, production):
        for ip in ("127.0.0.1", "::1"):
            await addresses.failed(ip, now)

    waits = [bool(await one.seconds_to_wait("127.0.0.1", now)) for one in (sandbox, production)]
    assert waits == [False, True]


class Counting:
    """The hashing pool, counting what it is asked."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords, self.dummy, self.verified = passwords, passwords.dummy, 0

    async def hash(self, password: Secret) -> str:
        return await self._passwords.hash(password)

    async def verify(self, hash_text: str, password: Secret) -> Verdict:
        self.verified += 1
        return await self._passwords.verify(hash_text, password)


@pytest.mark.parametrize(
    "neighbour",
    [
        Neighbour(),
        Neighbour(account_status="suspended"),
        Neighbour(citizen_status="DECEASED"),
        Neighbour(password=None),
        Neighbour(nik=OTHER_NIK),
    ],
    ids=["known", "suspended", "deceased", "no password", "unknown"],
)
async def test_one_hash_is_computed_whoever_it_is(
    world: World, passwords: Passwords, now: Instant, neighbour: Neighbour
) -> None:
    await world.add(neighbour)
    counting, there = Counting(passwords), world.proofs
    proofs = Proofs(there.accounts, there.throttle, there.addresses, counting)

    for guess in (Secret("Gerbang-Tertutup-1945"), Secret("y" * 9_999)):
        await proofs.check_password(NIK, guess, HERE, now)

    assert counting.verified == 2


@pytest.fixture
async def loaded(settings: Settings, vault: Vault) -> None:
    target = LoadTarget(settings.database_url, settings.root_keys, sandbox=True)
    await asyncio.to_thread(
        run_import, ImportOrder(CITIZENS, "full"), target, vault, lambda: datetime.now(UTC), lambda _: None
    )


@pytest.mark.usefixtures("loaded")
async def test_the_people_of_the_demo_have_accounts_that_the_readme_tells_of(
    real_world: RealWorld, settings: Settings, passwords: Passwords
) -> None:
    now = datetime.now(UTC)

    async def create() -> int:
        return await create_demo_accounts(
            settings, real_world.database, real_world.vault, passwords, CITIZENS, now
        )

    made = await create()
    assert made > 40
    assert await create() == 0

    for typed in (NIK, "budi.santoso@contoh.id"):
        assert isinstance(await real_world.proofs.check_password(typed, PASSWORD, HERE, now), SignedIn)
    siti = await real_world.proofs.check_password(OTHER_NIK, PASSWORD, HERE, now)
    assert isinstance(siti, NeedsSecondFactor)
    [credential] = await real_world.accounts.totp(siti.person.account_id)
    assert credential.secret == TOTP


async def test_production_has_no_demo_accounts(
    database: Database, vault: Vault, settings: Settings, passwords: Passwords, now: Instant
) -> None:
    production = settings.model_copy(update={"mode": "production"})

    with pytest.raises(StartRefused):
        await create_demo_accounts(production, database, vault, passwords, CITIZENS, now)
