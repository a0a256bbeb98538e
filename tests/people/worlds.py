"""A town of a few people, in memory or in real stores, with the door that they sign in at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.flow.accounts import NewCredentials, TotpCredential
from gapura.flow.order import Order
from gapura.flow.sign_in import Proofs
from gapura.identity.contacts import ContactKind
from gapura.identity.person import Person
from gapura.storage.accounts import Accounts, device_digest
from gapura.storage.addresses import Addresses
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.throttle import Throttle
from gapura.values import AccountId, CitizenId, Instant, Secret
from tests.people.fakes import FakeAccounts, FakeAddresses, FakeThrottle

NIK, OTHER_NIK = "3171011785900001", "3171015790920002"
PASSWORD = Secret("Gerbang-Terbuka-1945")
TOTP = Secret("JBSWY3DPEHPK3PXP")
PER_ADDRESS = 300


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody to put into the town."""

    nik: str | None = NIK
    contacts: Mapping[ContactKind, str] = field(default_factory=dict)
    password: Secret | None = PASSWORD
    totp: Secret | None = None
    account_status: str = "active"
    citizen_status: str = "ACTIVE"
    roles: frozenset[str] = frozenset()


class World(Protocol):
    @property
    def proofs(self) -> Proofs: ...

    async def add(self, neighbour: Neighbour) -> AccountId: ...

    async def know(self, account_id: AccountId, device: Secret) -> None:
        """Make this person's browser a known one."""
        ...


class FakeWorld:
    def __init__(self, passwords: Passwords) -> None:
        self.accounts, self.throttle = FakeAccounts(), FakeThrottle()
        self._passwords = passwords
        self.proofs = Proofs(self.accounts, self.throttle, FakeAddresses(PER_ADDRESS), passwords)

    async def add(self, neighbour: Neighbour) -> AccountId:
        account_id = AccountId(uuid4())
        held = self.accounts
        held.people[account_id] = Person(
            account_id=account_id,
            kind="operator" if neighbour.nik is None else "citizen",
            citizen_id=None if neighbour.nik is None else CitizenId(uuid4()),
            account_status=neighbour.account_status,
            citizen_status=None if neighbour.nik is None else neighbour.citizen_status,
            factors=frozenset({"totp"} if neighbour.totp else ()),
            roles=neighbour.roles,
        )
        if neighbour.nik is not None:
            held.by_identifier["nik", neighbour.nik] = account_id
        for kind, value in neighbour.contacts.items():
            held.by_identifier[kind, value] = account_id
        if neighbour.password is not None:
            held.hashes[account_id] = await self._passwords.hash(neighbour.password)
        if neighbour.totp is not None:
            held.secrets[account_id] = TotpCredential(uuid4(), neighbour.totp)
        return account_id

    async def know(self, account_id: AccountId, device: Secret) -> None:
        self.accounts.devices.add((account_id, device.reveal()))


class RealWorld:
    def __init__(
        self,
        database: Database,
        cache: Cache,
        vault: Vault,
        passwords: Passwords,
        records: Records,
        now: Instant,
    ) -> None:
        self.database, self.vault, self.records, self.now = database, vault, records, now
        self.accounts, self.throttle = Accounts(database, vault), Throttle(database, vault)
        self._passwords = passwords
        addresses = Addresses(cache, PER_ADDRESS, spare_loopback=False)
        self.proofs = Proofs(self.accounts, self.throttle, addresses, passwords)

    async def add(self, neighbour: Neighbour) -> AccountId:
        citizen_id = await self._citizen(neighbour) if neighbour.nik is not None else None
        password = neighbour.password
        hashed = await self._passwords.hash(password) if password is not None else None
        account = NewAccount(
            citizen_id,
            neighbour.contacts,
            display_name="Tini" if citizen_id is None else None,
            credentials=NewCredentials(hashed, neighbour.totp),
            roles=neighbour.roles,
        )
        async with self.database.transaction() as tx:
            await add_account(tx, self.vault, self.records, account, Order.of_system("test", self.now))
        await self.database.execute(
            "update account set status = %s where id = %s", (neighbour.account_status, account.id)
        )
        return account.id

    async def know(self, account_id: AccountId, device: Secret) -> None:
        await self.database.execute(
            "insert into known_browser values (%s, %s, %s, %s)",
            (account_id, device_digest(self.vault, device), self.now, self.now),
        )

    async def _citizen(self, neighbour: Neighbour) -> CitizenId:
        citizen_id, index = CitizenId(uuid4()), BlindIndex(self.vault)
        [(load_id,)] = await self.database.fetch(
            "insert into registry_load (file_digest, mode, state, actor, started_at) "
            "values ('', 'event', 'visible', 'test', %s) returning id",
            (self.now,),
        )
        await self.database.execute(
            "insert into citizen_version values (%s, %s, %s, '', '')",
            (citizen_id, load_id, neighbour.citizen_status),
        )
        await self.database.execute(
            "insert into citizen_index values (%s, %s, %s, %s, '', '')",
            (citizen_id, load_id, index.key_version, index.digest("nik", neighbour.nik or "")),
        )
        return citizen_id
